"""What one FHIR file says: its resources as rows, and the records of which nothing can be made.

A resource is known by its place: the line it stands in. A component of an observation is further down by
``PER_COMPONENT``, an entry of a bundle that is itself one of several lines by ``PER_ENTRY``; of a file that is one
bundle the place is the entry.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import polars as pl

from pipelines.errors import UnreadableFile
from pipelines.ingest.physical import DeliveredText
from pipelines.ingest.records import MALFORMED_SCHEMA
from pipelines.sources.fhir_codes import Concepts
from pipelines.sources.fhir_elements import ABSENT
from pipelines.sources.fhir_resources import RESOURCES, TABLE_OF, Bundle, Entry, Observation, Resource
from pipelines.sources.fhir_results import is_emptied, parted
from pipelines.sources.fhir_rows import COLUMNS, DELETABLE, READ, deleted_rows
from pipelines.sources.fhir_sayings import Columns, Sayings
from pipelines.sources.fhir_tables import TableRows
from pipelines.sources.fhir_text import LONGEST_BYTES, MARK, filled, numbered_lines

PER_COMPONENT = 10_000_000_000
PER_ENTRY = 1000 * PER_COMPONENT
MOST_COMPONENTS, MOST_ENTRIES = 999, 900_000
"""Beyond these, places would no longer tell records apart, or be no numbers of 64 bits."""

LONGEST_RAW = 1 << 20
MOST_RAW = 64 << 20
"""Bytes of one unreadable record that are shown, and of all of a file; beyond that, the beginning of each."""

NO_TABLE = ""
"""Where records stand of which nobody can say what they are."""

_DECODERS = {kind: msgspec.json.Decoder(resource) for kind, resource in RESOURCES.items()}
_HEADS = msgspec.json.Decoder(Resource)
_BUNDLES = msgspec.json.Decoder(Bundle)

_URN = re.compile(rb'"urn:(?:uuid|oid):[^"]+"')
_DELETED = re.compile(r"(?:^|/)([A-Za-z]+)/([^/?#]+)$")


class _Wrong(ValueError):
    """A resource of another type than it should be."""


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _Wrong)


class FhirReading:
    """What was read of one file: rows and unreadable records by extract table, and the concepts that rows name.

    ``others`` are the types of resources that were met and become no rows.
    """

    def __init__(self, folder: Path, *, ends_registration: bool) -> None:
        self.concepts = Concepts(folder / "concepts.parquet")
        self.rows = {table: TableRows(folder / f"{table}.parquet", table) for table in COLUMNS}
        self.others: set[str] = set()
        self._malformed: dict[str, list[tuple[int, str, str]]] = {}
        self._say = Sayings(self.concepts.numbers, ends_registration=ends_registration)
        self._raw = 0

    def malformed(self, *tables: str) -> pl.DataFrame:
        """The unreadable records of some tables, in order of place."""
        found = [record for table in tables for record in self._malformed.get(table, ())]
        return pl.DataFrame(sorted(found), schema=MALFORMED_SCHEMA, orient="row")

    def read_lines(self, text: DeliveredText, expected: str | None) -> None:
        """Read one resource a line; of the ``expected`` type, or of any when that is null.

        Raises:
            UnreadableFile: The compressed file is cut or corrupt.
        """
        for lines, places in numbered_lines(text, self._too_long):
            if expected:
                self._take_lines(expected, lines, places)
            else:
                self._take_any(*filled(lines, places))
        self._close()

    def read_document(self, text: DeliveredText) -> None:
        """Read a file that is one bundle or resource; one that holds a resource a line is read so.

        Raises:
            UnreadableFile: It is no JSON from beginning to end, or too large to be read as a whole.
        """
        whole = bytearray()
        for block in text.blocks():
            whole += block
            if len(whole) > LONGEST_BYTES:
                raise UnreadableFile(
                    f"{text.path.name} is a JSON document of more than {LONGEST_BYTES >> 20} MB. Nothing of it was "
                    "taken; deliver it as NDJSON, a resource a line, and call it .ndjson."
                )
        document = bytes(whole).removeprefix(MARK)
        lines, places = filled(document, range(1, document.count(b"\n") + 2))
        if len(lines) > 1 and _is_resource(lines[0]):
            self._take_any(lines, places)
        else:
            self._take_document(document, text.path.name)
        self._close()

    def _take_document(self, document: bytes, name: str) -> None:
        try:
            if _HEADS.decode(document).resource_type != Bundle.__name__:
                self._take_any([document], [1])
                return
            bundle = _BUNDLES.decode(document)
        except _UNREADABLE as error:
            raise UnreadableFile(
                f"{name} is no FHIR document: {_told(error)}. Nothing of it was taken; deliver it again, complete."
            ) from None
        self._take_entries(bundle, lambda entry: entry)

    def _close(self) -> None:
        for rows in self.rows.values():
            rows.close()
        self.concepts.close()

    def _take_lines(self, kind: str, lines: bytes, places: range) -> None:
        """Take in lines with a resource of one type each, all at once if all of them can be read."""
        try:
            found = _DECODERS[kind].decode_lines(lines)
            if len(found) == len(places):  # otherwise some are empty
                self._add(kind, found, places)
                return
        except _UNREADABLE:
            pass
        self._take(kind, *filled(lines, places))

    def _take(
        self, kind: str, resources: Sequence[bytes], places: Sequence[int], ids: Sequence[str | None] = ()
    ) -> None:
        """Take in resources of one type; one that cannot be read is set aside, and keeps none of the others out.

        ``ids`` are those of resources that have none of their own.
        """
        readable, whole = [], []
        for number, resource in enumerate(resources):
            try:
                found = _DECODERS[kind].decode(resource)
                if ids:
                    found.id = found.id or ids[number]
                self._columns(kind, [found])  # whether it can be read throughout
            except _UNREADABLE as error:
                self._refuse(TABLE_OF[kind], places[number], resource, _told(error))
            else:
                readable.append(found)
                whole.append(places[number])
        if readable:
            self._add(kind, readable, whole)

    def _add(self, kind: str, found: Sequence[Resource], places: Sequence[int]) -> None:
        columns, parts = self._columns(kind, found)
        if parts is not None:
            places = [places[number] + part * PER_COMPONENT for number, part in parts]
        self.rows[TABLE_OF[kind]].add(columns, places)

    def _columns(self, kind: str, found: Sequence[Resource]) -> tuple[Columns, list[tuple[int, int]] | None]:
        """The columns of resources; of observations with components also which part of which each row is."""
        if others := {resource.resource_type for resource in found} - {kind}:
            raise _Wrong(f"resourceType: expected {kind}, found {_name_of(others.pop())}")
        parts = None
        if kind == Observation.__name__ and any(one.component is not ABSENT or is_emptied(one) for one in found):
            parts, found = parted(found)
            if max((part for _, part in parts), default=0) > MOST_COMPONENTS:
                raise _Wrong(f"component: expected at most {MOST_COMPONENTS}")
        return READ[kind](found, self._say) if found else {}, parts

    def _take_any(self, resources: Sequence[bytes], places: Sequence[int], ids: Sequence[str | None] = ()) -> None:
        """Take in resources of any type, and the entries of bundles."""
        of_kind: dict[str, tuple[list[bytes], list[int], list[str | None]]] = {}
        for number, (resource, place) in enumerate(zip(resources, places, strict=True)):
            try:
                kind = _HEADS.decode(resource).resource_type
                if kind == Bundle.__name__:
                    bundle = _BUNDLES.decode(resource)
                    if len(bundle.entry or ()) > MOST_ENTRIES:
                        raise _Wrong(f"entry: expected at most {MOST_ENTRIES}; divide the bundle")
                    self._take_entries(bundle, lambda entry, line=place: line + entry * PER_ENTRY)
                    continue
            except _UNREADABLE as error:
                self._refuse(NO_TABLE, place, resource, _told(error))
                continue
            if kind is None:
                self._refuse(NO_TABLE, place, resource, "resourceType: expected the name of a resource, found none")
            elif kind in RESOURCES:
                alike = of_kind.setdefault(kind, ([], [], []))
                for cells, cell in zip(alike, (resource, place, ids[number] if ids else None), strict=True):
                    cells.append(cell)
            else:
                self.others.add(_name_of(kind))
        for kind, alike in of_kind.items():
            self._take(kind, *alike)

    def _take_entries(self, bundle: Bundle, place_of: Callable[[int], int]) -> None:
        """Take in the resources of a bundle and its deletions."""
        resources, places, ids = [], [], []
        own = dict(filter(None, map(_called, bundle.entry or ())))
        for number, entry in enumerate(bundle.entry or (), 1):
            if entry.request and entry.request.method == "DELETE":
                done = entry.response.last_modified if entry.response else None
                self._delete(entry, place_of(number), done or bundle.last_updated)
                continue
            resource = bytes(entry.resource) or b"{}"
            resources.append(_URN.sub(lambda found: own.get(found[0], found[0]), resource) if own else resource)
            places.append(place_of(number))
            ids.append((entry.full_url or "").rsplit("/", 1)[-1].removeprefix("urn:uuid:") or None)
        self._take_any(resources, places, ids)

    def _delete(self, entry: Entry, place: int, on: str | None) -> None:
        """Withdraw the resource that an entry says was deleted."""
        url = entry.request.url or ""
        found = _DELETED.search(url)
        if not found:
            self._refuse(NO_TABLE, place, url.encode(), "request.url: expected the type and id of a deleted resource")
        elif found[1] in DELETABLE:
            rows = deleted_rows(found[1], found[2], on)
            count = len(next(iter(rows.values())))
            self.rows[TABLE_OF[found[1]]].add(rows, [place + part * PER_COMPONENT for part in range(count)])
        else:
            self.others.add(_name_of(found[1]))

    def _too_long(self, line: int, beginning: bytes) -> None:
        self._refuse(NO_TABLE, line, beginning, f"a line of more than {LONGEST_BYTES >> 20} MB is no resource")

    def _refuse(self, table: str, place: int, raw: bytes, detail: str) -> None:
        shown = raw[: LONGEST_RAW if self._raw < MOST_RAW else 200]
        self._raw += len(shown)
        self._malformed.setdefault(table, []).append((place, shown.decode("utf-8", "backslashreplace").strip(), detail))


def _called(entry: Entry) -> tuple[bytes, bytes] | None:
    """What others in a bundle call a resource whose id is another, and the reference to that id, both as JSON."""
    url = entry.full_url or ""
    if not url.startswith("urn:"):
        return None
    try:
        head = _HEADS.decode(entry.resource)
    except _UNREADABLE:
        return None
    if not head.id or head.resource_type not in RESOURCES or url.endswith(f":{head.id}"):
        return None
    return msgspec.json.encode(url), msgspec.json.encode(f"{head.resource_type}/{head.id}")


def _is_resource(line: bytes) -> bool:
    try:
        return _HEADS.decode(line).resource_type is not None
    except _UNREADABLE:
        return False


def _told(error: Exception) -> str:
    """What is wrong, without a value: the messages of the decoder name types and elements."""
    if isinstance(error, UnicodeDecodeError):
        return "expected UTF-8 text"
    if isinstance(error, RecursionError):
        return "elements nested too deep"
    if str(error) == "Input data was truncated":
        return "JSON ends in the middle: the line is cut"
    return str(error)


def _name_of(kind: str | None) -> str:
    """A type of resource as it may be shown: a name, and no text that somebody put there."""
    return kind if kind and re.fullmatch(r"[A-Z][A-Za-z]{1,40}", kind) else "none" if kind is None else "another word"
