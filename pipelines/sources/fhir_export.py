"""What the files of one FHIR export share: the products that prescriptions refer to, and the file read last."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.codes import Matches
from pipelines.config import Source
from pipelines.duck import identifier, literal, scalar
from pipelines.ingest.physical import DeliveredText
from pipelines.ingest.records import fingerprint
from pipelines.sources.fhir_codes import choose_codes
from pipelines.sources.fhir_meanings import WORDS
from pipelines.sources.fhir_reading import FhirReading


@dataclass(frozen=True)
class Content:
    """What a file holds: resources of one ``kind`` or of any, as lines or a document, and the tables they belong to."""

    tables: tuple[str, ...] = ()
    kind: str | None = None
    is_document: bool = False
    has_products: bool = False
    is_manifest: bool = False


FHIR_READING = 2
"""Raised when a FHIR file would be presented differently than before; every one is then read again."""


class Export:
    """The files of one FHIR export; each is read once for all its tables, products when they are first needed."""

    def __init__(self, source: Source, products: Mapping[Path, Content]) -> None:
        self.others: dict[Path, list[str]] = {}
        """The types of resources in each file read that nothing is made of."""
        self._source, self._products = source, products
        self._digests: dict[bool, str] = {}
        self._has_products = False
        self._last: tuple[Path, str | None, FhirReading] | None = None

    def digest(self, *, with_products: bool) -> str:
        """A digest of what the reading of a file depends on besides the file."""
        if with_products not in self._digests:
            parts = [str(FHIR_READING), fingerprint(WORDS), str(self._source.ends_registration)]
            parts += [fingerprint(path) for path in self._products] if with_products else []
            self._digests[with_products] = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
        return self._digests[with_products]

    def read(self, path: Path, encoding: str, content: Content, work: Path, sha256: str | None) -> FhirReading:
        """What a file says; of one that was just read for another table, what was found then.

        Raises:
            UnreadableFile: The file is broken as a whole.
        """
        if sha256 is None or self._last is None or self._last[:2] != (path, sha256):
            reading = self._read(DeliveredText(path, encoding, sha256), content, work)
            self.others[path] = sorted(reading.others)
            self._last = (path, sha256, reading)
        return self._last[2]

    def load_codes(
        self,
        reading: FhirReading,
        relation: str,
        matches: Matches,
        table: str,
        constant: str | None,
        con: duckdb.DuckDBPyConnection,
    ) -> None:
        """Create ``fhir_code``: code system, code and name of every concept (``told``) that rows of a file name."""
        concepts = f"read_parquet({literal(str(reading.concepts.path))})"
        candidates = con.sql(f"SELECT * FROM {concepts} SEMI JOIN {relation} AS r USING (told)").pl()
        _create("fhir_code", choose_codes(candidates, matches, table, constant), con)

    def load_products(
        self,
        reading: FhirReading,
        relation: str,
        matches: Matches,
        constant: str | None,
        work: Path,
        con: duckdb.DuckDBPyConnection,
    ) -> None:
        """Create ``fhir_product``: what the last version says of every product that rows of a file refer to.

        It stands in the file itself, or in those of products. ``medication`` is its id.

        Raises:
            UnreadableFile: A file of products is damaged.
        """
        con.execute(f"CREATE OR REPLACE TEMP TABLE fhir_product ({_PRODUCT})")
        wanted = f"(SELECT DISTINCT medication FROM {relation} AS r WHERE medication IS NOT NULL)"
        if not scalar(con, f"SELECT count(*) FROM {wanted}"):
            return
        delivered = self._delivered_products(matches, constant, work, con)
        con.execute(f"INSERT INTO fhir_product FROM {delivered} SEMI JOIN {wanted} USING (medication)")
        _insert("fhir_product", len(self._products), reading, matches, constant, con)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE fhir_product AS FROM fhir_product QUALIFY row_number() OVER"
            " (PARTITION BY medication ORDER BY recorded_at DESC NULLS LAST, place DESC, source_row DESC) = 1"
        )

    def _delivered_products(
        self, matches: Matches, constant: str | None, work: Path, con: duckdb.DuckDBPyConnection
    ) -> str:
        """The table of all versions of the products in files of their own, made once a run."""
        table = identifier(f"fhir_product of {self._source.name}")
        if not self._has_products:
            con.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({_PRODUCT})")
            for place, (path, content) in enumerate(self._products.items()):
                text = DeliveredText(path, self._source.prescriptions.encoding)
                _insert(table, place, self._read(text, content, work), matches, constant, con)
            self._has_products = True
        return table

    def _read(self, text: DeliveredText, content: Content, work: Path) -> FhirReading:
        work.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="fhir-", dir=work))
        reading = FhirReading(folder, ends_registration=self._source.ends_registration)
        if content.is_document:
            reading.read_document(text)
        else:
            reading.read_lines(text, content.kind)
        return reading


_PRODUCT = (
    "place INTEGER, source_row BIGINT, recorded_at VARCHAR, medication VARCHAR, form VARCHAR, told BIGINT,"
    " code_system VARCHAR, code VARCHAR, name VARCHAR"
)


def _insert(
    table: str,
    place: int,
    reading: FhirReading,
    matches: Matches,
    constant: str | None,
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Add the products of one file, which stands at a place in the order of files."""
    if not reading.rows["medications"].count:
        return
    candidates = pl.read_parquet(reading.concepts.path)
    _create("product_code", choose_codes(candidates, matches, "prescriptions", constant), con)
    con.execute(
        f"INSERT INTO {table} SELECT {place}, source_row, recorded_at, medication, form, told, code_system, code, name"
        f" FROM {reading.rows['medications'].relation} AS r LEFT JOIN product_code USING (told)"
    )


def _create(table: str, rows: pl.DataFrame, con: duckdb.DuckDBPyConnection) -> None:
    con.register("codes_frame", rows.to_arrow())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM codes_frame")
    con.unregister("codes_frame")
