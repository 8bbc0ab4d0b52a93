"""The lists of ``three_lists.sql`` in polars, lazy and streaming, as a good analyst would write them."""

from datetime import date
from pathlib import Path

import polars as pl

from tests.benchmarks.events_polars import (
    ON,
    PMOL,
    days,
    deciding_results,
    first_by,
    off_treatment,
    out_of_scope,
    pregnancy_spans,
    read_drugs,
    read_labs,
    read_records,
    signs,
    treatment_spans,
)


def three_lists(extracts: Path, as_of: date) -> None:
    """Write the open gaps of each list to the current folder as ``polars_<list>.csv``."""
    today = pl.lit(as_of)
    labs = read_labs(extracts, as_of).collect().lazy()
    drugs = read_drugs(extracts, as_of).collect().lazy()
    records = read_records(extracts, as_of, labs).collect().lazy()
    spans = treatment_spans(drugs).collect().lazy()
    pregnancies = pregnancy_spans(records).collect().lazy()
    off = off_treatment(labs, spans, pregnancies).collect().lazy()
    index = deciding_results(off).collect().lazy()
    features = signs(extracts, labs, records, as_of).collect().lazy()
    outside = out_of_scope(extracts, records, as_of).collect().lazy()
    b12 = drugs.filter(pl.col("concept") == "b12")
    lists = {
        "low_b12_untreated": _low(index, features, pregnancies, b12, today),
        "borderline_without_mma": _borderline(index, features, labs, records, pregnancies, off, b12, today),
        "metformin_unmonitored": _metformin(drugs, labs, records, features, spans, today),
    }
    for name, rows in lists.items():
        told = rows.join(outside, on=ON, how="anti").select(ON, "index_date", "due_date", "priority").sort(ON)
        told.collect().write_csv(f"polars_{name}.csv")


def _treated(index: pl.LazyFrame, b12: pl.LazyFrame) -> pl.LazyFrame:
    """The people whose gap treatment closed."""
    since = pl.col("index_date")
    running = ~pl.col("is_injected") & since.is_between(pl.col("start_date"), pl.col("last_date"))
    closes = (pl.col("start_date") >= since - days(14)) | running
    return index.join(b12, on=ON).filter(closes).select(ON).unique()


def _low(
    index: pl.LazyFrame, features: pl.LazyFrame, pregnancies: pl.LazyFrame, b12: pl.LazyFrame, today: pl.Expr
) -> pl.LazyFrame:
    comparator, value, severe = pl.col("comparator"), pl.col("value"), pl.col("severe")
    is_severe = (pl.col("concept") == "serum_b12") & (
        (value < severe) & comparator.is_in(["", "<="]) | (value <= severe) & (comparator == "<")
    )
    pregnant = pregnancies.filter(today.is_between(pl.col("first_day"), pl.col("last_day")))
    low = (
        index.filter(pl.col("rank") == 1, pl.col("on_date").is_between(today - days(1095), today - days(7)))
        .rename({"on_date": "index_date"})
        .join(features, on=ON, how="left")
        .join(pregnant.select(ON, now=True).unique(), on=ON, how="left")
        .with_columns(
            is_urgent=pl.any_horizontal(
                part.fill_null(value=False)
                for part in (pl.col("neuro"), pl.col("severe_anemia"), is_severe, pl.col("now"))
            )
        )
        .filter(pl.col("is_urgent") | (pl.col("index_date") <= today - days(14)))
    )
    urgent = pl.col("is_urgent")
    return low.join(_treated(low, b12), on=ON, how="anti").with_columns(
        due_date=pl.col("index_date") + pl.when(urgent).then(days(7)).otherwise(days(14)),
        priority=pl.when(urgent).then(1).otherwise(2),
    )


def _unresolved(records: pl.LazyFrame, pregnancies: pl.LazyFrame, off: pl.LazyFrame, today: pl.Expr) -> pl.LazyFrame:
    """People pregnant now or lately whose last serum B12 from then on is not clearly normal."""
    ends = records.filter(pl.col("concept") == "pregnancy_end").select(ON, "on_date")
    lately = ends.filter(pl.col("on_date") >= today - days(365)).unique()
    on_date, other = pl.col("on_date"), pl.col("other")
    follow = lately.join(ends.select(ON, other="on_date"), on=ON).filter(
        other.is_between(on_date - days(180), on_date - days(1))
    )
    ended = first_by(lately.join(follow, on=[ON, "on_date"], how="anti"), ON, on_date, down=[True])
    of_it = (pl.col("ended_next") == on_date) & (pl.col("ended_next") <= pl.col("first_day") + days(280))
    concern = [
        pregnancies.filter(today.is_between(pl.col("first_day"), pl.col("last_day"))).select(ON, "first_record"),
        ended.join(pregnancies, on=ON, how="left")
        .group_by(ON, "on_date")
        .agg(first_record=pl.col("first_record").filter(of_it).min())
        .select(ON, first_record=pl.coalesce("first_record", "on_date")),
    ]
    since = pl.concat(concern).group_by(ON).agg(pl.col("first_record").min())
    last = first_by(
        off.filter(pl.col("concept") == "serum_b12")
        .join(since, on=ON)
        .filter(on_date >= pl.col("first_record") - days(280)),
        ON, on_date, pl.col("rank"), PMOL, pl.col("result_id"), down=[True, False, False, False],
    )  # fmt: skip
    return last.filter(pl.col("rank").is_in([1, 2])).select(ON)


