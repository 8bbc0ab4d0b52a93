"""OMOP CDM 5.3 and 5.4, in CSV, Parquet or a DuckDB file: its tables under native columns.

| OMOP table | extract table | what is not taken, and why |
|---|---|---|
| person, death, observation_period | patients | race, ethnicity, location: no rule asks for them |
| measurement | labs | measurement_time, where measurement_datetime says more |
| drug_exposure | prescriptions | refills: allowed, not said to be had; lot_number, stop_reason |
| condition_occurrence | diagnoses | stop_reason |
| procedure_occurrence | procedures | modifiers, quantity |

Each row of person, death and observation_period says all that the three say of that person, so that no row is a
version of the person that lacks what another file knows. Vocabulary comes from ``concept`` when it is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import CODE_COLUMNS, Source
from pipelines.duck import literal
from pipelines.errors import UnreadableFile
from pipelines.ingest.records import Records
from pipelines.sources.columns import Terms, day
from pipelines.sources.layout import Layout, LayoutFile, LayoutTable, layout_claims
from pipelines.sources.native import Claims
from pipelines.sources.omop_codes import choose_codes
from pipelines.sources.omop_columns import CdmColumns
from pipelines.sources.omop_lookups import Cdm

_A_DAY = (
    r"^[\d.,]+ ?(g|mg|mcg|ug|µg|μg|grams?|milligrams?|micrograms?)"
    r" ?((/|per|a|each) ?(day|d)|daily|once daily|od|qd)$"
)
"""An instruction that is one amount a day."""

_BOUND = (
    r"^((?:[<>≤≥]=?|=[<>]|(?:(?:greater|more|higher|less|lower) than(?: or equal(?: to)?)?|above|over|below|under) )"
    r"\s*(\d+(?:[.,]\d+)*))"
)
"""A comparator and its number, whatever follows: ``>2000 pg/mL``, ``≥ 2000``, ``GREATER THAN 2,000``."""


def _measurement(columns: CdmColumns) -> Terms:
    # Numbers are doubles there: 150 may come as 150.0.
    number, said = columns.id("value_as_number"), columns.text("value_source_value")
    date = columns.text("measurement_date")
    sign = f"coalesce({columns.meaning('operator_concept_id')}, '')"
    said_sign = f"regexp_extract({said}, '^[<>]=?')"
    said_number = f"TRY_CAST(regexp_replace({said}, '^[<>=]+\\s*', '') AS DOUBLE)"
    bound, of = (f"regexp_extract({said}, {literal(_BOUND)}, {group}, 'i')" for group in (1, 2))
    bound_number = f"TRY_CAST(replace({of}, ',', '') AS DOUBLE)"
    return {
        "result_id": columns.id("measurement_id"),
        # What the laboratory wrote is kept where it says the same: its comparator may stand nowhere else.
        "value": f"CASE WHEN {number} IS NULL AND {said_number} IS NOT NULL AND {said_sign} = '' THEN {sign} || {said}"
        f" WHEN {number} IS NULL THEN coalesce({said}, {columns.named('value_as_concept_id')})"
        f" WHEN {said_number} = TRY_CAST({number} AS DOUBLE) AND {sign} IN ('', {said_sign}) THEN {said}"
        f" WHEN {sign} = '' AND {bound_number} = TRY_CAST({number} AS DOUBLE) THEN {bound}"
        f" ELSE {sign} || {number} END",
        "unit": f"coalesce({columns.concept('unit_concept_id', 'concept_code')}, {columns.text('unit_source_value')})",
        "ref_low": columns.number("range_low"),
        "ref_high": columns.number("range_high"),
        "collected_at": f"coalesce({columns.text('measurement_datetime')}, {_at_time(columns)}, {date})",
    }


def _at_time(columns: CdmColumns) -> str:
    """The date and the time of day that CDM 5.3 keeps apart from it; some write a date again where the time belongs."""
    date, time = columns.text("measurement_date"), columns.text("measurement_time")
    is_time = rf"regexp_matches({date} || ' ' || {time}, '^\d{{4}}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$')"
    return f"CASE WHEN {is_time} THEN {date} || ' ' || {time} END"


def _drug_exposure(columns: CdmColumns) -> Terms:
    start = columns.first("drug_exposure_start_date", "drug_exposure_start_datetime")
    said = columns.text("verbatim_end_date")
    end = columns.first("verbatim_end_date", "drug_exposure_end_date", "drug_exposure_end_datetime")
    days, kind = columns.number("days_supply"), columns.meaning("drug_type_concept_id")
    supplied = f"TRY_CAST({days} AS DOUBLE)"
    # An end is required there. Where none was known it is the start, unless a dose was given or a day supplied.
    lasts = f"CASE WHEN {supplied} > 0 THEN {supplied} > 1 ELSE {kind} IS DISTINCT FROM 'administered' END"
    return {
        "prescription_id": columns.id("drug_exposure_id"),
        "route": f"coalesce({columns.named('route_concept_id')}, {columns.text('route_source_value')})",
        # Any other instruction is no amount a day: "one tablet daily" is no 1 mcg.
        "daily_dose": f"CASE WHEN regexp_matches({columns.text('sig')}, {literal(_A_DAY)}, 'i')"
        f" THEN {columns.text('sig')} END",
        "quantity": columns.number("quantity"),
        "days_supply": days,
        "start_date": start,
        "end_date": f"CASE WHEN {said} IS NULL AND {day(end)} = {day(start)} AND {lasts} THEN NULL ELSE {end} END",
        "kind": kind,
    }


def _condition_occurrence(columns: CdmColumns) -> Terms:
    return {
        "diagnosis_id": columns.id("condition_occurrence_id"),
        "recorded_date": columns.first("condition_start_date", "condition_start_datetime"),
        "resolved_date": columns.first("condition_end_date", "condition_end_datetime"),
        "status": columns.meaning("condition_status_concept_id"),
    }


def _procedure_occurrence(columns: CdmColumns) -> Terms:
    return {
        "procedure_id": columns.id("procedure_occurrence_id"),
        "performed_date": columns.first("procedure_date", "procedure_datetime"),
    }


def _person(columns: CdmColumns) -> Terms:
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
        "site": _name_of(columns, "care_site"),
        "clinician": _name_of(columns, "provider"),
    }


def _name_of(columns: CdmColumns, table: str) -> str:
    """What a care site or provider is called; its id where that was not delivered."""
    columns.join(f"omop_{table}", f"of_{table}", {"id": f"{table}_id"})
    return f"coalesce(of_{table}.name, {columns.id(f'{table}_id')})"


def _death(columns: CdmColumns) -> Terms:
    return {"death_date": columns.first("death_date", "death_datetime")}


def _observation_period(columns: CdmColumns) -> Terms:
    return {
        "registered_from": columns.text("observation_period_start_date"),
        "registered_until": columns.text("observation_period_end_date"),
    }


@dataclass(frozen=True)
class CdmTable(LayoutTable):
    """An OMOP table, with its code columns."""

    code: str | None = None
    source_first: bool = True

    @property
    def concepts(self) -> tuple[str, str, str]:
        """The columns that say what a row is about: standard concept, source concept, source value."""
        return f"{self.code}_concept_id", f"{self.code}_source_concept_id", f"{self.code}_source_value"


def _dated(name: str, end: str = "") -> tuple[str, str]:
    return f"{name}{end}_date", f"{name}{end}_datetime"


CDM = Layout(
    name="OMOP",
    reading=4,
    tables={
        "measurement": CdmTable(
            "labs", _measurement,
            (
                ("measurement_id",), _dated("measurement"),
                ("value_as_number", "value_source_value", "value_as_concept_id"),
            ),
            code="measurement",
        ),
        # One product of several ingredients can be several rows of one source code: the standard concept tells them
        # apart.
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
    },
    beside={
        **dict.fromkeys(("labs", "prescriptions", "diagnoses", "procedures"), ("concept",)),
        "patients": ("concept", "person", "death", "observation_period", "care_site", "provider"),
    },
    others=(
        "cdm_source", "concept_ancestor", "concept_class", "concept_relationship", "concept_synonym", "condition_era",
        "device_exposure", "dose_era", "drug_era", "drug_strength", "episode_event", "fact_relationship", "note_nlp",
        "observation", "payer_plan_period", "source_to_concept_map", "visit_detail", "visit_occurrence",
    ),
)  # fmt: skip


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files of an OMOP folder that are read, by their names in any case; ``concept`` is read besides them."""
    return layout_claims(CDM, source, names, file=OmopFile, beside=Cdm)


