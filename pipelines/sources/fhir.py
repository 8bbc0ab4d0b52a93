"""FHIR R4: the NDJSON files of a bulk export, and bundles, read by the same path as native files.

| FHIR resource | extract table | what is not taken, and why |
|---|---|---|
| Patient | patients | address, telecom, link: no rule asks for them |
| Observation, its components | labs | category, method, specimen, hasMember: the code says what was measured |
| MedicationRequest, -Dispense, -Administration, -Statement | prescriptions | reasons, substitution, requester |
| Medication | looked up by those | ingredient, batch: the code or name says what it is |
| Condition | diagnoses | severity, stage, evidence, ages instead of dates |
| Procedure | procedures | reason, outcome, performer |

A file whose path names a resource (``Observation.000.ndjson.gz``) holds nothing else; any other may hold resources of
several types, bundles, and the deletions that a server tells of. Of versions of a resource the last updated counts.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import CODE_COLUMNS, Source
from pipelines.errors import UnreadableFile
from pipelines.ingest.physical import DeliveredText
from pipelines.ingest.records import Records, fingerprint
from pipelines.sources.fhir_codes import TRIPLE
from pipelines.sources.fhir_export import Content, Export
from pipelines.sources.fhir_reading import NO_TABLE
from pipelines.sources.fhir_resources import RESOURCES, TABLE_OF, Bundle
from pipelines.sources.fhir_rows import COLUMNS
from pipelines.sources.native import Claims, Delivered

_LINES = re.compile(r"(?i)\.(ndjson|jsonl)(\.gz|\.zst)?$")
_DOCUMENT = re.compile(r"(?i)\.json(\.gz|\.zst)?$")

_NAMED = re.compile(rf"(?i)(?<![a-z])({'|'.join(RESOURCES)})s?(?![a-z])")
_KINDS = {kind.casefold(): kind for kind in RESOURCES}

_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_DELETED = re.compile(rb'"url"\s*:\s*"(?:[^"]*/)?([A-Za-z]+)/[^"/]+"')
_OVERLAP_BYTES = 4096


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files of a FHIR export that are read; those of Medication, and the manifest, are read besides them."""
    contents = {path: found for path, name in names.items() if (found := _content(path, name))}
    products = {path: content for path, content in contents.items() if content.has_products}
    export = Export(source, products)
    files = [
        FhirFile(source, table, path, names[path], export=export, content=content)
        for path, content in contents.items()
        for table in content.tables
    ]
    besides = tuple(path for path, content in contents.items() if content.has_products or content.is_manifest)
    return Claims(tuple((False, file) for file in files), besides)


def _content(path: Path, name: str) -> Content | None:
    """What a file holds, by its name or, where that does not tell, by the types that stand in it."""
    is_document = bool(_DOCUMENT.search(name))
    if not is_document and not _LINES.search(name):
        return None
    kinds = {_KINDS[found.casefold()] for found in _NAMED.findall(name.rsplit("/", 1)[-1]) or _NAMED.findall(name)}
    is_named = len(kinds) == 1 and not is_document
    try:
        if is_named and not _begins_with_bundle(path):
            return _content_of(kinds, kind=next(iter(kinds)))
        types, is_manifest = _types_in(path)
    except UnreadableFile:  # its reading tells what is wrong with it
        return _content_of(kinds, kind=next(iter(kinds))) if is_named else Content(("labs",))
    content = _content_of(types, is_document=is_document, is_manifest=is_manifest)
    return content if content.tables or content.has_products or is_manifest else None


def _content_of(types: Collection[str], **about: str | bool) -> Content:
    tables = dict.fromkeys(table for kind, table in TABLE_OF.items() if kind in types)
    # A bundle brings the products that it refers to; the parts of an export do not.
    has_products = tables.pop("medications", 0) is None and Bundle.__name__ not in types
    return Content(tuple(tables), has_products=has_products, **about)


