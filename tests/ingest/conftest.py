"""Extract rows and outcomes drawn as text tables: one row, one case; what follows # says why it is there."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS
from pipelines.ingest.outcome import Outcome, ReadSettings, check_conservation
from pipelines.ingest.transforms import TRANSFORMS

FIRST_READ_ON = date(2026, 11, 22)

CONCEPTS = {
    "labs": {
        "B12": ["serum_b12"], "HOLO": ["active_b12"], "MMA": ["mma_serum"], "UMMA": ["mma_urine"], "HCY": ["homocysteine"],
        "FOL": ["folate_serum"], "RFOL": ["folate_rbc"], "FER": ["ferritin"], "HB": ["hemoglobin"], "MCV": ["mcv"],
        "PLT": ["platelets"], "NEUT": ["neutrophils"], "RET": ["reticulocytes"], "CREA": ["creatinine"], "EGFR": ["egfr"],
        "GAST": ["gastrin"], "A1C": ["hba1c"], "RDW": ["rdw"], "IFAB": ["intrinsic_factor_ab"], "Vitamin B12": ["serum_b12"],
    },
    "prescriptions": {
        "MET": ["metformin"], "OHXO": ["b12_any_route"], "B12INJ": ["b12_any_route"], "PPI": ["ppi"], "FOL": ["folic_acid"],
        "FEFOL": ["folic_acid", "iron"], "Metformin 500 mg": ["metformin"],
    },
    "diagnoses": {"D51.0": ["pernicious_anemia"], "i312.": ["b12_injection_recorded"], "Vegan": ["vegan_diet"]},
    "procedures": {"43644": ["bariatric_surgery"], "J3420": ["b12_injection_administration"]},
}  # fmt: skip
"""What the codes of these tests mean; where a row has no code, its name is looked up."""

INGREDIENTS = {"J3420": "cyanocobalamin", "i312.": "hydroxocobalamin"}
ROUTES = {"B12INJ": "injection"}


def cells(text: str) -> list[dict[str, str | None]]:
    """The rows of a drawn table, by column; an empty cell is null."""
    lines = [line.split("#")[0].rstrip() for line in text.strip().splitlines()]
    head, *body = [[cell.strip() for cell in line.split("|")] for line in lines if line.strip()]
    return [dict(zip(head, [cell or None for cell in row] + [None] * len(head), strict=False)) for row in body]


def extract(table: str, text: str) -> pl.DataFrame:
    """Rows of an extract table: the drawn columns, the others null, numbered from 1."""
    schema = dict.fromkeys(EXTRACT_COLUMNS[table], pl.String)
    return pl.DataFrame(cells(text), schema=schema).with_columns(
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )


def concepts_for(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The mapping that a code book would give for the rows."""
    code, name = CODE_COLUMNS[table]
    known = []
    for system, coded, named in rows.select("code_system", code, name).unique().iter_rows():
        for concept in CONCEPTS[table].get(coded or named, [None]):
            known.append((system, coded, named, concept, INGREDIENTS.get(coded), ROUTES.get(coded)))
    columns = ["code_system", "code", "name", "concept", "ingredient", "route_of_code"]
    return pl.DataFrame(known, schema=dict.fromkeys(columns, pl.String), orient="row")


@pytest.fixture
def read() -> Callable[..., Outcome]:
    """Read a drawn extract table, and check that every row of it is accounted for."""

    def read_table(table: str, text: str, **settings: object) -> Outcome:
        rows = extract(table, text)
        given = ReadSettings(**{"source": "test", "first_read_on": FIRST_READ_ON, **settings})
        mapping = [] if table == "patients" else [concepts_for(table, rows)]
        outcome = TRANSFORMS[table](rows, *mapping, given)
        check_conservation(rows, outcome)
        return outcome

    return read_table


@pytest.fixture
def same() -> Callable[[pl.DataFrame, str], None]:
    """Compare the drawn columns of a frame, in the order of its rows in the extract."""

    def compare(frame: pl.DataFrame, text: str) -> None:
        expected = cells(text)
        columns = text.strip().splitlines()[0].split("#")[0].split("|")
        columns = [column.strip() for column in columns]
        ordered = frame.sort("source_row", maintain_order=True) if "source_row" in frame.columns else frame
        found = [{name: _shown(row[name]) for name in columns} for row in ordered.iter_rows(named=True)]
        assert found == expected

    return compare


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
