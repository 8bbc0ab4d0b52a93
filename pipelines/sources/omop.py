"""OMOP CDM 5.3 and 5.4, CSV or Parquet: its tables under native columns, read by the same path as native files.

| OMOP table | extract table | what is not taken, and why |
|---|---|---|
| person, death, observation_period | patients | race, ethnicity, location: no rule asks for them |
| measurement | labs | measurement_time: said by measurement_datetime |
| drug_exposure | prescriptions | refills: the number of this refill, not of those to come; lot_number, stop_reason |
| condition_occurrence | diagnoses | stop_reason |
| procedure_occurrence | procedures | modifiers, quantity |

Each row of person, death and observation_period says all that the three say of that person, so that no row is a
version of the person that lacks what another file knows. Vocabulary comes from ``concept`` when it is there.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS, Source, TableMapping
from pipelines.duck import identifier, literal
from pipelines.errors import UnreadableFile
from pipelines.ingest.records import Records, columns_of
from pipelines.sources.native import PRESENTED, SUFFIXES, Claims, Delivered
from pipelines.sources.omop_codes import TOLD_BY, choose_codes
from pipelines.sources.omop_columns import Columns, day
from pipelines.sources.omop_lookups import Cdm

Terms = dict[str, str]

_A_DAY = (
    r"^[\d.,]+ ?(g|mg|mcg|ug|µg|μg|grams?|milligrams?|micrograms?)"
    r" ?((/|per|a|each) ?(day|d)|daily|once daily|od|qd)$"
)
"""An instruction that is one amount a day."""


def _measurement(columns: Columns) -> Terms:
    # Numbers are doubles there: 150 may come as 150.0.
    number, said = columns.id("value_as_number"), columns.text("value_source_value")
    sign = f"coalesce({columns.meaning('operator_concept_id')}, '')"
    said_sign = f"regexp_extract({said}, '^[<>]=?')"
    said_number = f"TRY_CAST(regexp_replace({said}, '^[<>=]+\\s*', '') AS DOUBLE)"
    return {
        "result_id": columns.id("measurement_id"),
        # What the laboratory wrote is kept where it says the same: its comparator may stand nowhere else.
        "value": f"CASE WHEN {number} IS NULL AND {said_number} IS NOT NULL AND {said_sign} = '' THEN {sign} || {said}"
        f" WHEN {number} IS NULL THEN coalesce({said}, {columns.named('value_as_concept_id')})"
        f" WHEN {said_number} = TRY_CAST({number} AS DOUBLE) AND {sign} IN ('', {said_sign}) THEN {said}"
        f" ELSE {sign} || {number} END",
        "unit": f"coalesce({columns.concept('unit_concept_id', 'concept_code')}, {columns.text('unit_source_value')})",
        "ref_low": columns.number("range_low"),
        "ref_high": columns.number("range_high"),
        "collected_at": columns.first("measurement_datetime", "measurement_date"),
    }


def _drug_exposure(columns: Columns) -> Terms:
    start = columns.first("drug_exposure_start_date", "drug_exposure_start_datetime")
    said = columns.text("verbatim_end_date")
    end = columns.first("verbatim_end_date", "drug_exposure_end_date", "drug_exposure_end_datetime")
    days = columns.number("days_supply")
    return {
        "prescription_id": columns.id("drug_exposure_id"),
        "route": f"coalesce({columns.named('route_concept_id')}, {columns.text('route_source_value')})",
        # Any other instruction is no amount a day: "one tablet daily" is no 1 mcg.
        "daily_dose": f"CASE WHEN regexp_matches({columns.text('sig')}, {literal(_A_DAY)}, 'i')"
        f" THEN {columns.text('sig')} END",
        "quantity": columns.number("quantity"),
        "days_supply": days,
        "start_date": start,
        # An end is required there: where none was known, it is the start, and the days supplied say more.
        "end_date": f"CASE WHEN {said} IS NULL AND {day(end)} = {day(start)} AND TRY_CAST({days} AS DOUBLE) > 1"
        f" THEN NULL ELSE {end} END",
        "kind": columns.meaning("drug_type_concept_id"),
    }


def _condition_occurrence(columns: Columns) -> Terms:
    return {
        "diagnosis_id": columns.id("condition_occurrence_id"),
        "recorded_date": columns.first("condition_start_date", "condition_start_datetime"),
        "resolved_date": columns.first("condition_end_date", "condition_end_datetime"),
        "status": columns.meaning("condition_status_concept_id"),
    }


def _procedure_occurrence(columns: Columns) -> Terms:
    return {
        "procedure_id": columns.id("procedure_occurrence_id"),
        "performed_date": columns.first("procedure_date", "procedure_datetime"),
    }


def _person(columns: Columns) -> Terms:
    year, month, of_month = (f"nullif({columns.id(f'{name}_of_birth')}, '0')" for name in ("year", "month", "day"))
    # Withheld days stand in the middle: of the month, of the year.
    of_month = f"CASE WHEN {month} IS NULL THEN '01' ELSE coalesce({of_month}, '15') END"
    month = f"coalesce({month}, '07')"
    two_digits = (f"CASE WHEN length({part}) < 2 THEN '0' || {part} ELSE {part} END" for part in (month, of_month))
    return {
        "birth_date": f"coalesce({year} || '-' || {next(two_digits)} || '-' || {next(two_digits)},"
        f" {columns.text('birth_datetime')})",
        "sex": f"coalesce({columns.meaning('gender_concept_id')}, {columns.text('gender_source_value')},"
        f" {columns.named('gender_concept_id')})",
        "site": columns.id("care_site_id"),
        "clinician": columns.id("provider_id"),
    }


def _death(columns: Columns) -> Terms:
    return {"death_date": columns.first("death_date", "death_datetime")}


def _observation_period(columns: Columns) -> Terms:
    return {
        "registered_from": columns.text("observation_period_start_date"),
        "registered_until": columns.text("observation_period_end_date"),
    }


@dataclass(frozen=True)
class CdmTable:
    """An OMOP table: the extract table that it becomes, what it must have, its code columns, and native terms."""

    extract: str
    terms: Callable[[Columns], Terms]
    required: tuple[tuple[str, ...], ...]
    code: str | None = None
    source_first: bool = True

    @property
    def concepts(self) -> tuple[str, str, str]:
        """The columns that say what a row is about: standard concept, source concept, source value."""
        return f"{self.code}_concept_id", f"{self.code}_source_concept_id", f"{self.code}_source_value"


def _dated(name: str, end: str = "") -> tuple[str, str]:
    return f"{name}{end}_date", f"{name}{end}_datetime"


CDM_TABLES: Mapping[str, CdmTable] = {
    "measurement": CdmTable(
        "labs", _measurement,
        (("measurement_id",), _dated("measurement"), ("value_as_number", "value_source_value", "value_as_concept_id")),
        code="measurement",
    ),
    # One product of several ingredients can be several rows of one source code: the standard concept tells them apart.
    "drug_exposure": CdmTable(
        "prescriptions", _drug_exposure, (("drug_exposure_id",), _dated("drug_exposure", "_start")),
        code="drug", source_first=False,
    ),
    "condition_occurrence": CdmTable(
        "diagnoses", _condition_occurrence, (_dated("condition", "_start"),), code="condition"
    ),
    "procedure_occurrence": CdmTable("procedures", _procedure_occurrence, (_dated("procedure"),), code="procedure"),
    "person": CdmTable("patients", _person, ()),
    "death": CdmTable("patients", _death, (_dated("death"),)),
    "observation_period": CdmTable(
        "patients", _observation_period, (("observation_period_start_date",), ("observation_period_end_date",))
    ),
}  # fmt: skip


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files of an OMOP folder that are read, by their names in any case; ``concept`` is read besides them."""
    tables = {path: table for path, name in names.items() if (table := _table_of(name))}
    of_table = {table: tuple(path for path in tables if tables[path] == table) for table in tables.values()}
    cdm = Cdm(source, of_table)
    files = [
        OmopFile(source, CDM_TABLES[table].extract, path, names[path], cdm_table=table, cdm=cdm)
        for path, table in tables.items()
        if table in CDM_TABLES
    ]
    return Claims(tuple((False, file) for file in files), of_table.get("concept", ()))


