"""Which of the codings of a concept says what a resource is about."""

from pathlib import Path

import msgspec
import polars as pl
import pyarrow.parquet as pq

from pipelines.codes import Matches
from pipelines.sources.fhir_elements import CodeableConcept, decoded
from pipelines.sources.fhir_sayings import Interned

TRIPLE = ["code_system", "code", "name"]

CANDIDATES = {"told": pl.Int64, "place": pl.Int64, **dict.fromkeys(TRIPLE, pl.String)}

MOST_WAITING = 200_000

_CONCEPTS = msgspec.json.Decoder(CodeableConcept | None)


class Concepts:
    """The concepts of a file, numbered: each distinct one once, unless they are too many to remember."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.numbers = Interned(self._numbered)
        self._count = 0
        self._waiting: list[tuple[int, int, str | None, str | None, str | None]] = []
        self._writer: pq.ParquetWriter | None = None

    def close(self) -> None:
        """Write what waits."""
        self._write()
        self._writer.close()

    def _numbered(self, raw: bytes) -> int | None:
        concept = decoded("code", _CONCEPTS, raw)
        told = _candidates(concept) if concept else []
        if not told:
            return None
        self._count += 1
        self._waiting += [(self._count, place, *triple) for place, triple in enumerate(told)]
        if len(self._waiting) >= MOST_WAITING:
            self._write()
        return self._count

    def _write(self) -> None:
        rows = pl.DataFrame(self._waiting, schema=CANDIDATES, orient="row").to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, rows.schema)
        self._writer.write_table(rows)
        self._waiting = []


def _candidates(concept: CodeableConcept) -> list[tuple[str | None, str | None, str | None]]:
    """What a concept may be, as code system, code and name: its codings, under their own names and its text."""
    text = concept.text
    codings = [coding for coding in concept.coding or () if coding.code or coding.display]
    # A coding without a system says less than one that has it.
    codings.sort(key=lambda coding: (coding.code is None, coding.system is None))
    names = next((coding.display for coding in codings if coding.display), None)
    told = [(coding.system, coding.code or coding.display, coding.display or text or names) for coding in codings]
    if text:
        told += [(coding.system, coding.code or text, text) for coding in codings if coding.display not in (None, text)]
        told.append((None, text, text))
    return told


def choose_codes(candidates: pl.DataFrame, matches: Matches, table: str, constant: str | None) -> pl.DataFrame:
    """One code for each concept: ``told`` and code system, code and name.

    It is the first of its candidates that the code lists know, else the first. Without a coding system it has the
    ``constant`` one.
    """
    named = candidates.with_columns(pl.col("code_system").fill_null(pl.lit(constant, pl.String)))
    known = matches.of(table, named.select(TRIPLE).unique()).filter(pl.col("concept").is_not_null())
    return (
        named.join(
            known.select(TRIPLE).unique().with_columns(is_known=pl.lit(True)), on=TRIPLE, how="left", nulls_equal=True
        )
        .sort("told", pl.col("is_known").fill_null(False), "place", descending=[False, True, False])
        .unique("told", keep="first", maintain_order=True)
        .select("told", *TRIPLE)
    )
