"""Synthea's CSV export: synthetic patients under native columns, read by the same path as native files.

| Synthea table | extract table | what is not taken, and why |
|---|---|---|
| patients | patients | everything that would name or place a person, but the name; costs |
| observations | labs | category and type: the value says what it is |
| medications | prescriptions | dispenses: how many, not how much; reasons and costs |
| conditions | diagnoses | |
| procedures | procedures | the end, reasons and costs |

encounters, organizations and providers are read besides them: a patient belongs where the last wellness visit was,
else the last of any. Events have no ids: what they say is their id, so that two alike are one. An open medication runs
until the export ends it: a source of this kind ``closes_rows`` unless it says that it does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import Source
from pipelines.ingest.records import FileFormat, Records
from pipelines.sources.beside import Beside
from pipelines.sources.columns import Columns, Terms, joined_text
from pipelines.sources.layout import Layout, LayoutFile, LayoutTable, layout_claims
from pipelines.sources.native import Claims


def _patients(columns: Columns) -> Terms:
    columns.join("synthea_home", "home", {"patient": "id"})
    first, last = columns.text("first"), columns.text("last")
    return {
        "patient_id": columns.text("id"),
        "birth_date": columns.text("birthdate"),
        "sex": columns.text("gender"),
        "death_date": columns.text("deathdate"),
        "site": "home.site",
        "clinician": "home.clinician",
        "display_name": f"nullif(concat_ws(' ', {first}, {last}), '')",
    }


def _event(columns: Columns, date: str, *telling: str) -> tuple[str, str]:
    """The id of an event, which is all that it says, and its patient."""
    patient = columns.text("patient")
    told = (columns.text(name) for name in ("encounter", "code", *telling))
    return joined_text(patient, _as_in_csv(date), *told), patient


def _as_in_csv(date: str) -> str:
    """A date or time as the CSV export writes it, which Parquet holds as a type: 2026-01-01, 2026-01-01T10:00:00Z.

    A time without zone is of UTC, as all are there, and midnight without zone is a date.
    """
    zone = rf"CASE WHEN regexp_matches({date}, '(Z|[+-]\d\d(:?\d\d)?)$', 'i') THEN '' ELSE 'Z' END"
    moment = f"make_timestamp(epoch_us(TRY_CAST({date} || {zone} AS TIMESTAMPTZ)))"
    return (
        rf"CASE WHEN length({date}) <= 10 THEN {date}"
        rf" WHEN regexp_matches({date}, '[T ]00:00(:00(\.0+)?)?$') THEN left({date}, 10)"
        rf" ELSE coalesce(replace(CAST({moment} AS VARCHAR), ' ', 'T') || 'Z', {date}) END"
    )


def _observations(columns: Columns) -> Terms:
    date = columns.text("date")
    result_id, patient = _event(columns, date, "description", "value", "units")
    return {
        "patient_id": patient,
        "result_id": result_id,
        "test_code": columns.text("code"),
        "code_system": "'LOINC'",
        "test_name": columns.text("description"),
        "value": columns.text("value"),
        "unit": columns.text("units"),
        "collected_at": date,
    }


def _medications(columns: Columns) -> Terms:
    start = columns.text("start")
    prescription_id, patient = _event(columns, start, "description")
    code = columns.text("code")
    return {
        "patient_id": patient,
        "prescription_id": prescription_id,
        "drug_code": code,
        "code_system": f"CASE WHEN {code} IS NOT NULL THEN 'RXNORM' END",
        "drug_name": columns.text("description"),
        "start_date": start,
        "end_date": columns.text("stop"),
        "kind": "'prescribed'",
    }


def _system(columns: Columns) -> str:
    """The coding system, which older exports do not name."""
    return f"coalesce({columns.text('system')}, 'SNOMED')"


def _conditions(columns: Columns) -> Terms:
    start = columns.text("start")
    diagnosis_id, patient = _event(columns, start, "system")
    return {
        "patient_id": patient,
        "diagnosis_id": diagnosis_id,
        "diagnosis_code": columns.text("code"),
        "code_system": _system(columns),
        "description": columns.text("description"),
        "recorded_date": start,
        "resolved_date": columns.text("stop"),
    }


def _procedures(columns: Columns) -> Terms:
    start = columns.first("start", "date")
    procedure_id, patient = _event(columns, start, "system")
    return {
        "patient_id": patient,
        "procedure_id": procedure_id,
        "procedure_code": columns.text("code"),
        "code_system": _system(columns),
        "description": columns.text("description"),
        "performed_date": start,
    }


_CODED = (("patient",), ("code",), ("description",))

SYNTHEA = Layout(
    name="Synthea",
    reading=2,
    tables={
        "patients": LayoutTable("patients", _patients, (("id",), ("birthdate",), ("gender",))),
        "observations": LayoutTable("labs", _observations, (*_CODED, ("date",), ("value",), ("units",))),
        "medications": LayoutTable("prescriptions", _medications, (*_CODED, ("start",), ("stop",))),
        "conditions": LayoutTable("diagnoses", _conditions, (*_CODED, ("start",))),
        "procedures": LayoutTable("procedures", _procedures, (*_CODED, ("start", "date"))),
    },
    beside={"patients": ("encounters", "organizations", "providers")},
    others=(
        "allergies", "careplans", "claims", "claims_transactions", "devices", "imaging_studies", "immunizations",
        "payer_transitions", "payers", "supplies",
    ),
)  # fmt: skip


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files of a Synthea export that are read, by their names."""
    return layout_claims(SYNTHEA, source, names, file=SyntheaFile, beside=Visits)


class Visits(Beside):
    """The visits of the patients of one export, and the names of where and with whom they were."""

    def load_homes(self, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``synthea_home``: the organization and provider of each patient's own practice, a row each."""
        visits = self.query("encounters", _visit, fmt, work, con)
        names = (self.query(table, _named, fmt, work, con) for table in ("organizations", "providers"))
        sites, clinicians = (f"(SELECT id, min(name) AS name FROM ({query}) GROUP BY id)" for query in names)
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE synthea_home AS
            WITH visit AS (
                FROM ({visits}) WHERE patient IS NOT NULL
                QUALIFY row_number() OVER (
                    PARTITION BY patient ORDER BY (encounterclass = 'wellness') IS TRUE DESC, start DESC, id
                ) = 1
            )
            SELECT patient, coalesce(site.name, organization) AS site, coalesce(clinician.name, provider) AS clinician
            FROM visit
            LEFT JOIN {sites} AS site ON site.id = organization
            LEFT JOIN {clinicians} AS clinician ON clinician.id = provider
            """
        )


def _visit(columns: Columns) -> Terms:
    names = ("id", "patient", "start", "encounterclass", "organization", "provider")
    return {name: columns.text(name) for name in names}


def _named(columns: Columns) -> Terms:
    return {name: columns.text(name) for name in ("id", "name")}


@dataclass(frozen=True)
class SyntheaFile(LayoutFile):
    """A file of a Synthea export, which stands under native columns too."""

    beside: Visits

    def terms(
        self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection
    ) -> tuple[Terms, Columns]:
        """The native terms of the records; of patients after loading where they belong."""
        if self.table == "patients":
            self.beside.load_homes(self.format, work, con)
        return super().terms(records, matches, work, con)