def _begins_with_bundle(path: Path) -> bool:
    """A file of deletions is one of bundles, whatever its name says of the resources that were deleted."""
    found = _TYPE.search(next(DeliveredText(path, "utf-8").blocks()))
    return found is not None and found[1] == Bundle.__name__.encode()


def _types_in(path: Path) -> tuple[set[str], bool]:
    """The types of resources that stand or are deleted in a file, and whether it is the manifest of an export."""
    found: set[str] = set()
    tail, has_deletions, is_manifest = b"", False, False
    for block in DeliveredText(path, "utf-8").blocks():
        text = tail + block
        found |= {kind.decode() for kind in _TYPE.findall(text)}
        has_deletions = has_deletions or b'"DELETE"' in text
        if has_deletions:
            found |= {kind.decode() for kind in _DELETED.findall(text)}
        is_manifest = is_manifest or (not found and b'"transactionTime"' in text)
        tail = text[-_OVERLAP_BYTES:]
    return found, is_manifest


@dataclass(frozen=True)
class FhirFile(Delivered):
    """A file of FHIR resources, read for one of the tables that they are rows of."""

    export: Export
    content: Content

    @property
    def context(self) -> str:
        """The way of reading, and for prescriptions the products that they refer to."""
        return self.export.digest(with_products=self.table == "prescriptions")

    def problems(self) -> Iterator[str]:
        """Nothing can be wrong before a resource is read: the layout has no columns."""
        return iter(())

    def records(self, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None) -> Records:  # noqa: ARG002 - the files of other layouts are read by DuckDB
        """The resources of the table, a row each; what cannot be read of any is told with the file's first table.

        Raises:
            UnreadableFile: The file is broken as a whole; nothing of it is to be used.
        """
        reading = self.export.read(self.path, self.mapping.encoding, self.content, work, sha256)
        is_first = self.content.tables[0] == self.table
        malformed = reading.malformed(self.table, *([NO_TABLE] if is_first else []))
        rows = reading.rows[self.table]
        columns = (*COLUMNS[self.table], *self._code_columns)
        count = rows.count + malformed.height
        return Records(rows.relation, columns, count, malformed, sha256 or fingerprint(self.path))

    def present(self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection) -> Records:
        """The rows with code system, code and name, as chosen from the codings of their concepts."""
        if self.table == "patients":
            return replace(records, terms={"is_undated": "r.is_undated"})
        constant = self.mapping.constants.get("code_system")
        reading = self.export.read(self.path, self.mapping.encoding, self.content, work, records.sha256)
        self.export.load_codes(reading, records.relation, matches, self.table, constant, con)
        triple = {column: f"chosen.{part}" for column, part in zip(self._code_columns, TRIPLE, strict=True)}
        listed, joins = "r.* EXCLUDE (told)", "LEFT JOIN fhir_code AS chosen USING (told)"
        if self.table == "prescriptions":
            self.export.load_products(reading, records.relation, matches, constant, work, con)
            # A product that is there says more than what a reference calls it.
            says = "CASE WHEN product.told IS NULL THEN chosen.{0} ELSE product.{0} END"
            triple = {column: says.format(part) for column, part in zip(triple, TRIPLE, strict=True)}
            listed += " REPLACE (coalesce(r.form, product.form) AS form)"
            joins += " LEFT JOIN fhir_product AS product USING (medication)"
        terms = ", ".join(f"{term} AS {column}" for column, term in triple.items())
        relation = f"(SELECT {listed}, {terms} FROM {records.relation} AS r {joins})"
        return replace(records, relation=relation, columns=tuple(c for c in records.columns if c != "told"))

    def ignored_columns(self, columns: Sequence[str]) -> list[str]:  # noqa: ARG002 - the layout has no columns
        """The types of resources in the file that nothing is made of."""
        return self.export.others.get(self.path, []) if self.content.tables[0] == self.table else []

    @property
    def _code_columns(self) -> tuple[str, ...]:
        return ("code_system", *CODE_COLUMNS[self.table]) if self.table in CODE_COLUMNS else ()
