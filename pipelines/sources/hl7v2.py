"""HL7 v2 messages in files: results, drugs and persons as the rows of native tables, read by the same path.

| message, segment | extract table | what is not taken, and why |
|---|---|---|
| ORU, OUL, ORF: OBX with OBR, ORC | labs | NTE: remarks, whose numbers are no values; OBX-19: the time of analysis |
| RDE: RXE; OMP, ORM: RXO; RDS: RXD; RAS: RXA; with ORC, TQ1, RXR | prescriptions | RXC: components; doses by interval |
| PID, PD1, PV1 of all these and of ADT | patients | MRG: merged identifiers; PID-4, addresses, kin |

Messages of other types (and ADT^A29, which deletes a person) are counted off the pathway of labs under their type, one
row each; those of training and debugging (MSH-11 of T or D) under that. A PID beside results or drugs that says no more
than whose they are is no record of a person; one that does ranks below those of ADT. What a message leaves out of a
person is as it was. An OBX in messages that are not of results, such as ADT and RDE, is a remark and no record. A
dispensing lasts for the days of its order only where its quantity reaches for a piece a day, or none is told.
What is malformed is told in the table that it would have become, and under labs where it would have become none: a
message without readable MSH, a segment outside of any message, a batch that is not complete.

Known from: OBR-22, else MSH-7; ORC-9 or RXA-22, else MSH-7. A result is known again by the filler's number of its order
(else the placer's), the code of OBX-3 and the sub-id of OBX-4, so that a correction finds what it corrects.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import Source
from pipelines.errors import UnreadableFile
from pipelines.ingest.physical import reaching
from pipelines.ingest.records import Records
from pipelines.sources.hl7_codes import with_known_codes
from pipelines.sources.hl7_persons import with_unsaid
from pipelines.sources.hl7_reading import HL7_READING, Manner, Readings
from pipelines.sources.hl7_starts import with_starts
from pipelines.sources.native import Claims, Delivered

SUFFIXES = (".hl7", ".er7", ".mllp")
"""Names that promise messages; a file of any other name is one when it begins as messages do."""

_COMPRESSED = (".gz", ".zst")
_BEGINNINGS = (b"MSH", b"FHS", b"BHS")


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files of messages in a folder, each read for every table that its messages can tell of."""
    manner = Manner(source.labs.encoding, source.authority, source.persons)
    readings = Readings(manner)
    files = (
        Hl7File(source, table, path, name, manner=manner, readings=readings)
        for path, name in names.items()
        if _holds_messages(path)
        for table in manner.tables
    )
    return Claims(tuple((False, file) for file in files))


def _holds_messages(path: Path) -> bool:
    name = path.name.lower()
    for suffix in _COMPRESSED:
        name = name.removesuffix(suffix)
    if name.endswith(SUFFIXES):
        return True
    try:
        with reaching(path), path.open("rb") as file:
            return file.read(16).lstrip(b"\xef\xbb\xbf\v\r\n ").startswith(_BEGINNINGS)
    except UnreadableFile:  # its reading tells what is wrong with it
        return True


@dataclass(frozen=True)
class Hl7File(Delivered):
    """A file of messages, read for one extract table."""

    manner: Manner
    readings: Readings

    @property
    def context(self) -> str:
        """How messages are read, and by which release of that."""
        return f"hl7v2 {HL7_READING} {self.manner}"

    def problems(self) -> Iterator[str]:
        """None: messages name their fields themselves."""
        return iter(())

    def records(self, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None) -> Records:  # noqa: ARG002 - another layout needs it
        """The records of the table: segments of the file, under the number that each has there.

        Raises:
            UnreadableFile: The file is broken as a whole, or holds no message.
        """
        return self.readings.records(self.path, self.table, work, sha256)

    def present(self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection) -> Records:  # noqa: ARG002 - another layout needs it
        """The records with what each leaves out of a person, or with when an order began and the code that is known."""
        if self.table == "patients":
            return with_unsaid(records)
        if self.table == "prescriptions":
            records = with_starts(records, con)
        constant = self.mapping.constants.get("code_system")
        return with_known_codes(records, self.table, matches, con, constant=constant)

    def ignored_columns(self, columns: Sequence[str]) -> list[str]:  # noqa: ARG002 - another layout needs them
        """None: what is read of a message was chosen."""
        return []
