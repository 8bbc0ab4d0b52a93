"""A practice after its first night, its exported workbook, and LibreOffice where there is one."""

import shutil
import subprocess
from datetime import datetime, time, timedelta

import pytest

from pipelines.config import Settings
from pipelines.decisions import DecisionLog, log_url
from pipelines.sheets.exporting import export_lists
from pipelines.sheets.importing import import_workbook
from tests.practice import OPENING, open_practice
from tests.sheets.made import enter


class Desk:
    """The home folder of a practice, a workbook of its list, and what comes back from it."""

    def __init__(self, practice, folder):
        self.practice, self.home, self.folder = practice, practice.home, folder
        self.morning = datetime.combine(OPENING, time(9))

    def workbook(self, name="list.xlsx"):
        """A fresh list."""
        export_lists(self.home, form="xlsx", site=None, worklist=None, to=self.folder / "out")
        return (self.folder / "out" / "site-unknown.xlsx").rename(self.folder / name)

    def filled(self, entries, name="list.xlsx"):
        """A fresh list with entries in it."""
        return enter(self.workbook(name), entries)

    def take(self, path, user="ann", after=timedelta(hours=1), dry_run=False):
        """Import a workbook."""
        return import_workbook(
            path, home=self.home, settings=Settings(), user=user, now=self.morning + after, dry_run=dry_run
        )

    def decided(self):
        """What the log holds: (person, decision, by) in its order."""
        with DecisionLog.open(log_url(Settings(), self.home), read_only=True) as log:
            return log.read().select("person_id", "decision", "decided_by").rows()


@pytest.fixture(scope="session")
def opened_practice(tmp_path_factory):
    practice = open_practice(tmp_path_factory.mktemp("practice"))
    practice.night()
    return practice


@pytest.fixture
def desk(opened_practice, tmp_path):
    return Desk(opened_practice.copy(tmp_path / "practice"), tmp_path)


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """Has LibreOffice save a file in another format, as somebody does who opens it and saves it."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed (Debian: libreoffice-calc)")
    profile = tmp_path_factory.mktemp("office")

    def save(path, ending, folder):
        subprocess.run(
            [program, f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", ending, "--outdir", folder, path],
            check=True,
            capture_output=True,
            timeout=120,
        )  # fmt: skip
        return folder / f"{path.stem}.{ending}"

    return save
