"""Core tables written out as an OMOP CDM folder: what another hospital would deliver of the same people."""

from pathlib import Path

import duckdb
import polars as pl

from pipelines.ingest.units import read_units
from pipelines.ingest.values import read_values

OPERATORS = {"<": 4171756, "<=": 4171754, "=": 4172703, ">": 4172704, ">=": 4171755}
KINDS = {"prescribed": 32838, "dispensed": 32825, "administered": 32818}
SEXES = {"M": 8507, "F": 8532}
DECIMAL_COMMAS = ["RIVERSIDE"]
"""Vocabularies whose results the demonstration writes with decimal commas."""

KEYS = ["source_vocabulary", "source_code", "source_name"]


class OmopWriter:
    """Writes the core tables of a publication; ``people`` tells the OMOP person_id of each person."""

    def __init__(self, published: Path) -> None:
        with duckdb.connect(str(published), read_only=True) as con:
            names = ("person", "measurement", "drug_exposure", "condition_occurrence", "procedure_occurrence")
            self.core = {name: con.sql(f"FROM {name}").pl() for name in names}
        everybody = pl.concat([rows.select("person_id") for rows in self.core.values()]).unique().sort("person_id")
        self.people = everybody.with_columns(omop_id=pl.int_range(1001, pl.len() + 1001).cast(pl.String))
        units = self.core["measurement"].select("unit_reported").unique().drop_nulls()
        coded = pl.concat([rows.select(KEYS) for name, rows in self.core.items() if name != "person"]).unique()
        self.concepts = (
            pl.concat(
                [
                    coded.drop_nulls("source_vocabulary"),
                    units.select(
                        source_vocabulary=pl.lit("UCUM"), source_code="unit_reported", source_name="unit_reported"
                    ),
                ]
            )
            .sort(KEYS)
            .with_columns(concept_id=pl.int_range(2_000_000_001, pl.len() + 2_000_000_001))
        )

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every OMOP table, under the names of the CDM."""
        is_in = {"HCPCS": "procedure_occurrence", "CTV3": "condition_occurrence"}
        drugs = self.core["drug_exposure"].with_columns(
            origin=pl.col("source_vocabulary").replace_strict(is_in, default="drug_exposure")
        )
        return {
            "CONCEPT": self.concepts.select(
                "concept_id", concept_name="source_name", vocabulary_id="source_vocabulary", concept_code="source_code"
            ),
            "PERSON": self._persons(),
            "DEATH": self._of_person("death_date").select("person_id", "death_date"),
            "OBSERVATION_PERIOD": self._periods(),
            "MEASUREMENT": self._measurements(),
            "DRUG_EXPOSURE": self._drugs(drugs.filter(pl.col("origin") == "drug_exposure")),
            "CONDITION_OCCURRENCE": self._conditions(drugs.filter(pl.col("origin") == "condition_occurrence")),
            "PROCEDURE_OCCURRENCE": self._procedures(drugs.filter(pl.col("origin") == "procedure_occurrence")),
        }

    def write(self, folder: Path, *, parquet: bool = False) -> None:
        """All tables as files, in capitals as CSV, in small letters as Parquet."""
        folder.mkdir(parents=True)
        for name, rows in self.tables().items():
            if parquet:
                rows.rename(str.lower).write_parquet(folder / f"{name.lower()}.parquet")
            else:
                rows.rename(str.upper).write_csv(folder / f"{name}.csv", datetime_format="%Y-%m-%d %H:%M:%S")

    def _of_person(self, column: str) -> pl.DataFrame:
        known = self.core["person"].filter("in_patients", pl.col(column).is_not_null())
        return self._renumbered(known)

    def _renumbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(self.people, on="person_id").with_columns(person_id="omop_id")

    def _persons(self) -> pl.DataFrame:
        rows, born = self._renumbered(self.core["person"].filter("in_patients")), pl.col("birth_date").dt
        return rows.select(
            "person_id",
            gender_concept_id=pl.col("sex").replace_strict(SEXES, default=0, return_dtype=pl.Int64),
            year_of_birth=born.year(),
            month_of_birth=born.month(),
            day_of_birth=born.day(),
            care_site_id=pl.col("site").rank("dense"),
            provider_id=pl.col("clinician").rank("dense"),
        )

    def _periods(self) -> pl.DataFrame:
        rows = self._renumbered(self.core["person"].filter("in_patients"))
        either = pl.col("registered_from").is_not_null() | pl.col("registered_until").is_not_null()
        return rows.filter(either).select(
            pl.int_range(pl.len()).alias("observation_period_id"),
            "person_id",
            observation_period_start_date="registered_from",
            observation_period_end_date="registered_until",
        )

    def _coded(self, rows: pl.DataFrame, prefix: str) -> pl.DataFrame:
        """Rows numbered, with their codes as concepts; one per delivered record."""
        numbered = self._renumbered(rows.unique(["source_file", "source_row"], keep="first", maintain_order=True))
        return numbered.join(self.concepts, on=KEYS, how="left", nulls_equal=True, maintain_order="left").with_columns(
            pl.int_range(pl.len()).alias("number"),
            pl.lit(0).alias(f"{prefix}_concept_id"),
            pl.col("concept_id").fill_null(0).alias(f"{prefix}_source_concept_id"),
            pl.coalesce("source_code", "source_name").alias(f"{prefix}_source_value"),
        )

    def _measurements(self) -> pl.DataFrame:
        rows = self._coded(self.core["measurement"].filter(pl.col("status") != "preliminary"), "measurement")
        commas = pl.col("source_vocabulary").is_in(DECIMAL_COMMAS).fill_null(False)
        points, decimal = (
            read_values(rows["value_reported"], decimal=sign)["number"].rename(name)
            for sign, name in ((".", "points"), (",", "decimal"))
        )
        units = read_units(rows["concept"], rows["unit_reported"]).select("factor", "offset")
        ucum = self.concepts.filter(pl.col("source_vocabulary") == "UCUM").select(
            unit_reported="source_code", unit_concept_id="concept_id"
        )
        rows = rows.hstack([points, decimal]).hstack(units).join(ucum, on="unit_reported", how="left")
        is_word = pl.col("unit").is_null() & pl.col("unit_reported").is_null() & pl.col("range_low").is_null()
        is_word &= pl.col("concept").is_in(["intrinsic_factor_ab", "parietal_cell_ab", "ttg_iga"])
        answer = pl.when(pl.col("value") == 1).then(9191).when(pl.col("value") == 0).then(9189).otherwise(0)
        shown = {
            f"range_{end}": pl.col(f"range_{end}") / pl.col("factor") + pl.col("offset") for end in ("low", "high")
        }
        has_ucum = pl.col("number") % 2 == 0
        return rows.select(
            "person_id",
            "measurement_concept_id",
            "measurement_source_concept_id",
            "measurement_source_value",
            measurement_id="number",
            measurement_date="measurement_date",
            measurement_datetime="measured_at",
            operator_concept_id=pl.col("comparator").replace_strict(OPERATORS),
            value_as_number=pl.when(~is_word).then(pl.when(commas).then("decimal").otherwise("points")),
            value_as_concept_id=pl.when(is_word).then(answer).otherwise(0),
            value_source_value=pl.when(~is_word | pl.col("value").is_null()).then("value_reported"),
            unit_concept_id=pl.when(has_ucum).then("unit_concept_id").otherwise(0).fill_null(0),
            unit_source_value=pl.when(~has_ucum).then("unit_reported"),
            **shown,
        )

    def _drugs(self, rows: pl.DataFrame) -> pl.DataFrame:
        return self._coded(rows, "drug").select(
            "person_id",
            "drug_concept_id",
            "drug_source_concept_id",
            "drug_source_value",
            "drug_exposure_start_date",
            "drug_exposure_end_date",
            "quantity",
            "days_supply",
            drug_exposure_id="number",
            sig=pl.format("{} {} daily", "daily_dose", "dose_unit"),
            drug_type_concept_id=pl.col("kind").replace_strict(KINDS),
            route_source_value=pl.when(pl.col("route") != "unknown").then("route"),
        )

    def _conditions(self, injections: pl.DataFrame) -> pl.DataFrame:
        given = injections.with_columns(condition_start_date="drug_exposure_start_date", is_counted=pl.lit(True))
        rows = pl.concat([self.core["condition_occurrence"], given], how="diagonal")
        return self._coded(rows, "condition").select(
            "person_id",
            "condition_concept_id",
            "condition_source_concept_id",
            "condition_source_value",
            "condition_start_date",
            "condition_end_date",
            condition_occurrence_id="number",
            condition_status_concept_id=pl.when("is_counted").then(32893).otherwise(32899),
        )

    def _procedures(self, injections: pl.DataFrame) -> pl.DataFrame:
        given = injections.with_columns(procedure_date="drug_exposure_start_date")
        rows = pl.concat([self.core["procedure_occurrence"], given], how="diagonal")
        return self._coded(rows, "procedure").select(
            "person_id",
            "procedure_concept_id",
            "procedure_source_concept_id",
            "procedure_source_value",
            "procedure_date",
            procedure_occurrence_id="number",
        )
