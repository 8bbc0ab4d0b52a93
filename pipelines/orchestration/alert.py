"""Telling people that a night was not published: the log always, a command and a webhook where configured."""

import json
import logging
import subprocess
import urllib.request
from pathlib import Path

from pipelines.config import Alert
from pipelines.publish.history import load_runs

LOG = logging.getLogger("b12.alert")
CHANNELS = logging.getLogger("b12.alert_channels")
TIMEOUT_SECONDS = 30


def tell(alert: Alert, home: Path, run: str) -> None:
    """Say how the latest run of a home ended, without patient data; a channel that fails is logged and never raises.

    The command gets the message as JSON on its standard input; the webhook as the body of a POST.
    """
    latest = next(reversed(load_runs(home / "runs")), None)
    because = latest.because if latest else "the run ended before it was recorded"
    message = {
        "text": f"B12 Care Gaps was not published: {because}",
        "run": latest.run_id if latest else run,
        "outcome": latest.outcome if latest else "failed",
        "report": str(home / "reports" / f"{latest.run_id}.html") if latest else None,
    }
    LOG.error(message["text"])
    body = json.dumps(message)
    if alert.command:
        try:
            subprocess.run(alert.command, shell=True, input=body, text=True, timeout=TIMEOUT_SECONDS, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            CHANNELS.error("The alert command failed: %s.", type(error).__name__)
    if alert.webhook:
        request = urllib.request.Request(alert.webhook, body.encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
                pass
        except OSError as error:
            CHANNELS.error("The alert webhook failed: %s.", type(error).__name__)
