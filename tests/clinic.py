"""A clinic for tests: deliveries as text tables, read by the real store on days that the test names."""

from datetime import date, datetime
from pathlib import Path

import polars as pl

from pipelines.codes import LocalCodes, load_codebook
from pipelines.config import Settings
from pipelines.duck import working_connection
from pipelines.ingest.core import Core, build_core
from pipelines.ingest.delivery import Intake, take_in
from pipelines.ingest.store import Store
from pipelines.sources.finding import find_files

ALWAYS = {
    "labs": "patient_id | result_id | test_code | value | unit | collected_at",
    "prescriptions": "patient_id | prescription_id | drug_name | start_date",
}
"""Headers of the two tables that must exist."""


def csv_text(table: str) -> str:
    """A table drawn in text, with `|` between cells and `#` comments, as CSV."""
    lines = [line.split("#")[0].strip() for line in table.strip().splitlines()]
    return "\n".join(",".join(cell.strip() for cell in line.split("|")) for line in lines if line) + "\n"


class Clinic:
    """A home folder, an extracts folder, and the days on which files arrive."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.extracts = folder / "extracts"
        self.work = folder / "work"
        self.store = Store(folder / "store")
        self.settings = Settings(**settings)
        self.extracts.mkdir()
        for table, header in ALWAYS.items():
            self.put(f"{table}_000.csv", header)

    def put(self, name: str, table: str | bytes) -> Path:
        """Lay a file among the extracts."""
        path = self.extracts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(table if isinstance(table, bytes) else csv_text(table).encode())
        return path

    def night(self, on: str = "2026-11-20") -> Intake:
        """Take in what lies there, on that day."""
        self.work.mkdir(exist_ok=True)
        codebook = load_codebook(
            local=[LocalCodes(c.table, c.code_system, c.concepts, c.names) for c in self.settings.code]
        )
        delivery = find_files(self.settings.source, self.extracts, self.work / "incoming")
        with working_connection() as con:
            return take_in(
                delivery,
                self.store,
                codebook=codebook,
                settings=self.settings,
                now=datetime.fromisoformat(f"{on}T02:00:00"),
                work=self.work,
                con=con,
            )

    def core(self, as_of: str = "2026-11-20", known_at: str | None = None) -> Core:
        """The core tables as of two dates."""
        with working_connection() as con:
            return build_core(
                self.store,
                as_of=date.fromisoformat(as_of),
                known_at=date.fromisoformat(known_at or as_of),
                folder=self.work / f"core-{as_of}-{known_at}",
                con=con,
            )

    def table(self, name: str, *columns: str, as_of: str = "2026-11-20", known_at: str | None = None) -> list[tuple]:
        """Rows of a core table, some columns, sorted."""
        rows = self.core(as_of, known_at).scan(name).select(*columns).collect()
        return sorted(rows.rows(), key=str)

    def part(self, name: str) -> pl.DataFrame:
        """Everything stored of one part: quarantine, withdrawal, unmapped, or a core table before versions."""
        paths = self.store.paths(self.store.entries(), name)
        return pl.concat([pl.read_parquet(path) for path in paths], how="diagonal") if paths else pl.DataFrame()
