"""The rows of the pathway, treatment, pregnancy and signs, in polars: the first two parts of ``three_lists.sql``."""

from datetime import date
from pathlib import Path

import polars as pl

from tests.benchmarks.analyst import (
    DRUG_CODES,
    INJECTED,
    LAB_CODES,
    POSITIVE,
    RECORD_CODES,
    RESULTED,
    UNIT_COLUMNS,
    UNITS,
    WITHDRAWN,
)

ON = "patient_id"
PREGNANT_SERUM = pl.col("is_pregnant") & (pl.col("concept") == "serum_b12")
PMOL = pl.col("value") * pl.col("pmol")


def days(number: int | pl.Expr) -> pl.Expr:
    """So many days."""
    return pl.duration(days=number)


def first_by(rows: pl.LazyFrame, key: str | list[str], *order: pl.Expr, down: list[bool]) -> pl.LazyFrame:
    """The first row of each key in an order, nulls last."""
    return rows.sort(*order, descending=down, nulls_last=True).unique(key, keep="first", maintain_order=True)


def read_labs(extracts: Path, as_of: date) -> pl.LazyFrame:
    """Results of the pathway as known today, with ``rank``: 1 low, 2 in between, 3 high, null without limits."""
    comparator, value = pl.col("comparator"), pl.col("value")
    exact = comparator == ""
    is_low = (value < pl.col("low")) & comparator.is_in(["", "<="]) | (value <= pl.col("low")) & (comparator == "<")
    is_high = (value > pl.col("high")) & comparator.is_in(["", ">="]) | (value >= pl.col("high")) & (comparator == ">")
    return (
        pl.scan_parquet(extracts / "labs/*.parquet")
        .filter(
            pl.col("test_code").is_in(list(LAB_CODES)),
            pl.col("collected_at").cast(pl.Date) <= as_of,
            pl.col("reported_at").cast(pl.Date) <= as_of,
        )
        .select(
            ON,
            "result_id",
            "reported_at",
            "status",
            concept=pl.col("test_code").replace_strict(LAB_CODES),
            on_date=pl.col("collected_at").cast(pl.Date),
            said=pl.col("value"),
            unit=pl.col("unit").str.to_lowercase(),
        )
        .sort("reported_at", descending=True)
        .unique("result_id", keep="first", maintain_order=True)
        .filter(pl.col("status").is_in(RESULTED))
        .join(
            pl.LazyFrame(UNITS, schema=list(UNIT_COLUMNS), orient="row", infer_schema_length=None),
            on=["concept", "unit"],
            how="left",
        )
        .with_columns(
            comparator=pl.col("said").str.extract(r"^([<>]=?)").fill_null(""),
            value=(
                pl.col("said").str.strip_chars_start("<>= ").cast(pl.Float64, strict=False) * pl.col("factor")
            ).round(6),
        )
        .with_columns(
            rank=pl.when(pl.col("low").is_null())
            .then(None)
            .when(is_low)
            .then(1)
            .when(is_high)
            .then(3)
            .when(exact)
            .then(2)
        )
    )


def read_drugs(extracts: Path, as_of: date) -> pl.LazyFrame:
    """Prescriptions of the pathway as known today, each with its last date."""
    quantity, supply = (pl.col(name).cast(pl.Float64, strict=False) for name in ("quantity", "days_supply"))
    start, is_b12 = pl.col("start_date"), pl.col("concept") == "b12"
    is_open = (pl.col("kind") == "prescribed") & (pl.col("status") == "active") & pl.col("quantity").is_null()
    return (
        pl.scan_parquet(extracts / "prescriptions/*.parquet")
        .filter(
            pl.col("drug_code").is_in(list(DRUG_CODES)),
            start <= as_of,
            pl.col("recorded_at").cast(pl.Date) <= as_of,
        )
        .sort("recorded_at", descending=True)
        .unique("prescription_id", keep="first", maintain_order=True)
        .filter(~pl.col("status").is_in(WITHDRAWN))
        .with_columns(concept=pl.col("drug_code").replace_strict(DRUG_CODES), quantity=quantity, days_supply=supply)
        .with_columns(
            dose_mg=pl.col("drug_name").str.extract(r"(\d+) ?mg").cast(pl.Float64)
            * pl.col("quantity")
            / pl.col("days_supply"),
            is_injected=is_b12 & pl.col("route").is_in(INJECTED),
            last_date=pl.coalesce(
                "end_date",
                start + days(pl.col("days_supply") - 1),
                pl.when(is_open).then(start + days(364)),
                start + days(27),
            ),
        )
        .filter(~is_b12 | pl.col("is_injected") | pl.col("dose_mg").is_null() | (pl.col("dose_mg") >= 0.05))
        .select(ON, "concept", "start_date", "last_date", "dose_mg", "is_injected", "kind", "quantity", "drug_name")
    )


