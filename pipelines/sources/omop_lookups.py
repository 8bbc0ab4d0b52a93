"""What an OMOP table has elsewhere: the vocabulary that names its codes, and the files that speak of a person."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipelines.config import Source
from pipelines.duck import identifier, literal
from pipelines.errors import UnreadableFile
from pipelines.ingest.records import FileFormat, Records, fingerprint
from pipelines.sources.beside import Beside
from pipelines.sources.columns import NOTHING, Columns, Terms, day
from pipelines.sources.held import TableFile
from pipelines.sources.omop_columns import KNOWN, CdmColumns

_VOCABULARY = ("concept_id", "vocabulary_id", "concept_code", "concept_name")

_PERSON = ("birth_date", "sex", "site", "clinician")

_NO_CONCEPT = "0"
"""The concept id that says that no concept was found."""


class Cdm(Beside):
    """The files of one OMOP folder that others are read with; each is read when it is first needed."""

    def __init__(self, source: Source, files: Mapping[str, Sequence[TableFile]]) -> None:
        super().__init__(source, files)
        self._vocabulary: Path | None = None
        self._has_persons = False

    def digest(self, reading: int, *tables: str) -> str:
        """A digest of what the presenting of a file depends on: the well-known concepts too."""
        return f"{super().digest(reading, *tables)} {fingerprint(KNOWN)[:16]} {self.source.ends_registration}"

    def load_told(
        self, relation: str, columns: CdmColumns, code_columns: Sequence[str], con: duckdb.DuckDBPyConnection
    ) -> None:
        """Create ``omop_told``: each combination of concept ids and codes in a file, as they were delivered.

        The columns that the terms asked for so far, and those of the code: one scan, in which nothing is computed.
        """
        for name in code_columns:
            columns.text(name)
        wanted = sorted(name for name in columns.asked if name.endswith("_concept_id") or name in code_columns)
        listed = ", ".join(f"{columns.raw(name)} AS {identifier(name)}" for name in wanted)
        con.execute(f"CREATE OR REPLACE TEMP TABLE omop_told AS SELECT DISTINCT {listed or '0'} FROM {relation} AS r")

    def load_concepts(self, columns: CdmColumns, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``omop_concept``: what the vocabulary says of the concepts in ``omop_told``, a row each.

        Raises:
            UnreadableFile: The vocabulary is damaged.
        """
        ids = columns.concept_ids
        empty = ", ".join(f"{NOTHING} AS {name}" for name in _VOCABULARY)
        found = f"SELECT {empty} WHERE false"
        if ids and self.has("concept"):
            vocabulary = literal(str(self._vocabulary_file(work, con)))
            found = (
                f"SELECT * FROM read_parquet({vocabulary})"
                f" SEMI JOIN (SELECT DISTINCT unnest([{', '.join(ids)}]) AS concept_id FROM omop_told AS r)"
                f" USING (concept_id) WHERE concept_id <> '{_NO_CONCEPT}'"
                " QUALIFY row_number() OVER (PARTITION BY concept_id ORDER BY vocabulary_id, concept_code) = 1"
            )
        con.execute(f"CREATE OR REPLACE TEMP TABLE omop_concept AS {found}")

    def _vocabulary_file(self, work: Path, con: duckdb.DuckDBPyConnection) -> Path:
        """The vocabulary as Parquet, the four columns that are used, written once a run."""
        if self._vocabulary is None:
            parts = []
            for file in self._files["concept"]:
                fmt = _tabs_or_commas(file)
                columns = CdmColumns(file.columns(fmt))
                if not all(columns.has(name) for name in _VOCABULARY):
                    raise UnreadableFile(
                        f"{file.name} is no OMOP concept table: expected the columns {', '.join(_VOCABULARY)}. "
                        "Nothing was read with it; deliver it again, or leave it out and name the coding systems."
                    )
                terms = ", ".join(f"{columns.as_told(name)} AS {name}" for name in _VOCABULARY)
                relations = _whole(file, file.records(fmt, work, con), fmt, work)
                parts += [f"SELECT {terms} FROM {relation} AS r" for relation in relations]
            written = work / f"vocabulary-{self.source.name}.parquet"
            con.execute(f"COPY ({' UNION ALL '.join(parts)}) TO {literal(str(written))} (FORMAT parquet)")
            self._vocabulary = written
        return self._vocabulary

    def load_persons(
        self, terms_of: Callable[[str, CdmColumns], Terms], work: Path, con: duckdb.DuckDBPyConnection
    ) -> None:
        """Create the names, and once a run the table of all that person, death and observation_period say of a person.

        Of several rows of person the last of the last file counts. Of several periods the last counts, one without an
        end before others. A date that cannot be read is none here; its own row tells of it.

        Raises:
            UnreadableFile: One of the files is damaged.
        """
        # Every time: another source has names of its own in the same tables.
        self._load_names("care_site", work, con)
        self._load_names("provider", work, con)
        if self._has_persons:
            return
        person = self._told("person", ("patient_id", *_PERSON), terms_of, work, con)
        death = self._told("death", ("patient_id", "death_date"), terms_of, work, con)
        period = self._told(
            "observation_period", ("patient_id", "registered_from", "registered_until"), terms_of, work, con
        )
        details = ", ".join(f"arg_max_null({name}, (source_file, source_row)) AS {name}" for name in _PERSON)
        begins, ends = day("registered_from"), f"coalesce({day('registered_until')}, DATE '9999-12-31')"
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {self._persons} AS
            SELECT * FROM (SELECT patient_id, {details} FROM ({person}) GROUP BY patient_id)
            FULL JOIN (
                SELECT patient_id, CAST(min({day("death_date")}) AS VARCHAR) AS death_date
                FROM ({death}) GROUP BY patient_id
            ) USING (patient_id)
            FULL JOIN (
                SELECT patient_id,
                    CAST(arg_max_null({begins}, {ends}) AS VARCHAR) AS registered_from,
                    CAST(nullif(max({ends}), DATE '9999-12-31') AS VARCHAR) AS registered_until
                FROM ({period}) GROUP BY patient_id
            ) USING (patient_id)
            WHERE patient_id IS NOT NULL
            """
        )
        self._has_persons = True

    def _load_names(self, table: str, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``omop_<table>``: the name of each care site or provider that was delivered, a row each."""

        def named(columns: Columns) -> Terms:
            return {"id": columns.id(f"{table}_id"), "name": columns.text(f"{table}_name")}

        rows = self.query(table, named, self._format(), work, con)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE omop_{table} AS SELECT id, min(name) AS name FROM ({rows}) GROUP BY id"
        )

    def whole_person(self, own: Terms, columns: CdmColumns, *, ends_registration: bool) -> Terms:
        """The terms of a row that says all that is known of its person: what it says wrongly itself, else the whole."""
        columns.join_persons(self._persons, own["patient_id"])
        terms = {"patient_id": own["patient_id"]}
        for name in (*_PERSON, "death_date", "registered_from", "registered_until"):
            whole, said = f"whole.{name}", own.get(name, NOTHING)
            if name in ("death_date", "registered_from", "registered_until"):
                whole = f"CASE WHEN {said} IS NOT NULL AND {day(said)} IS NULL THEN {said} ELSE {whole} END"
            elif name in own:
                whole = said
            terms[name] = whole
        if not ends_registration:
            del terms["registered_until"]
        return terms

    @property
    def _persons(self) -> str:
        return identifier(f"omop_person {self.source.name}")

    def _told(
        self,
        table: str,
        natives: Sequence[str],
        terms_of: Callable[[str, CdmColumns], Terms],
        work: Path,
        con: duckdb.DuckDBPyConnection,
    ) -> str:
        """A query for what the files of one table say, under native names."""

        def wanted(columns: CdmColumns) -> Terms:
            terms = terms_of(table, columns)
            return {name: terms[name] for name in natives}

        return self.query(table, wanted, self._format(), work, con, CdmColumns)

    def _format(self) -> FileFormat:
        mapping = self.source.patients
        return FileFormat(encoding=mapping.encoding, delimiter=mapping.delimiter)


