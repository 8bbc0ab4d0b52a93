"""The lists of ``three_lists.sql`` in pandas, as a good analyst would write them."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

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
Frame = pd.DataFrame


def days(number: int | pd.Series) -> pd.Timedelta | pd.Series:
    """So many days."""
    return pd.to_timedelta(number, unit="D")


def read(extracts: Path, table: str, columns: list[str], code: str | None = None, codes: object = ()) -> Frame:
    """The columns of a table, of the rows with one of these codes."""
    filters = [(code, "in", list(codes))] if code else None
    return pd.read_parquet(extracts / table, columns=columns, filters=filters)


def day(values: pd.Series) -> pd.Series:
    """Dates, whatever the file held, without their time."""
    return pd.to_datetime(values).dt.normalize()


def within(rows: Frame, first: pd.Series, last: pd.Series, on: str = "on_date") -> pd.Series:
    """Whether a date lies between two others, both included."""
    return (rows[on] >= first) & (rows[on] <= last)


def first_by(rows: Frame, key: str | list[str], *order: str, down: tuple[str, ...] = ("on_date",)) -> Frame:
    """The first row of each key in an order, nulls last."""
    ordered = rows.sort_values(list(order), ascending=[name not in down for name in order], na_position="last")
    return ordered.drop_duplicates(key, keep="first")


def lacking(rows: Frame, people: pd.Series) -> Frame:
    """The rows of other people than these."""
    return rows[~rows[ON].isin(people)]


def three_lists(extracts: Path, as_of: date) -> None:
    """Write the open gaps of each list to the current folder as ``pandas_<list>.csv``."""
    today = pd.Timestamp(as_of)
    labs = _labs(extracts, today)
    drugs = _drugs(extracts, today)
    records = _records(extracts, today, labs)
    people = read(extracts, "patients", [ON, "sex", "birth_date", "death_date", "registered_from", "registered_until"])
    outside = _outside(people, records, today)
    spans = _treatment_spans(drugs)
    pregnancies = _pregnancies(records)
    off = _off_treatment(labs, spans, pregnancies)
    index = _index(off)
    features = _features(people, labs, records, today)
    b12 = drugs[drugs["concept"] == "b12"]
    unresolved = _unresolved(records, pregnancies, off, today)
    lists = {
        "low_b12_untreated": _low(index, features, pregnancies, b12, today),
        "borderline_without_mma": _borderline(lacking(index, unresolved), features, labs, b12, today),
        "metformin_unmonitored": _metformin(drugs, labs, records, features, spans, today),
    }
    for name, rows in lists.items():
        told = lacking(rows, outside)[[ON, "index_date", "due_date", "priority"]].sort_values(ON)
        told.to_csv(f"pandas_{name}.csv", index=False, date_format="%Y-%m-%d")


def _labs(extracts: Path, today: pd.Timestamp) -> Frame:
    columns = [ON, "result_id", "test_code", "collected_at", "reported_at", "value", "unit", "status"]
    rows = read(extracts, "labs", columns, "test_code", LAB_CODES)
    rows = rows.assign(
        concept=rows["test_code"].map(LAB_CODES), on_date=day(rows["collected_at"]), unit=rows["unit"].str.lower()
    ).rename(columns={"value": "said"})
    rows = rows[(rows["on_date"] <= today) & (day(rows["reported_at"]) <= today)]
    rows = rows.sort_values("reported_at", ascending=False).drop_duplicates("result_id")
    rows = rows[rows["status"].isin(RESULTED)].merge(
        pd.DataFrame(UNITS, columns=list(UNIT_COLUMNS)), on=["concept", "unit"], how="left"
    )
    comparator = rows["said"].str.extract(r"^([<>]=?)", expand=False).fillna("")
    value = (pd.to_numeric(rows["said"].str.lstrip("<>= "), errors="coerce") * rows["factor"]).round(6)
    is_low = (value < rows["low"]) & comparator.isin(["", "<="]) | (value <= rows["low"]) & (comparator == "<")
    is_high = (value > rows["high"]) & comparator.isin(["", ">="]) | (value >= rows["high"]) & (comparator == ">")
    has_limits = rows["low"].notna()
    rank = np.select([~has_limits, is_low, is_high, comparator == ""], [np.nan, 1, 3, 2], np.nan)
    return rows.assign(comparator=comparator, value=value, pmol_l=value * rows["pmol"], rank=rank)


def _drugs(extracts: Path, today: pd.Timestamp) -> Frame:
    columns = [
        ON, "prescription_id", "drug_code", "drug_name", "start_date", "end_date", "days_supply", "quantity", "route",
        "status", "kind", "recorded_at",
    ]  # fmt: skip
    rows = read(extracts, "prescriptions", columns, "drug_code", DRUG_CODES)
    rows = rows.assign(
        concept=rows["drug_code"].map(DRUG_CODES),
        start_date=day(rows["start_date"]),
        end_date=day(rows["end_date"]),
        quantity=pd.to_numeric(rows["quantity"], errors="coerce"),
        days_supply=pd.to_numeric(rows["days_supply"], errors="coerce"),
    )
    rows = rows[(rows["start_date"] <= today) & (day(rows["recorded_at"]) <= today)]
    rows = rows.sort_values("recorded_at", ascending=False).drop_duplicates("prescription_id")
    rows = rows[rows["status"].notna() & ~rows["status"].isin(WITHDRAWN)]
    dose = pd.to_numeric(rows["drug_name"].str.extract(r"(\d+) ?mg", expand=False))
    is_open = (rows["kind"] == "prescribed") & (rows["status"] == "active") & rows["quantity"].isna()
    supplied = rows["start_date"] + days(rows["days_supply"] - 1)
    open_end = (rows["start_date"] + days(364)).where(is_open)
    rows = rows.assign(
        dose_mg=dose * rows["quantity"] / rows["days_supply"],
        is_injected=(rows["concept"] == "b12") & rows["route"].isin(INJECTED),
        last_date=rows["end_date"].fillna(supplied).fillna(open_end).fillna(rows["start_date"] + days(27)),
    )
    counts = (rows["concept"] != "b12") | rows["is_injected"] | rows["dose_mg"].isna() | (rows["dose_mg"] >= 0.05)
    return rows[counts]


def _records(extracts: Path, today: pd.Timestamp, labs: Frame) -> Frame:
    def coded(table: str, code: str, on_date: str, statuses: list[str]) -> Frame:
        rows = read(extracts, table, [ON, code, on_date, "status"], code, RECORD_CODES)
        rows = rows.assign(concept=rows[code].map(RECORD_CODES), on_date=day(rows[on_date]))
        return rows[(rows["on_date"] <= today) & rows["status"].isin(statuses)]

    antibody = (labs["concept"] == "intrinsic_factor_ab") & labs["said"].str.lower().isin(POSITIVE)
    found = [
        coded("diagnoses", "diagnosis_code", "recorded_date", ["active", "resolved", "confirmed"]),
        coded("procedures", "procedure_code", "performed_date", ["completed"]),
        labs[antibody].assign(concept="malabsorption"),
    ]
    return pd.concat([rows[[ON, "concept", "on_date"]] for rows in found], ignore_index=True)


def _outside(people: Frame, records: Frame, today: pd.Timestamp) -> pd.Series:
    birth, death, since, until = (
        pd.to_datetime(people[name]) for name in ("birth_date", "death_date", "registered_from", "registered_until")
    )
    gone = (death <= today) | (since > today) | (until < today) | (birth + pd.DateOffset(years=16) > today)
    return pd.concat([people.loc[gone, ON], records.loc[records["concept"] == "palliative_care", ON]])


def _treatment_spans(drugs: Frame) -> Frame:
    b12 = drugs[drugs["concept"] == "b12"]
    name = b12["drug_name"].str.lower()
    told = b12.assign(
        is_given=b12["kind"] == "administered",
        dispensed=b12["quantity"].where(b12["kind"] == "dispensed"),
        prescribed=b12["quantity"].where(b12["kind"] == "prescribed"),
        is_hydroxo=name.str.startswith("hydroxo"),
        is_cyano=name.str.startswith("cyano"),
    )
    per_date = (
        told[told["is_injected"]]
        .groupby([ON, "start_date"])
        .agg(
            is_given=("is_given", "any"),
            dispensed=("dispensed", lambda kept: kept.sum(min_count=1)),
            prescribed=("prescribed", lambda kept: kept.sum(min_count=1)),
            is_hydroxo=("is_hydroxo", "any"),
            is_cyano=("is_cyano", "any"),
        )
        .reset_index()
    )
    start = per_date["start_date"]
    given_next = start.where(per_date["is_given"]).groupby(per_date[ON]).bfill()
    supplied = per_date["dispensed"].fillna(per_date["prescribed"]).fillna(1.0)
    interval = np.select([per_date["is_hydroxo"], per_date["is_cyano"]], [84, 30], 84)
    doses = np.where(given_next.isna(), np.floor(supplied).clip(1, 6), 1)
    per_date = per_date.assign(
        first_day=start + days(1), last_day=start + days(pd.Series(np.maximum(180, interval * doses)).astype(int))
    )
    counts = per_date["is_given"] | given_next.isna() | (given_next - start > days(28))
    swallowed = b12[~b12["is_injected"]]
    swallowed = swallowed.assign(
        first_day=swallowed["start_date"] + days(1), last_day=swallowed["last_date"] + days(30)
    )
    columns = [ON, "first_day", "last_day"]
    return pd.concat([per_date.loc[counts, columns], swallowed[columns]], ignore_index=True)


def _pregnancies(records: Frame) -> Frame:
    def dates(concept: str, name: str) -> Frame:
        rows = records.loc[records["concept"] == concept, [ON, "on_date"]].drop_duplicates()
        return rows.rename(columns={"on_date": name})

    said = dates("pregnancy", "on_date")
    both = said.merge(dates("pregnancy_end", "ended"), on=ON, how="left")
    both = both.assign(
        ended_before=both["ended"].where(both["ended"] < both["on_date"]),
        ended_next=both["ended"].where(both["ended"] >= both["on_date"]),
    )
    bounded = both.groupby([ON, "on_date"]).agg({"ended_before": "max", "ended_next": "min"}).reset_index()
    rows = bounded.merge(dates("pregnancy", "earlier"), on=ON)
    is_same = within(rows, rows["on_date"] - days(280), rows["on_date"], "earlier") & (
        rows["ended_before"].isna() | (rows["earlier"] > rows["ended_before"])
    )
    found = rows[is_same].groupby([ON, "on_date", "ended_next"], dropna=False)["earlier"].min()
    found = found.reset_index().rename(columns={"on_date": "first_day", "earlier": "first_record"})
    ends = [found["first_day"] + days(280), found["first_record"] + days(294), found["ended_next"] - days(1)]
    return found.assign(last_day=pd.concat(ends, axis=1).min(axis=1))


def _off_treatment(labs: Frame, spans: Frame, pregnancies: Frame) -> Frame:
    classed = labs[labs["rank"].notna()]

    def during(periods: Frame) -> pd.Series:
        both = classed[[ON, "result_id", "on_date"]].merge(periods[[ON, "first_day", "last_day"]], on=ON)
        return both.loc[within(both, both["first_day"], both["last_day"]), "result_id"]

    off = classed[~classed["result_id"].isin(during(spans))]
    is_pregnant = off["result_id"].isin(during(pregnancies))
    return off.assign(is_pregnant_serum=is_pregnant & (off["concept"] == "serum_b12"))


def _index(off: Frame) -> Frame:
    latest = first_by(off, ON, "on_date", "is_pregnant_serum", "rank", "pmol_l", "result_id")
    both = off[off["rank"] == 1].merge(latest[[ON, "on_date", "rank", "concept"]], on=ON, suffixes=("", "_latest"))
    is_clear = (both["concept_latest"] == "active_b12") & (both["rank_latest"] == 3)
    newest = both["on_date_latest"]
    stands = (both["rank_latest"] != 1) & ~is_clear & within(both, newest - days(90), newest - days(1))
    standing = first_by(both[stands], ON, "on_date", "is_pregnant_serum", "pmol_l", "result_id")
    return pd.concat([standing[off.columns], lacking(latest, standing[ON])], ignore_index=True)


def _features(people: Frame, labs: Frame, records: Frame, today: pd.Timestamp) -> Frame:
    blood = labs[labs["concept"].isin(["hemoglobin", "mcv"]) & (labs["on_date"] >= today - days(365))]
    blood = blood.assign(bad_first=blood["value"].where(blood["concept"] != "mcv", -blood["value"]))
    blood = first_by(blood, [ON, "concept"], "on_date", "bad_first").merge(people[[ON, "sex"]], on=ON, how="left")
    limit = np.where(blood["sex"].str[:1].str.upper().isin(["M", "1"]), 130, 120)
    is_hemoglobin, value = blood["concept"] == "hemoglobin", blood["value"]
    recent = records["concept"].isin(["neuro", "sign"]) & (records["on_date"] >= today - days(730))
    found = [
        records.loc[recent, [ON, "concept"]],
        blood.loc[is_hemoglobin & (value < limit), [ON]].assign(concept="anemia"),
        blood.loc[is_hemoglobin & (value < 80), [ON]].assign(concept="severe_anemia"),
        blood.loc[(blood["concept"] == "mcv") & (value > 100), [ON]].assign(concept="macrocytosis"),
    ]
    rows = pd.concat(found, ignore_index=True)
    rows = rows.assign(
        neuro=rows["concept"] == "neuro",
        blood=rows["concept"].isin(["anemia", "macrocytosis"]),
        severe_anemia=rows["concept"] == "severe_anemia",
    )
    return rows.groupby(ON)[["neuro", "blood", "severe_anemia"]].any().reset_index()


def _treated(index: Frame, b12: Frame) -> pd.Series:
    """The people whose gap treatment closed."""
    both = index[[ON, "index_date"]].merge(b12[[ON, "start_date", "last_date", "is_injected"]], on=ON)
    running = ~both["is_injected"] & within(both, both["start_date"], both["last_date"], "index_date")
    return both.loc[(both["start_date"] >= both["index_date"] - days(14)) | running, ON]


def _low(index: Frame, features: Frame, pregnancies: Frame, b12: Frame, today: pd.Timestamp) -> Frame:
    low = index[(index["rank"] == 1) & within(index, today - days(1095), today - days(7))]
    low = low.rename(columns={"on_date": "index_date"}).merge(features, on=ON, how="left")
    now = pregnancies[(pregnancies["first_day"] <= today) & (pregnancies["last_day"] >= today)]
    exact, below = low["comparator"].isin(["", "<="]), low["comparator"] == "<"
    is_severe = (low["concept"] == "serum_b12") & (
        (low["value"] < low["severe"]) & exact | (low["value"] <= low["severe"]) & below
    )
    had = low["neuro"].eq(True) | low["severe_anemia"].eq(True)
    is_urgent = had | is_severe | low[ON].isin(now[ON])
    low = low.assign(
        due_date=low["index_date"] + days(pd.Series(np.where(is_urgent, 7, 14), index=low.index)),
        priority=np.where(is_urgent, 1, 2),
    )
    low = low[is_urgent | (low["index_date"] <= today - days(14))]
    return lacking(low, _treated(low, b12))


def _unresolved(records: Frame, pregnancies: Frame, off: Frame, today: pd.Timestamp) -> pd.Series:
    """People pregnant now or lately whose last serum B12 from then on is not clearly normal."""
    ends = records.loc[records["concept"] == "pregnancy_end", [ON, "on_date"]].drop_duplicates()
    lately = ends[ends["on_date"] >= today - days(365)]
    both = lately.merge(ends.rename(columns={"on_date": "other"}), on=ON)
    follow = both[within(both, both["on_date"] - days(180), both["on_date"] - days(1), "other")]
    ended = lately.merge(follow[[ON, "on_date"]].drop_duplicates(), how="left", indicator=True)
    ended = first_by(ended[ended["_merge"] == "left_only"], ON, "on_date")[[ON, "on_date"]]
    of_it = ended.merge(pregnancies, on=ON, how="left")
    is_its = (of_it["ended_next"] == of_it["on_date"]) & (of_it["ended_next"] <= of_it["first_day"] + days(280))
    of_it = of_it.assign(first_record=of_it["first_record"].where(is_its))
    lately_since = of_it.groupby([ON, "on_date"])["first_record"].min().reset_index()
    lately_since = lately_since.assign(first_record=lately_since["first_record"].fillna(lately_since["on_date"]))
    now = pregnancies[(pregnancies["first_day"] <= today) & (pregnancies["last_day"] >= today)]
    concern = pd.concat([now[[ON, "first_record"]], lately_since[[ON, "first_record"]]])
    since = concern.groupby(ON)["first_record"].min().reset_index()
    serum = off[off["concept"] == "serum_b12"].merge(since, on=ON)
    serum = serum[serum["on_date"] >= serum["first_record"] - days(280)]
    last = first_by(serum, ON, "on_date", "rank", "pmol_l", "result_id")
    return last.loc[last["rank"].isin([1, 2]), ON]


def _borderline(index: Frame, features: Frame, labs: Frame, b12: Frame, today: pd.Timestamp) -> Frame:
    found = index[(index["rank"] == 2) & within(index, today - days(365), today - days(28))]
    found = found.rename(columns={"on_date": "index_date"}).merge(features, on=ON)
    markers = labs.loc[labs["concept"].isin(["mma_serum", "mma_urine", "homocysteine"]), [ON, "on_date"]]
    both = found[[ON, "index_date"]].merge(markers, on=ON)
    tested = both.loc[both["on_date"] >= both["index_date"] - days(30), ON]
    found = lacking(lacking(found, tested), _treated(found, b12))
    return found.assign(
        due_date=found["index_date"] + days(84), priority=np.select([found["neuro"], found["blood"]], [1, 2], 3)
    )


def _current(drugs: Frame, today: pd.Timestamp) -> Frame:
    """The courses of metformin and of acid suppression that run today."""
    key = [ON, "concept"]
    rows = drugs[drugs["concept"].isin(["metformin", "acid"])].sort_values([*key, "start_date", "last_date"])
    covered = rows.groupby(key)["last_date"].cummax().groupby([rows[ON], rows["concept"]]).shift()
    begins = rows["start_date"] - covered > days(90)
    rows = rows.assign(
        course=begins.groupby([rows[ON], rows["concept"]]).cumsum(),
        dose=rows["dose_mg"].where(rows["last_date"] >= today - days(365)),
    )
    courses = rows.groupby([*key, "course"]).agg(
        since=("start_date", "min"), ends=("last_date", "max"), newest=("start_date", "max"), dose=("dose", "median")
    )
    courses = courses[(courses["ends"] >= today) | (courses["newest"] >= today - days(120))].reset_index()
    courses = courses.sort_values("since").drop_duplicates(key)
    return courses.assign(days=(today - courses["since"]).dt.days)


def _metformin(drugs: Frame, labs: Frame, records: Frame, features: Frame, spans: Frame, today: pd.Timestamp) -> Frame:
    current = _current(drugs, today)
    tests = labs[labs["concept"].isin(["serum_b12", "active_b12"])]
    last = first_by(tests, ON, "on_date", "rank", "pmol_l")[[ON, "on_date", "rank"]]
    neuro = records[records["concept"] == "neuro"].groupby(ON)["on_date"].min().rename("neuro_since").reset_index()
    acid = (current["concept"] == "acid") & (current["days"] >= 365)
    risky = pd.concat(
        [
            current.loc[acid, ON],
            records.loc[records["concept"] == "malabsorption", ON],
            labs.loc[labs["rank"] == 2, ON],
        ]
    )
    rows = lacking(current[current["concept"] == "metformin"], spans.loc[spans["last_day"] >= today, ON])
    rows = rows.merge(last, on=ON, how="left").merge(neuro, on=ON, how="left").merge(features, on=ON, how="left")
    is_long = rows["days"] >= 180
    is_a = rows[ON].isin(features[ON]) & is_long
    at_risk = is_a | is_long & ((rows["dose"] >= 1500) | rows[ON].isin(risky))
    again = days(pd.Series(np.where(~is_a & (rows["rank"] == 3), 730, 365), index=rows.index))
    answered = rows["on_date"] >= rows["neuro_since"]
    first = rows["since"] + days(pd.Series(np.where(at_risk, 180, 1461), index=rows.index))
    has_neuro = rows["neuro"].eq(True)
    listed = (at_risk | (rows["days"] >= 1461)) & ~(rows["on_date"] >= today - again)
    return rows.assign(
        index_date=rows["since"],
        due_date=(rows["on_date"] + again).fillna(first),
        priority=np.select([~is_a, has_neuro & ~answered], [3, 1], 2),
    )[listed]