def read_records(extracts: Path, as_of: date, labs: pl.LazyFrame) -> pl.LazyFrame:
    """Diagnoses, procedures and positive antibodies, by concept and date."""

    def coded(table: str, code: str, on_date: str, statuses: list[str]) -> pl.LazyFrame:
        return (
            pl.scan_parquet(extracts / f"{table}/*.parquet")
            .filter(pl.col(code).is_in(list(RECORD_CODES)), pl.col(on_date) <= as_of, pl.col("status").is_in(statuses))
            .select(ON, concept=pl.col(code).replace_strict(RECORD_CODES), on_date=pl.col(on_date))
        )

    antibody = (pl.col("concept") == "intrinsic_factor_ab") & pl.col("said").str.to_lowercase().is_in(POSITIVE)
    return pl.concat(
        [
            coded("diagnoses", "diagnosis_code", "recorded_date", ["active", "resolved", "confirmed"]),
            coded("procedures", "procedure_code", "performed_date", ["completed"]),
            labs.filter(antibody).select(ON, pl.lit("malabsorption").alias("concept"), "on_date"),
        ]
    )


def out_of_scope(extracts: Path, records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """The people whom no list is about: gone, not registered, too young, or in palliative care."""
    gone = (
        (pl.col("death_date") <= as_of)
        | (pl.col("registered_from") > as_of)
        | (pl.col("registered_until") < as_of)
        | (pl.col("birth_date").dt.offset_by("16y") > as_of)
    )
    people = pl.scan_parquet(extracts / "patients/*.parquet").filter(gone).select(ON)
    return pl.concat([people, records.filter(pl.col("concept") == "palliative_care").select(ON)]).unique()


def treatment_spans(drugs: pl.LazyFrame) -> pl.LazyFrame:
    """From when to when each person counts as treated."""

    def supplied(kind: str) -> pl.Expr:
        of_kind = pl.col("quantity").filter(pl.col("kind") == kind)
        return pl.when(of_kind.count() > 0).then(of_kind.sum())

    def named(text: str) -> pl.Expr:
        return pl.col("drug_name").str.to_lowercase().str.starts_with(text).any()

    start, given = pl.col("start_date"), pl.col("given_next")
    doses = pl.when(given.is_null()).then(pl.col("supplied").floor().clip(1, 6)).otherwise(1)
    injected = (
        drugs.filter("is_injected")
        .group_by(ON, "start_date")
        .agg(
            is_given=(pl.col("kind") == "administered").any(),
            supplied=pl.coalesce(supplied("dispensed"), supplied("prescribed"), 1.0),
            days=pl.when(named("hydroxo")).then(84).when(named("cyano")).then(30).otherwise(84),
        )
        .sort(ON, "start_date")
        .with_columns(given_next=pl.when("is_given").then(start).backward_fill().over(ON))
        .filter(pl.col("is_given") | given.is_null() | (given - start > days(28)))
        .select(
            ON,
            first_day=start + days(1),
            last_day=start + days(pl.max_horizontal(pl.lit(180.0), pl.col("days") * doses).cast(pl.Int64)),
        )
    )
    swallowed = drugs.filter(pl.col("concept") == "b12", ~pl.col("is_injected")).select(
        ON, first_day=start + days(1), last_day=pl.col("last_date") + days(30)
    )
    return pl.concat([injected, swallowed])


def pregnancy_spans(records: pl.LazyFrame) -> pl.LazyFrame:
    """From when to when each pregnancy counts as running, and its first record."""
    ends = records.filter(pl.col("concept") == "pregnancy_end").select(ON, ended="on_date").unique()
    said = records.filter(pl.col("concept") == "pregnancy").select(ON, "on_date").unique()
    ended, on_date = pl.col("ended"), pl.col("on_date")
    bounded = (
        said.join(ends, on=ON, how="left")
        .group_by(ON, "on_date")
        .agg(ended_before=ended.filter(ended < on_date).max(), ended_next=ended.filter(ended >= on_date).min())
    )
    earlier = pl.col("earlier")
    return (
        bounded.join(said.select(ON, earlier="on_date"), on=ON)
        .filter(
            earlier.is_between(on_date - days(280), on_date),
            pl.col("ended_before").is_null() | (earlier > pl.col("ended_before")),
        )
        .group_by(ON, "on_date", "ended_next")
        .agg(first_record=earlier.min())
        .select(
            ON,
            "ended_next",
            "first_record",
            first_day=on_date,
            last_day=pl.min_horizontal(
                on_date + days(280), pl.col("first_record") + days(294), pl.col("ended_next") - days(1)
            ),
        )
    )


def off_treatment(labs: pl.LazyFrame, spans: pl.LazyFrame, pregnancies: pl.LazyFrame) -> pl.LazyFrame:
    """B12 results with a rank that no treatment covers."""
    classed = labs.filter(pl.col("rank").is_not_null())
    during = pl.col("on_date").is_between(pl.col("first_day"), pl.col("last_day"))
    treated = classed.join(spans, on=ON).filter(during).select("result_id").unique()
    pregnant = classed.join(pregnancies, on=ON).filter(during).select("result_id", is_pregnant=True).unique()
    return (
        classed.join(treated, on="result_id", how="anti")
        .join(pregnant, on="result_id", how="left")
        .with_columns(pl.col("is_pregnant").fill_null(value=False))
    )


def deciding_results(off: pl.LazyFrame) -> pl.LazyFrame:
    """The one B12 result that decides for each person: a low one stands for 90 days."""
    latest = first_by(
        off, ON, pl.col("on_date"), PREGNANT_SERUM, pl.col("rank"), PMOL, pl.col("result_id"),
        down=[True, False, False, False, False],
    )  # fmt: skip
    after = latest.select(ON, latest_on="on_date", latest_rank="rank", latest_concept="concept")
    before = pl.col("latest_on")
    standing = first_by(
        off.filter(pl.col("rank") == 1)
        .join(after, on=ON)
        .filter(
            pl.col("latest_rank") != 1,
            ~((pl.col("latest_concept") == "active_b12") & (pl.col("latest_rank") == 3)),
            pl.col("on_date").is_between(before - days(90), before - days(1)),
        ),
        ON, pl.col("on_date"), PREGNANT_SERUM, PMOL, pl.col("result_id"),
        down=[True, False, False, False],
    ).drop(pl.selectors.starts_with("latest_"))  # fmt: skip
    return pl.concat([standing, latest.join(standing, on=ON, how="anti")])


def signs(extracts: Path, labs: pl.LazyFrame, records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Neurological records, anemia and macrocytosis, a row per person."""
    value = pl.col("value")
    bad_first = pl.when(pl.col("concept") == "mcv").then(-value).otherwise(value)
    blood = first_by(
        labs.filter(pl.col("concept").is_in(["hemoglobin", "mcv"]), pl.col("on_date") >= pl.lit(as_of) - days(365)),
        [ON, "concept"], pl.col("on_date"), bad_first, down=[True, False],
    )  # fmt: skip
    men = pl.scan_parquet(extracts / "patients/*.parquet").select(
        ON, is_man=pl.col("sex").str.head(1).str.to_uppercase().is_in(["M", "1"])
    )
    is_hemoglobin, is_mcv = pl.col("concept") == "hemoglobin", pl.col("concept") == "mcv"
    limit = pl.when(pl.col("is_man")).then(130).otherwise(120)
    counts = blood.join(men, on=ON, how="left")
    found = [
        records.filter(pl.col("concept").is_in(["neuro", "sign"]), pl.col("on_date") >= pl.lit(as_of) - days(730)),
        counts.filter(is_hemoglobin & (value < limit)).with_columns(concept=pl.lit("anemia")),
        counts.filter(is_hemoglobin & (value < 80)).with_columns(concept=pl.lit("severe_anemia")),
        counts.filter(is_mcv & (value > 100)).with_columns(concept=pl.lit("macrocytosis")),
    ]
    concept = pl.col("concept")
    return (
        pl.concat([rows.select(ON, "concept") for rows in found])
        .group_by(ON)
        .agg(
            neuro=(concept == "neuro").any(),
            blood=concept.is_in(["anemia", "macrocytosis"]).any(),
            severe_anemia=(concept == "severe_anemia").any(),
        )
    )