@dataclass(frozen=True)
class OmopFile(LayoutFile):
    """A file of an OMOP table, which stands under native columns too."""

    beside: Cdm

    @property
    def cdm_table(self) -> CdmTable:
        """What the table becomes."""
        return CDM.tables[self.layout_table]

    def required(self) -> tuple[tuple[str, ...], ...]:
        """The columns of the table; of those that say a code, the one is not enough whose vocabulary is missing."""
        table = self.cdm_table
        codes = table.concepts if self.beside.has("concept") else table.concepts[2:]
        return (("person_id",), *table.required, *((codes,) if table.code else ()))

    def problems(self) -> Iterator[str]:
        """Columns that the table must have and the file has not, and codes that no vocabulary names."""
        yield from super().problems()
        try:
            is_empty = not self.held.columns(self.format)
        except UnreadableFile:
            return
        needs_system = self.cdm_table.code and self.table != "labs" and not self.beside.has("concept")
        if needs_system and not is_empty and "code_system" not in self.mapping.constants:
            yield (
                f"  {self.name}: no CONCEPT file says what the codes in {self.cdm_table.concepts[2]} are. Deliver it, "
                "or give their coding system as a constant: "
                f'[source.{self.table}] constants = {{ code_system = "SNOMED" }}'
            )

    def terms(
        self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection
    ) -> tuple[Terms, CdmColumns]:
        """The native terms of the records, with the code of each chosen, and all that is known of a person."""
        table, columns, cdm = self.cdm_table, CdmColumns(records.columns), self.beside
        terms = _of_patient(self.layout_table, columns)
        cdm.load_told(records.relation, columns, table.concepts if table.code else (), con)
        cdm.load_concepts(columns, work, con)
        if table.code:
            constant = self.mapping.constants.get("code_system")
            choose_codes(
                columns, table.concepts, matches, self.table, con, source_first=table.source_first, constant=constant
            )
            code, name = CODE_COLUMNS[self.table]
            terms |= {"code_system": "chosen.code_system", code: "chosen.code", name: "chosen.name"}
        else:
            cdm.load_persons(_of_patient, work, con)
            terms = cdm.whole_person(terms, columns, ends_registration=self.source.ends_registration)
        return terms, columns

    def used_columns(self, columns: Sequence[str]) -> set[str]:
        """The columns that something is made of, in small letters."""
        known, table = CdmColumns(columns), self.cdm_table
        table.terms(known)
        return {"person_id", *known.asked, *(table.concepts if table.code else ())}


def _of_patient(cdm_table: str, columns: CdmColumns) -> Terms:
    return {"patient_id": columns.id("person_id"), **CDM.tables[cdm_table].terms(columns)}
