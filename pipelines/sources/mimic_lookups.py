"""What a MIMIC table has elsewhere: names of items and codes, the stay behind a diagnosis, the order behind a dose."""

from pathlib import Path

import duckdb
import polars as pl

from pipelines.codes import Matches
from pipelines.config import TableMapping
from pipelines.ingest.records import FileFormat
from pipelines.sources.beside import Beside
from pipelines.sources.columns import Columns, Terms
from pipelines.sources.known import first_known, known_triples
from pipelines.sources.mimic_orders import order_terms, pharmacy_terms

ITEMS = "MIMIC_LABITEM"
"""The coding system of itemid."""


class Hospital(Beside):
    """The files of one MIMIC folder that others are looked up in; each ``load`` creates the tables that terms join."""

    def load_items(self, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``mimic_labitem``: what each item is called, and the code that says what it is, a row each.

        The code is the itemid, for which the lists were made, unless they know it not and know the LOINC code that
        the table gives: later releases give none. The name tells the fluid, where it is not blood.
        """
        items = con.sql(self.query("d_labitems", _item, _format(self.source.labs), work, con)).pl()
        told = items.sort("source_row").unique("itemid", keep="first").with_row_index("told")
        candidates = pl.concat(
            [
                told.select("told", "name", place=pl.lit(0), code_system=pl.lit(ITEMS), code="itemid"),
                told.drop_nulls("loinc").select(
                    "told", "name", place=pl.lit(1), code_system=pl.lit("LOINC"), code="loinc"
                ),
            ]
        )
        chosen = first_known(candidates, matches, "labs")
        _create("mimic_labitem", told.select("told", "itemid").join(chosen, on="told"), con)

    def load_admissions(self, table: str, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``mimic_admission``: when each stay began and ended, a row each; ``table`` is what asks for it."""
        rows = self.query("admissions", _admission, _format(self.source.table(table)), work, con)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE mimic_admission AS SELECT hadm_id, min(admittime) AS admittime,"
            f" max(dischtime) AS dischtime FROM ({rows}) WHERE hadm_id IS NOT NULL GROUP BY hadm_id"
        )

    def load_titles(self, table: str, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``mimic_title``: what each code of diagnoses or procedures is called, a row each."""
        rows = self.query(f"d_icd_{table}", _title, _format(self.source.table(table)), work, con)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE mimic_title AS SELECT icd_code, icd_version, min(long_title) AS long_title"
            f" FROM ({rows}) GROUP BY ALL"
        )

    def load_orders(
        self, relation: str, columns: Columns, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection
    ) -> None:
        """Create what doses are looked up in: ``mimic_medication``, ``mimic_order``, ``mimic_dose``.

        The medications of the file that are on the pathway, and the missing one; the order behind each of these in a
        pharmacy_id, of its own name before another, of the main drug before what it is dissolved in, from
        prescriptions before pharmacy; and the route that the details of a dose say.
        """
        fmt = _format(self.source.prescriptions)
        names = con.sql(f"SELECT DISTINCT {columns.text('medication')} AS name FROM {relation} AS r").pl()
        _create("mimic_medication", pl.concat([_on_pathway(names, matches), _NAMELESS]), con)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE mimic_given AS SELECT {columns.id('emar_id')} AS emar_id,"
            f" {columns.id('pharmacy_id')} AS pharmacy_id, listed.medication FROM {relation} AS r"
            f" JOIN mimic_medication AS listed ON listed.medication = {columns.text('medication')}"
        )
        orders = " UNION ALL ".join(
            f"({self.query(table, terms, fmt, work, con)})"
            for table, terms in (("prescriptions", order_terms), ("pharmacy", pharmacy_terms))
        )
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE mimic_order AS SELECT * FROM ({orders})"
            " JOIN (SELECT DISTINCT pharmacy_id, medication FROM mimic_given) USING (pharmacy_id)"
            " QUALIFY row_number() OVER (PARTITION BY pharmacy_id, medication ORDER BY"
            " (drug = medication) IS TRUE DESC, drug_type <> 'MAIN' NULLS LAST, drug, product_code, source_row) = 1"
        )
        details = self.query("emar_detail", _detail, fmt, work, con)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE mimic_dose AS SELECT emar_id, min(route) AS route"
            f" FROM ({details}) SEMI JOIN mimic_given USING (emar_id) GROUP BY emar_id"
        )


_NAMELESS = pl.DataFrame(
    {"medication": [None], "is_listed": [True]}, schema={"medication": pl.String, "is_listed": pl.Boolean}
)


def _on_pathway(names: pl.DataFrame, matches: Matches) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    triples = names.drop_nulls().select(code_system=nothing, code=nothing, name="name")
    known = known_triples(triples, matches, "prescriptions")
    return known.select(medication="name", is_listed=pl.lit(True))


def _create(name: str, rows: pl.DataFrame, con: duckdb.DuckDBPyConnection) -> None:
    con.register("created", rows.to_arrow())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM created")
    con.unregister("created")


def _format(mapping: TableMapping) -> FileFormat:
    return FileFormat(encoding=mapping.encoding, delimiter=mapping.delimiter)


def _item(columns: Columns) -> Terms:
    label, fluid = columns.text("label"), columns.text("fluid")
    is_told = f"coalesce({fluid}, 'Blood') = 'Blood' OR contains(lower({label}), lower({fluid}))"
    return {
        "itemid": columns.id("itemid"),
        "name": f"CASE WHEN {is_told} THEN {label} ELSE {label} || ', ' || {fluid} END",
        "loinc": columns.text("loinc_code"),
    }


def _admission(columns: Columns) -> Terms:
    return {
        "hadm_id": columns.id("hadm_id"),
        "admittime": columns.text("admittime"),
        "dischtime": columns.text("dischtime"),
    }


def _title(columns: Columns) -> Terms:
    return {name: columns.as_told(name) for name in ("icd_code", "icd_version", "long_title")}


def _detail(columns: Columns) -> Terms:
    return {
        "emar_id": columns.id("emar_id"),
        "route": columns.text("route"),
    }
