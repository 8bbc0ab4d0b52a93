"""The rows of the pathway, treatment, pregnancy and signs, in pandas: the first two parts of ``three_lists.sql``."""

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


def read_labs(extracts: Path, today: pd.Timestamp) -> Frame:
    """Results of the pathway as known today, with ``rank``: 1 low, 2 in between, 3 high, null without limits."""
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


def read_drugs(extracts: Path, today: pd.Timestamp) -> Frame:
    """Prescriptions of the pathway as known today, each with its last date."""
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


def read_records(extracts: Path, today: pd.Timestamp, labs: Frame) -> Frame:
    """Diagnoses, procedures and positive antibodies, by concept and date."""

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


def out_of_scope(people: Frame, records: Frame, today: pd.Timestamp) -> pd.Series:
    """The people whom no list is about: gone, not registered, too young, or in palliative care."""
    birth, death, since, until = (
        pd.to_datetime(people[name]) for name in ("birth_date", "death_date", "registered_from", "registered_until")
    )
    gone = (death <= today) | (since > today) | (until < today) | (birth + pd.DateOffset(years=16) > today)
    return pd.concat([people.loc[gone, ON], records.loc[records["concept"] == "palliative_care", ON]])


def treatment_spans(drugs: Frame) -> Frame:
    """From when to when each person counts as treated."""
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


def pregnancy_spans(records: Frame) -> Frame:
    """From when to when each pregnancy counts as running, and its first record."""

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


def off_treatment(labs: Frame, spans: Frame, pregnancies: Frame) -> Frame:
    """B12 results with a rank that no treatment covers."""
    classed = labs[labs["rank"].notna()]

    def during(periods: Frame) -> pd.Series:
        both = classed[[ON, "result_id", "on_date"]].merge(periods[[ON, "first_day", "last_day"]], on=ON)
        return both.loc[within(both, both["first_day"], both["last_day"]), "result_id"]

    off = classed[~classed["result_id"].isin(during(spans))]
    is_pregnant = off["result_id"].isin(during(pregnancies))
    return off.assign(is_pregnant_serum=is_pregnant & (off["concept"] == "serum_b12"))


def deciding_results(off: Frame) -> Frame:
    """The one B12 result that decides for each person: a low one stands for 90 days."""
    latest = first_by(off, ON, "on_date", "is_pregnant_serum", "rank", "pmol_l", "result_id")
    both = off[off["rank"] == 1].merge(latest[[ON, "on_date", "rank", "concept"]], on=ON, suffixes=("", "_latest"))
    is_clear = (both["concept_latest"] == "active_b12") & (both["rank_latest"] == 3)
    newest = both["on_date_latest"]
    stands = (both["rank_latest"] != 1) & ~is_clear & within(both, newest - days(90), newest - days(1))
    standing = first_by(both[stands], ON, "on_date", "is_pregnant_serum", "pmol_l", "result_id")
    return pd.concat([standing[off.columns], lacking(latest, standing[ON])], ignore_index=True)


def signs(people: Frame, labs: Frame, records: Frame, today: pd.Timestamp) -> Frame:
    """Neurological records, anemia and macrocytosis, a row per person."""
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