def _table_of(name: str) -> str | None:
    """The OMOP table whose name a file or its first folder has: ``MEASUREMENT.csv``, ``measurement_2.parquet``."""
    name = name.casefold()
    if not name.endswith(SUFFIXES):
        return None
    # concept_ancestor is another table than concept.
    return next((table for table in (*CDM_TABLES, "concept") if re.match(rf"{table}(?![a-z]|_[a-z])", name)), None)


@dataclass(frozen=True)
class OmopFile(Delivered):
    """A file of an OMOP table, which stands under native columns too."""

    cdm_table: str
    cdm: Cdm

    @property
    def mapping(self) -> TableMapping:
        """Every native column is the one presented under its name."""
        columns = {native: PRESENTED + native for native in EXTRACT_COLUMNS[self.table]}
        return self.source.table(self.table).model_copy(update={"columns": columns})

    @property
    def context(self) -> str:
        """The vocabulary, and for persons the files that speak of them."""
        return self.cdm.digest(*(("person", "death", "observation_period") if self.table == "patients" else ()))

    def problems(self) -> Iterator[str]:
        """Columns that the table must have and the file has not, and codes that no vocabulary names."""
        try:
            columns = columns_of(self.path, self.format)
        except UnreadableFile:
            return
        if not columns:
            return
        table, exist = CDM_TABLES[self.cdm_table], f"Columns that exist: {', '.join(columns)}."
        present = {column.casefold() for column in columns}
        required = [("person_id",), *table.required]
        if table.code:
            required.append(table.concepts if self.cdm.has_vocabulary else table.concepts[2:])
        for alternatives in required:
            if not present.intersection(alternatives):
                yield f"  {self.name}: no column {' or '.join(alternatives)} of OMOP {self.cdm_table}. {exist}"
        needs_system = table.code and self.table != "labs" and not self.cdm.has_vocabulary
        if needs_system and "code_system" not in self.mapping.constants:
            yield (
                f"  {self.name}: no CONCEPT file says what the codes in {table.concepts[2]} are. Deliver it, or give "
                f'their coding system as a constant: [source.{self.table}] constants = {{ code_system = "SNOMED" }}'
            )

    def present(self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection) -> Records:
        """The records with their native columns added, on top of the same scan."""
        table = CDM_TABLES[self.cdm_table]
        columns = Columns(records.columns)
        terms = {"patient_id": columns.id("person_id"), **table.terms(columns)}
        if table.code:
            self.cdm.load_concepts(records.relation, columns, table.concepts, work, con)
            constant = self.mapping.constants.get("code_system")
            choose_codes(
                records.relation, columns, table.concepts, matches, self.table, con,
                source_first=table.source_first, constant=constant,
            )  # fmt: skip
            code, name = CODE_COLUMNS[self.table]
            terms |= {"code_system": "chosen.code_system", code: "chosen.code", name: "chosen.name"}
            columns.join("omop_code", "chosen", dict(zip(TOLD_BY, table.concepts, strict=True)))
        else:
            self.cdm.load_concepts(records.relation, columns, (), work, con)
            self.cdm.load_persons(_persons_of, work, con)
            terms = self.cdm.whole_person(terms, columns, ends_registration=self.source.ends_registration)
        listed = ", ".join(f"{term} AS {identifier(PRESENTED + native)}" for native, term in terms.items())
        relation = f"(SELECT r.*, {listed} FROM {records.relation} AS r {columns.joins})"
        return replace(records, relation=relation, columns=(*records.columns, *(PRESENTED + name for name in terms)))

    def ignored_columns(self, columns: Sequence[str]) -> list[str]:
        """Columns that nothing is made of."""
        known = Columns(columns)
        table = CDM_TABLES[self.cdm_table]
        table.terms(known)
        used = {"person_id", *known.asked, *(table.concepts if table.code else ())}
        return [column for column in columns if column.casefold() not in used]


def _persons_of(cdm_table: str, columns: Columns) -> Terms:
    return {"patient_id": columns.id("person_id"), **CDM_TABLES[cdm_table].terms(columns)}
