"""A small practice for tests of whole nights: its extracts, its home folder, and the nightly job on them."""

import json
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipelines.duck import reading_connection
from pipelines.orchestration.run import RunRequest, run_nightly
from pipelines.publish.history import RunRecord
from tests.clinic import csv_text

OPENING = date(2024, 3, 4)
"""A Monday long ago: whatever the clock says, nothing here is of the future."""

LABS = "patient_id | result_id | test_code | value | unit | collected_at | reported_at | status | replaces"
PRESCRIPTIONS = "patient_id | prescription_id | drug_name | start_date | status | recorded_at"


class Practice:
    """Synthetic people with low vitamin B12 and weekly blood counts, read night by night into a home of their own."""

    def __init__(self, folder: Path) -> None:
        self.extracts, self.home = folder / "extracts", folder / "home"
        for path in (self.extracts, self.home):
            path.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, table: str | bytes) -> Path:
        """Lay a file, drawn in text or as bytes, among the extracts."""
        path = self.extracts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(table if isinstance(table, bytes) else csv_text(table).encode())
        return path

    def labs(self, name: str, *rows: str) -> Path:
        """Lay a file of results; a row may leave out its last cells."""
        return self.put(name, "\n".join([LABS, *(_filled(row, LABS) for row in rows)]))

    def prescriptions(self, name: str, *rows: str) -> Path:
        """Lay a file of prescriptions; a row may leave out its last cells."""
        return self.put(name, "\n".join([PRESCRIPTIONS, *(_filled(row, PRESCRIPTIONS) for row in rows)]))

    def configure(self, text: str) -> None:
        """Write b12.toml."""
        (self.home / "b12.toml").write_text(text, encoding="utf-8")

    def night(self, days: int = 0, **asked: Any) -> RunRecord:
        """The nightly job, so many days after the opening."""
        return run_nightly(
            RunRequest(
                home=self.home, extracts=self.extracts, as_of=OPENING + timedelta(days=days), quiet=True, **asked
            )
        )

    @property
    def database(self) -> Path:
        """The published database."""
        return self.home / "published" / "b12.duckdb"

    @property
    def current(self) -> dict[str, Any]:
        """What current.json says."""
        return json.loads((self.home / "published" / "current.json").read_text(encoding="utf-8"))

    def rows(self, query: str) -> list[tuple]:
        """The answer of the publication to a query."""
        with reading_connection(self.database) as con:
            return con.sql(query).fetchall()

    def listed(self, worklist: str = "low_b12_untreated") -> set[str]:
        """Who is on a list."""
        return {person for (person,) in self.rows(f"SELECT person_id FROM worklist_item WHERE worklist = '{worklist}'")}

    def copy(self, folder: Path) -> "Practice":
        """The same practice in another folder, as it stands."""
        for path in (self.extracts, self.home):
            shutil.copytree(path, folder / path.name, symlinks=True)
        return Practice(folder)


def low_results(people: Iterable[int]) -> list[str]:
    """A low vitamin B12 result of each, three weeks before the opening."""
    on = OPENING - timedelta(days=21)
    return [f"p{person:02} | b{person} | 2132-9 | 120 | ng/L | {on} | {on} | F |" for person in people]


def blood_counts(people: Iterable[int], *, weeks_ago: Iterable[int]) -> list[str]:
    """A hemoglobin result of each in each of these weeks before the opening."""
    rows = []
    for week in weeks_ago:
        on = OPENING - timedelta(days=7 * week + 1)
        rows += [f"p{person:02} | h{person}-{week} | 718-7 | 150 | g/L | {on} | {on} | F |" for person in people]
    return rows


def metformin(people: Iterable[int]) -> list[str]:
    """A first prescription of metformin of each, two months before the opening."""
    on = OPENING - timedelta(days=60)
    return [f"p{person:02} | m{person} | Metformin 500 mg tablets | {on} | active | {on}" for person in people]


def open_practice(folder: Path, *, people: int = 60) -> Practice:
    """A practice of so many people on the evening before its first night: all with low B12, counted every week."""
    practice = Practice(folder)
    everyone = range(people)
    practice.labs("labs_000.csv", *low_results(everyone), *blood_counts(everyone, weeks_ago=range(8)))
    practice.prescriptions("prescriptions_000.csv", *metformin(range(5)))
    return practice


def _filled(row: str, header: str) -> str:
    return row + " |" * (header.count("|") - row.count("|"))