def _borderline(
    index: pl.LazyFrame,
    features: pl.LazyFrame,
    labs: pl.LazyFrame,
    records: pl.LazyFrame,
    pregnancies: pl.LazyFrame,
    off: pl.LazyFrame,
    b12: pl.LazyFrame,
    today: pl.Expr,
) -> pl.LazyFrame:
    found = (
        index.filter(pl.col("rank") == 2, pl.col("on_date").is_between(today - days(365), today - days(28)))
        .rename({"on_date": "index_date"})
        .join(features, on=ON)
        .join(_unresolved(records, pregnancies, off, today), on=ON, how="anti")
    )
    markers = labs.filter(pl.col("concept").is_in(["mma_serum", "mma_urine", "homocysteine"])).select(ON, "on_date")
    tested = found.join(markers, on=ON).filter(pl.col("on_date") >= pl.col("index_date") - days(30)).select(ON).unique()
    return (
        found.join(tested, on=ON, how="anti")
        .join(_treated(found, b12), on=ON, how="anti")
        .with_columns(
            due_date=pl.col("index_date") + days(84),
            priority=pl.when("neuro").then(1).when("blood").then(2).otherwise(3),
        )
    )


def _metformin(
    drugs: pl.LazyFrame,
    labs: pl.LazyFrame,
    records: pl.LazyFrame,
    features: pl.LazyFrame,
    spans: pl.LazyFrame,
    today: pl.Expr,
) -> pl.LazyFrame:
    start, last, key = pl.col("start_date"), pl.col("last_date"), [ON, "concept"]
    current = (
        drugs.filter(pl.col("concept").is_in(["metformin", "acid"]))
        .sort(ON, "concept", "start_date", "last_date")
        .with_columns(covered=last.cum_max().shift(1).over(key))
        .with_columns(course=(start - pl.col("covered") > days(90)).fill_null(value=False).cum_sum().over(key))
        .group_by(*key, "course")
        .agg(
            since=start.min(),
            ends=last.max(),
            newest=start.max(),
            dose=pl.col("dose_mg").filter(last >= today - days(365)).median(),
        )
        .filter((pl.col("ends") >= today) | (pl.col("newest") >= today - days(120)))
        .sort("since")
        .unique(key, keep="first", maintain_order=True)
        .with_columns(days=(today - pl.col("since")).dt.total_days())
    )
    b12 = pl.col("concept").is_in(["serum_b12", "active_b12"])
    test = first_by(
        labs.filter(b12), ON, pl.col("on_date"), pl.col("rank"), PMOL, down=[True, False, False]
    ).select(ON, tested="on_date", tested_rank="rank")  # fmt: skip
    risky = pl.concat(
        [
            current.filter(pl.col("concept") == "acid", pl.col("days") >= 365).select(ON),
            records.filter(pl.col("concept") == "malabsorption").select(ON),
            labs.filter(pl.col("rank") == 2).select(ON),
        ]
    ).unique()
    neuro = records.filter(pl.col("concept") == "neuro").group_by(ON).agg(neuro_since=pl.col("on_date").min())
    treated = spans.filter(pl.col("last_day") >= today).select(ON).unique()
    is_a, long = pl.col("is_a"), pl.col("days") >= 180
    at_risk = is_a | pl.col("has_risk")
    again = pl.when(~is_a & (pl.col("tested_rank") == 3)).then(days(730)).otherwise(days(365))
    answered = (pl.col("tested") >= pl.col("neuro_since")).fill_null(value=False)
    return (
        current.filter(pl.col("concept") == "metformin")
        .join(features.with_columns(has_feature=True), on=ON, how="left")
        .join(risky.with_columns(is_risky=True), on=ON, how="left")
        .join(test, on=ON, how="left")
        .join(neuro, on=ON, how="left")
        .join(treated, on=ON, how="anti")
        .with_columns(
            is_a=pl.col("has_feature").fill_null(value=False) & long,
            has_risk=long & ((pl.col("dose") >= 1500) | pl.col("is_risky").fill_null(value=False)),
        )
        .filter(at_risk | (pl.col("days") >= 1461), ~(pl.col("tested") >= today - again).fill_null(value=False))
        .select(
            ON,
            index_date="since",
            due_date=pl.coalesce(
                pl.col("tested") + again, pl.col("since") + pl.when(at_risk).then(days(180)).otherwise(days(1461))
            ),
            priority=pl.when(~is_a).then(3).when(pl.col("neuro") & ~answered).then(1).otherwise(2),
        )
    )
