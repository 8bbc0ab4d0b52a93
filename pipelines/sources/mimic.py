"""MIMIC-IV ``hosp``, CSV or Parquet: a hospital's tables under native columns, read by the same path as native files.

| MIMIC table | extract table | what is not taken, and why |
|---|---|---|
| patients | patients | anchor_year_group: the years before the dates were shifted |
| labevents | labs | priority, specimen and order: no rule asks for them |
| prescriptions | prescriptions | amounts of a single dose, as a quantity: nobody says how many were given |
| emar | prescriptions | what is neither given nor withheld of a drug of the pathway: flushes, checks |
| diagnoses_icd | diagnoses | rank |
| procedures_icd | procedures | rank |

d_labitems, admissions, emar_detail, pharmacy, d_icd_diagnoses and d_icd_procedures are read besides them. Dates are
shifted, by person, into the 22nd century: a source of this kind ``shifts_dates`` unless it says that it does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import Source
from pipelines.ingest.records import Records
from pipelines.sources.columns import Columns, Terms, joined_text
from pipelines.sources.layout import Layout, LayoutFile, LayoutTable, layout_claims
from pipelines.sources.mimic_lookups import ITEMS, Hospital
from pipelines.sources.mimic_orders import emar, prescriptions
from pipelines.sources.mimic_values import lab_value
from pipelines.sources.native import Claims


def _patients(columns: Columns) -> Terms:
    age, year = (f"TRY_CAST({columns.number(name)} AS INTEGER)" for name in ("anchor_age", "anchor_year"))
    return {
        # The age in a year says no day; as where others withhold it, the middle of the year is taken.
        "birth_date": f"CAST({year} - {age} AS VARCHAR) || '-07-01'",
        "sex": columns.text("gender"),
        "death_date": columns.text("dod"),
    }


def _labevents(columns: Columns) -> Terms:
    columns.join("mimic_labitem", "item", {"itemid": "itemid"})
    value, unit = lab_value(columns)
    flag = columns.text("flag")
    return {
        "result_id": columns.id("labevent_id"),
        "test_code": f"coalesce(item.code, {columns.id('itemid')})",
        "code_system": f"coalesce(item.code_system, '{ITEMS}')",
        "test_name": "item.name",
        "value": value,
        "unit": unit,
        "ref_low": columns.number("ref_range_lower"),
        "ref_high": columns.number("ref_range_upper"),
        "abnormal_flag": f"CASE {flag} WHEN 'abnormal' THEN 'A' ELSE {flag} END",
        "collected_at": columns.text("charttime"),
        "reported_at": columns.text("storetime"),
    }


def _coded(columns: Columns, tenth_revision: str) -> Terms:
    """The identity, code and title of a coded record of a stay, which is known when the stay is over."""
    columns.join("mimic_admission", "stay", {"hadm_id": "hadm_id"})
    columns.join("mimic_title", "named", {"icd_code": "icd_code", "icd_version": "icd_version"})
    return {
        "id": joined_text(columns.id("hadm_id"), columns.id("seq_num")),
        "code": columns.text("icd_code"),
        "code_system": f"CASE {columns.id('icd_version')} WHEN '9' THEN 'ICD9CM' WHEN '10' THEN '{tenth_revision}' END",
        "description": "named.long_title",
        "recorded_at": "stay.dischtime",
    }


def _diagnoses_icd(columns: Columns) -> Terms:
    coded = _coded(columns, "ICD10CM")
    return {
        "diagnosis_id": coded.pop("id"),
        "diagnosis_code": coded.pop("code"),
        "recorded_date": "stay.admittime",
        **coded,
    }


def _procedures_icd(columns: Columns) -> Terms:
    coded = _coded(columns, "ICD10PCS")
    done = columns.text("chartdate")
    return {"procedure_id": coded.pop("id"), "procedure_code": coded.pop("code"), "performed_date": done, **coded}


_SUBJECT = ("subject_id",)
_CODED = (_SUBJECT, ("hadm_id",), ("seq_num",), ("icd_code",), ("icd_version",))

HOSP = Layout(
    name="MIMIC-IV",
    reading=2,
    tables={
        "patients": LayoutTable("patients", _patients, (_SUBJECT, ("anchor_age",), ("anchor_year",))),
        "labevents": LayoutTable(
            "labs", _labevents,
            (_SUBJECT, ("labevent_id",), ("itemid",), ("charttime",), ("value", "valuenum"), ("comments",)),
        ),
        "prescriptions": LayoutTable(
            "prescriptions", prescriptions, (_SUBJECT, ("pharmacy_id",), ("drug",), ("starttime",), ("stoptime",))
        ),
        "emar": LayoutTable(
            "prescriptions", emar, (_SUBJECT, ("emar_id",), ("medication",), ("event_txt",), ("charttime",))
        ),
        "diagnoses_icd": LayoutTable(
            "diagnoses", _diagnoses_icd, _CODED
        ),
        "procedures_icd": LayoutTable(
            "procedures", _procedures_icd, (*_CODED, ("chartdate",))
        ),
    },
    beside={
        "labs": ("d_labitems",),
        "prescriptions": ("admissions", "prescriptions", "pharmacy", "emar_detail"),
        "diagnoses": ("admissions", "d_icd_diagnoses"),
        "procedures": ("admissions", "d_icd_procedures"),
    },
    others=("d_hcpcs", "drgcodes", "hcpcsevents", "microbiologyevents", "omr", "poe", "poe_detail"),
)  # fmt: skip


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files of a MIMIC folder that are read, by their names."""
    return layout_claims(HOSP, source, names, file=MimicFile, beside=Hospital)


@dataclass(frozen=True)
class MimicFile(LayoutFile):
    """A file of a MIMIC table, which stands under native columns too."""

    beside: Hospital

    def problems(self) -> Iterator[str]:
        """Columns that the table must have and the file has not, and diagnoses that no admission dates."""
        yield from super().problems()
        if self.layout_table == "diagnoses_icd" and not self.beside.has("admissions"):
            yield f"  {self.name}: no admissions file dates its diagnoses. Deliver it, or leave the diagnoses out."

    def terms(
        self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection
    ) -> tuple[Terms, Columns]:
        """The native terms of the records, after loading what they are looked up in."""
        columns, beside = Columns(records.columns), self.beside
        if self.layout_table == "labevents":
            beside.load_items(matches, work, con)
        elif self.layout_table == "emar":
            beside.load_orders(records.relation, columns, matches, work, con)
        elif self.layout_table != "patients":
            beside.load_admissions(self.table, work, con)
        if self.table in ("diagnoses", "procedures"):
            beside.load_titles(self.table, work, con)
        table = self.layout.tables[self.layout_table]
        return {"patient_id": columns.id("subject_id"), **table.terms(columns)}, columns

    def used_columns(self, columns: Sequence[str]) -> set[str]:
        """The columns that something is made of, in small letters."""
        return {"subject_id", *super().used_columns(columns)}
