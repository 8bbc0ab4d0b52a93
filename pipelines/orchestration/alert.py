"""Telling people that a night was not published: the log always, a command and a webhook where configured."""

import json
import logging
import subprocess
import urllib.request
from http.client import HTTPException
from pathlib import Path

from pipelines.config import Alert
from pipelines.publish.history import load_runs

LOG = logging.getLogger("b12.alert")
CHANNELS = logging.getLogger("b12.alert_channels")
TIMEOUT_SECONDS = 30


def tell(alert: Alert, home: Path, run: str, because: str = "the run ended before it was recorded") -> None:
    """Say how a run of a home ended, without patient data; a channel that fails is logged and never raises.

    ``run`` is its id, here or among Dagster's; ``because`` is told of one that left no record.
    The command gets the message as JSON on its standard input; the webhook as the body of a POST.
    """
    of_dagster = f"-{run[:8]}"  # which the id of a run ends with
    records = [each for each in load_runs(home / "runs") if each.run_id == run or each.run_id.endswith(of_dagster)]
    record = records[-1] if records else None
    message = {
        "text": f"B12 Care Gaps was not published: {record.because if record else because}",
        "run": record.run_id if record else run,
        "outcome": record.outcome if record else "failed",
        "report": str(home / "reports" / f"{record.run_id}.html") if record else None,
    }
    LOG.error(message["text"])
    body = json.dumps(message)
    if alert.command:
        try:
            subprocess.run(alert.command, shell=True, input=body, text=True, timeout=TIMEOUT_SECONDS, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            CHANNELS.error("The alert command failed: %s.", type(error).__name__)
    if alert.webhook:
        try:
            request = urllib.request.Request(alert.webhook, body.encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
                pass
        except (OSError, HTTPException, ValueError) as error:
            CHANNELS.error("The alert webhook failed: %s.", type(error).__name__)