def _whole(file: TableFile, records: Records, fmt: FileFormat, work: Path) -> Iterator[str]:
    """The relations of all records of a vocabulary: those that read as CSV, and lines of tabs with a stray quote.

    Athena separates by tabs and quotes nothing, so a name may begin with a quotation mark.

    Raises:
        UnreadableFile: A line has not the fields of the header: no concept is to be lost, and none made up.
    """
    yield records.relation
    lines = [line.split(fmt.delimiter) for line in records.malformed["raw"]]
    # Quotes that hold commas are quotes.
    whole = [line for line in lines if fmt.delimiter == "\t" and len(line) == len(records.columns)]
    if lost := len(lines) - len(whole):
        raise UnreadableFile(
            f"{file.name} holds {lost} malformed lines: expected the {len(records.columns)} fields of its header, "
            "separated by tabs as Athena gives them or quoted as RFC 4180 says. Nothing was read with it; "
            "deliver it again, complete."
        )
    if whole:
        written = work / f"{records.sha256}-unquoted.parquet"
        pl.DataFrame(whole, schema=dict.fromkeys(records.columns, pl.String), orient="row").write_parquet(written)
        yield f"read_parquet({literal(str(written))})"


def _tabs_or_commas(file: TableFile) -> FileFormat:
    """The format of a vocabulary: with tabs, as Athena gives it, or with commas, as a database exports it."""
    tabs = FileFormat(delimiter="\t")
    return tabs if len(file.columns(tabs)) > 1 else FileFormat()
