"""Laws of reading and of time, on deliveries drawn at random: what may change an answer, and what may not."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.contract import CORE_TABLES
from pipelines.ingest.core import Core
from pipelines.profile import load_profile
from pipelines.worklists import judge
from tests.clinic import Clinic

FIRST, LAST = date(2025, 1, 1), date(2026, 6, 30)
"""The days on which drawn events happen; reports follow up to sixty days later."""
NIGHTS = [date(2026, 9, 1) + timedelta(days=day) for day in range(5)]
"""Nights after everything that was drawn, so that no row is of the future in any of them."""
PEOPLE = [f"p{number:02}" for number in range(15)]
WHERE_READ = ("source_file", "source_row")
"""Columns that say where a row was read, which is where it stood last."""

law = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # a smaller seed is not a smaller case
seeds = st.integers(0, 2**32 - 1)
Rows = dict[str, list[dict[str, str]]]


def a_day(draw: Random) -> date:
    return FIRST + timedelta(days=draw.randrange((LAST - FIRST).days + 1))


def versions_of(draw: Random, fact: dict[str, str], on: date, said: str, change: partial) -> Iterable[dict[str, str]]:
    """A fact and now and then later versions of it, each said at a time of its own, in any order."""
    at = datetime.combine(on, datetime.min.time()) + timedelta(minutes=draw.randrange(1440))
    rows = [fact | {said: at.isoformat()}]
    while draw.random() < 0.35:
        at += timedelta(hours=draw.randrange(1, 500))
        rows.append(fact | change(draw) | {said: at.isoformat()})
    draw.shuffle(rows)
    return rows


TESTS = {
    "2132-9": ("ng/L", 60, 320),
    "718-7": ("g/L", 80, 160),
    "13964-2": ("nmol/L", 150, 900),
    "2823-3": ("mmol/L", 3, 6),
}
"""Codes with their unit and the range that values are drawn from: B12, hemoglobin, MMA, and one off the pathway."""


def another_result(draw: Random, code: str, known: list[str]) -> dict[str, str]:
    value = str(draw.randrange(*TESTS[code][1:]))
    return draw.choice(
        (
            {"status": "C", "value": value},
            {"status": "A", "value": "haemolysed"},
            {"status": "P", "value": value},
            {"status": "X", "value": ""},
            {"status": "C", "test_code": "2823-3", "test_name": "Potassium"},
            {"status": "F", "replaces": draw.choice(known)},
        )
    )


def drawn_labs(draw: Random) -> list[dict[str, str]]:
    rows, known = [], ["r0"]
    for number in range(60):
        code, on = draw.choice(("2132-9", "2132-9", *TESTS)), a_day(draw)
        unit, low, high = TESTS[code]
        fact = {
            "patient_id": draw.choice(PEOPLE), "result_id": f"r{number}", "test_code": code, "test_name": "",
            "value": str(draw.randrange(low, high)), "unit": unit, "collected_at": str(on),
            "reported_at": "", "status": draw.choice("FFFFP"), "replaces": "",
        }  # fmt: skip
        rows += versions_of(draw, fact, on, "reported_at", partial(another_result, code=code, known=known))
        known.append(f"r{number}")
    return rows


def drawn_prescriptions(draw: Random) -> list[dict[str, str]]:
    names = (
        "Metformin 500 mg tablets",
        "Hydroxocobalamin 1 mg/ml injection",
        "Cyanocobalamin 50 mcg tablets",
        "Aspirin 75 mg",
    )
    ended = (
        {"status": "cancelled"},
        {"status": "stopped", "end_date": str(LAST)},
        {"status": "entered-in-error"},
        {"days_supply": "56"},
    )
    rows = []
    for number in range(30):
        on = a_day(draw)
        fact = {
            "patient_id": draw.choice(PEOPLE), "prescription_id": f"x{number}", "drug_name": draw.choice(names),
            "start_date": str(on), "end_date": "", "days_supply": draw.choice(("", "28", "84")),
            "status": draw.choice(("active", "completed")), "recorded_at": "",
        }  # fmt: skip
        rows += versions_of(draw, fact, on, "recorded_at", lambda draw: draw.choice(ended))
    return rows


def drawn_diagnoses(draw: Random) -> list[dict[str, str]]:
    rows, said = [], ("refuted", "provisional", "confirmed")
    for number in range(20):
        on = a_day(draw)
        fact = {
            "patient_id": draw.choice(PEOPLE), "diagnosis_id": draw.choice((f"d{number}", "")),
            "diagnosis_code": draw.choice(("D51.0", "E11.9", "K90.0", "R20.2", "I10", "O09.90")), "code_system": "ICD10CM",
            "recorded_date": str(on), "status": "", "recorded_at": "",
        }  # fmt: skip
        rows += versions_of(draw, fact, on, "recorded_at", lambda draw: {"status": draw.choice(said)})
    return rows


def drawn_patients(draw: Random) -> list[dict[str, str]]:
    rows = []
    for person in PEOPLE[:-3]:  # some are known by their rows alone
        fact = {
            "patient_id": person,
            "birth_date": f"{draw.randrange(1930, 2000)}-05-01",
            "sex": draw.choice("FM"),
            "site": "north",
        }
        rows += versions_of(
            draw, fact, a_day(draw), "recorded_at", lambda draw: {"site": draw.choice(("north", "south"))}
        )
    return rows


def drawn(seed: int) -> Rows:
    """Four extract tables of fifteen people, with corrections, withdrawals and replacements among them."""
    draw = Random(seed)
    makers = {
        "labs": drawn_labs,
        "prescriptions": drawn_prescriptions,
        "diagnoses": drawn_diagnoses,
        "patients": drawn_patients,
    }
    return {table: make(draw) for table, make in makers.items()}


def csv_of(rows: list[dict[str, str]], header: Iterable[str] = ()) -> bytes:
    text = io.StringIO()
    names = list(dict.fromkeys([*header, *(name for row in rows for name in row)]))
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def put_all(clinic: Clinic, deliveries: dict[str, list[list[dict[str, str]]]], upto: int | None = None) -> None:
    """Lay the parts of each table among the extracts, a file each, in order of name."""
    for table, parts in deliveries.items():
        header = list(dict.fromkeys(name for part in parts for row in part for name in row))
        for number, part in enumerate(parts[:upto], start=1):
            clinic.put(f"{table}_{number:03}.csv", csv_of(part, header))


def parted(draw: Random, rows: Rows, parts: int) -> dict[str, list[list[dict[str, str]]]]:
    """Each row in one of so many parts, whenever it became known: a late feed is nothing special."""
    found = {table: [[] for _ in range(parts)] for table in rows}
    for table, all_rows in rows.items():
        for row in all_rows:
            found[table][draw.randrange(parts)].append(row)
    return found


def lists(core: Core, as_of: date) -> dict[str, pl.DataFrame]:
    """The care gaps and their evidence, in a total order."""
    judgement = judge(
        {table: core.scan(table) for table in core.rows},
        as_of=as_of,
        profile=load_profile("uk_nice_ng239"),
        delivered=core.delivered,
        first_exposure=core.first_exposure,
    )
    return {"care_gap": judgement.care_gap, "evidence": judgement.evidence}


def answer(clinic: Clinic, as_of: date = NIGHTS[-1], known_at: date | None = None) -> dict[str, pl.DataFrame]:
    """Everything that a run on these dates would publish of people: the core tables and the lists."""
    core = clinic.core(str(as_of), str(known_at or as_of))
    return {table: core.scan(table).collect() for table in CORE_TABLES} | lists(core, as_of)


def assert_same(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame], *, but: Iterable[str] = ()) -> None:
    for table, rows in left.items():
        compared = [name for name in rows.columns if name not in but]
        assert_frame_equal(rows.select(compared), right[table].select(compared), check_row_order=False)


def clinics(number: int, **settings: object) -> Iterable[Clinic]:
    """So many clinics in folders of their own, which last until the next ones are asked for."""
    with TemporaryDirectory() as folder:
        for which in range(number):
            (Path(folder) / str(which)).mkdir()
        yield [Clinic(Path(folder) / str(which), **settings) for which in range(number)]


def test_what_is_drawn_reaches_lists_and_every_way_a_version_can_end(tmp_path):
    """A law about rows that nothing happens to says nothing."""
    clinic = Clinic(tmp_path)
    for seed in range(3):
        rows = drawn(seed)
        put_all(clinic, {table: [rows[table]] for table in rows})
        for path in clinic.extracts.glob("*_001.csv"):
            path.rename(path.with_name(path.name.replace("001", f"9{seed}")))
    clinic.night(str(NIGHTS[0]))
    gaps = answer(clinic)["care_gap"]
    assert gaps.filter(pl.col("closed_by").is_null())["worklist"].n_unique() >= 5
    assert gaps["closed_by"].drop_nulls().n_unique() >= 3
    assert set(clinic.part("withdrawal")["because"]) == {"status", "off_pathway", "quarantined"}
    assert clinic.part("measurement")["replaces"].drop_nulls().len() > 0
    assert {"preliminary", "corrected", "final"} <= set(clinic.part("measurement")["status"])


# --- conservation --------------------------------------------------------------------------------------------------

CELLS = {
    "patient_id": st.sampled_from(["p1", "p2", "", " p1 ", "\t"]),
    "result_id": st.sampled_from(["r1", "r2", "", "r'3", 'r"4']),
    "test_code": st.sampled_from(["2132-9", " 2132-9", "2132-9\t", "2823-3", "", "\t", "\u00a0", "\u2003", "'; --"]),
    "test_name": st.sampled_from(["", "Vitamin B12", "Potassium", "\t", "a\nb", "B12, serum", "\x1c"]),
    "code_system": st.sampled_from(["", "LOINC", "LOCAL", "\t"]),
    "value": st.sampled_from(["90", "<150", "1,234", "", "haemolysed", "1e400", "-1", "\u00b5", '5"']),
    "unit": st.sampled_from(["ng/L", "pmol/L", "", "furlong"]),
    "collected_at": st.sampled_from(
        ["2026-01-01", "2026-01-01T08:30:00Z", "", "01/02/2026", "2099-01-01", "0000-00-00"]
    ),
    "reported_at": st.sampled_from(["", "2026-01-02", "never"]),
    "status": st.sampled_from(["", "F", "C", "X", "P", "??", "\tC"]),
    "replaces": st.sampled_from(["", "r1", "r9"]),
}
messy_rows = st.lists(st.fixed_dictionaries(CELLS), max_size=25)
CORRECTING_WITHOUT_A_CODE = dict.fromkeys(CELLS, "") | {"result_id": "r1", "status": "C"}
"""Let through by its status, whatever it is of; a blank code must not be counted as one off the pathway besides."""


@settings(max_examples=25, deadline=None)
@given(rows=messy_rows)
@example(rows=[CORRECTING_WITHOUT_A_CODE | {"test_code": blank} for blank in ("", "\t", "\u00a0", "\u2003")])
def test_every_record_is_kept_or_off_the_pathway_or_quarantined_exactly_once(rows):
    for (clinic,) in clinics(1):
        clinic.put("labs_1.csv", csv_of(rows, CELLS))
        (entry,) = [entry for entry in clinic.night().read if entry.file == "labs_1.csv"]
        assert entry.rows_read == len(rows)
        assert entry.conserved, entry
        quarantined = clinic.part("quarantine")
        kept = [clinic.part("measurement"), clinic.part("withdrawal")]
        placed = {row for frame in kept if frame.height for row in frame.filter(_by_its_status(frame))["source_row"]}
        refused = quarantined["source_row"].to_list() if quarantined.height else []
        assert len(refused) == len(set(refused)) == entry.rows_quarantined
        assert not placed & set(refused)
        assert len(placed) == entry.rows_kept


def _by_its_status(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("because") == "status" if "because" in frame.columns else pl.lit(value=True)


def a_good_line(number: int) -> bytes:
    return f"p{number},r{number},2132-9,90,ng/L,2026-01-01\n".encode()


good_lines = st.integers(0, 500).map(a_good_line)
broken_lines = st.binary(max_size=40).map(lambda noise: noise.replace(b"\n", b"") + b"\n")
broken_with_quotes = st.text(alphabet='",pr1 \r\0é', max_size=30).map(lambda noise: noise.encode() + b"\n")


@settings(max_examples=25, deadline=None)
@given(lines=st.lists(good_lines | broken_lines | broken_with_quotes, min_size=1, max_size=30))
@example(lines=[a_good_line(1), b'p2,"r2,2132-9,90,ng/L,2026-01-01\n', a_good_line(3)])
def test_no_noise_takes_a_good_record_with_it(lines):
    good = [line for line in lines if line in {a_good_line(number) for number in range(501)}]
    for (clinic,) in clinics(1):
        clinic.put("labs_1.csv", b"patient_id,result_id,test_code,value,unit,collected_at\n" + b"".join(lines))
        (entry,) = [entry for entry in clinic.night().read if entry.file == "labs_1.csv"]
        assert entry.conserved, entry
        assert len(good) <= entry.rows_read <= len(lines)
        kept = clinic.part("measurement")
        assert kept.height >= len(good)
        assert {line.split(b",")[1].decode() for line in good} <= set(kept["measurement_id"] if kept.height else [])


# --- order, repetition, time ---------------------------------------------------------------------------------------


@law
@given(seed=seeds)
def test_the_order_of_rows_within_a_file_changes_nothing(seed):
    draw, rows = Random(seed), drawn(seed)
    for one, other in clinics(2):
        put_all(one, {table: [found] for table, found in rows.items()})
        put_all(other, {table: [draw.sample(found, len(found))] for table, found in rows.items()})
        for clinic in (one, other):
            clinic.night(str(NIGHTS[0]))
        assert_same(answer(one), answer(other), but=WHERE_READ)


@law
@given(seed=seeds)
def test_rows_twice_and_a_full_redelivery_change_nothing(seed):
    draw, rows = Random(seed), drawn(seed)
    for (clinic,) in clinics(1):
        put_all(clinic, {table: [found] for table, found in rows.items()})
        clinic.night(str(NIGHTS[0]))
        before = answer(clinic)
        twice = {table: draw.sample([*found, *found], 2 * len(found)) for table, found in rows.items()}
        put_all(clinic, {table: [rows[table], found] for table, found in twice.items()})
        assert len(clinic.night(str(NIGHTS[1])).read) == len(rows)
        assert_same(before, answer(clinic), but=WHERE_READ)


@law
@given(seed=seeds, cut=st.integers(100, 560))
def test_what_is_dated_or_known_later_changes_nothing_and_a_past_run_repeats(seed, cut):
    known_at = FIRST + timedelta(days=cut)
    rows = drawn(seed)
    early, late = ({table: [] for table in rows} for _ in range(2))
    for table, found in rows.items():
        for row in found:
            said = date.fromisoformat(row.get("reported_at", row.get("recorded_at"))[:10])
            (early if said <= known_at else late)[table].append(row)
    for (clinic,) in clinics(1):
        put_all(clinic, {table: [found] for table, found in early.items() if found})
        clinic.night(str(known_at))
        then = answer(clinic, known_at)
        # the later rows, a table at a time as feeds begin, and then everything again
        put_all(clinic, {table: [early[table], found] for table, found in late.items()})
        clinic.night(str(NIGHTS[0]))
        put_all(clinic, {table: [early[table], late[table], [*found[::-1], *found]] for table, found in rows.items()})
        clinic.night(str(NIGHTS[1]))
        assert_same(then, answer(clinic, known_at), but=WHERE_READ)
        # of what is known now, events after the date are not seen either
        for day, table in (("measurement_date", "measurement"), ("drug_exposure_start_date", "drug_exposure")):
            assert answer(clinic, known_at, NIGHTS[-1])[table].filter(pl.col(day) > known_at).is_empty()


@law
@given(seed=seeds)
def test_a_table_that_begins_later_changes_no_past_run(seed):
    known_at, rows = date(2025, 9, 1), drawn(seed)
    later = [row | {"recorded_date": str(NIGHTS[0]), "recorded_at": str(NIGHTS[0])} for row in rows["diagnoses"]]
    for (clinic,) in clinics(1):
        known = {
            table: [[row for row in found if (row.get("reported_at") or row["recorded_at"]) < str(known_at)]]
            for table, found in rows.items()
            if table != "diagnoses"
        }
        put_all(clinic, known)
        clinic.night(str(known_at))
        then = answer(clinic, known_at)
        put_all(clinic, known | {"diagnoses": [later]})
        clinic.night(str(NIGHTS[0]))
        assert_same(then, answer(clinic, known_at))


@law
@given(seed=seeds, nights=st.integers(2, 3))
def test_night_by_night_is_all_at_once(seed, nights):
    draw, rows = Random(seed), drawn(seed)
    # a withdrawal without a time of its own holds whenever it was read
    rows["labs"] += [
        {"patient_id": "", "result_id": f"r{draw.randrange(60)}", "test_code": "2132-9", "value": "", "status": "X"}
    ]
    parts = parted(draw, rows, nights)
    for incremental, rebuilt in clinics(2):
        for night in range(nights):
            put_all(incremental, parts, upto=night + 1)
            incremental.night(str(NIGHTS[night]))
        put_all(rebuilt, parts)
        rebuilt.night(str(NIGHTS[nights - 1]))
        assert_same(answer(incremental), answer(rebuilt))
        assert incremental.core(str(NIGHTS[-1])).rows == rebuilt.core(str(NIGHTS[-1])).rows


TIED = {
    "labs": (
        "patient_id | result_id | test_code | value | unit | collected_at | reported_at",
        (
            "p1 | r1 | 2132-9 | 90 | ng/L | 2026-01-01 | 2026-01-02",
            "p1 | r1 | 2132-9 | 150 | ng/L | 2026-01-01 | 2026-01-02",
        ),
        ("measurement", "value_reported", ("90", "150")),
    ),
    "prescriptions": (
        "patient_id | prescription_id | drug_name | start_date | days_supply",
        ("p1 | x1 | Metformin 500 mg | 2026-01-01 | 28", "p1 | x1 | Metformin 500 mg | 2026-01-01 | 56"),
        ("drug_exposure", "days_supply", (28.0, 56.0)),
    ),
    "diagnoses": (
        "patient_id | diagnosis_id | diagnosis_code | code_system | recorded_date | recorded_at",
        ("p1 | d1 | D51.0 | ICD10CM | 2026-01-01 | 2026-01-02", "p1 | d1 | E53.8 | ICD10CM | 2026-01-01 | 2026-01-02"),
        ("condition_occurrence", "source_code", ("D51.0", "E53.8")),
    ),
    "patients": (
        "patient_id | birth_date | site | recorded_at",
        ("p1 | 1950-01-01 | north | 2026-01-01", "p1 | 1950-01-01 | south | 2026-01-01"),
        ("person", "site", ("north", "south")),
    ),
}


@pytest.mark.parametrize("table", TIED)
@pytest.mark.parametrize("wins", [0, 1])
def test_of_two_versions_of_one_time_the_later_row_and_then_the_file_read_later_counts(tmp_path, table, wins):
    header, rows, (core, column, values) = TIED[table]
    last, first = rows[wins], rows[1 - wins]
    clinic = Clinic(tmp_path)
    clinic.put(f"{table}_b.csv", "\n".join([header, first, last]))
    clinic.night(str(NIGHTS[0]))
    assert clinic.table(core, column, as_of=str(NIGHTS[0])) == [(values[wins],)]
    clinic.put(f"{table}_a.csv", "\n".join([header, first]))  # an earlier name, a later night
    clinic.night(str(NIGHTS[1]))
    assert clinic.table(core, column, as_of=str(NIGHTS[1])) == [(values[1 - wins],)]


# --- mappings and names --------------------------------------------------------------------------------------------

LOCAL = {"code": [{"table": "labs", "code_system": "LOCAL", "concepts": {"VB12": "serum_b12", "HB": "hemoglobin"}}]}
UNITS = {"source": [{"name": "default", "labs": {"units": {"VB12": "ng/L", "HB": "g/L"}}}]}


@pytest.mark.parametrize(
    ("before", "after", "read_again"),
    [
        (UNITS, UNITS | LOCAL, {"labs_000.csv", "labs_001.csv", "labs_002.csv"}),
        (LOCAL, LOCAL | UNITS, {"labs_000.csv", "labs_001.csv", "labs_002.csv"}),
        (LOCAL | UNITS, UNITS, {"labs_000.csv", "labs_001.csv", "labs_002.csv"}),
        (LOCAL | UNITS, LOCAL | UNITS | {"profile": "us", "absent": ["vegan_diet"], "keep_publications": 2}, set()),
    ],
    ids=["codes come", "units come", "codes go", "what decides nothing of the reading"],
)
def test_a_changed_mapping_reads_the_files_it_concerns_again_and_ends_as_if_it_had_always_been(
    tmp_path, before, after, read_again
):
    draw, rows = Random(7), drawn(7)
    local = {"2132-9": "VB12", "718-7": "HB"}
    for row in rows["labs"]:
        row["code_system"] = "LOCAL" if row["test_code"] in local else "LOINC"
        row["unit"] = "" if row["test_code"] in local else row["unit"]
        row["test_code"] = local.get(row["test_code"], row["test_code"])
    parts = parted(draw, rows, 2)
    for name in ("changed", "always"):
        (tmp_path / name).mkdir()
    changed, always = Clinic(tmp_path / "changed", **before), Clinic(tmp_path / "always", **after)
    for night in range(2):
        for clinic in (changed, always):
            put_all(clinic, parts, upto=night + 1)
            clinic.night(str(NIGHTS[night]))
    changed.settings = always.settings
    intake = changed.night(str(NIGHTS[2]))
    assert {entry.file for entry in intake.read} == read_again
    assert intake.unchanged == len(list(changed.extracts.iterdir())) - len(read_again)
    assert_same(answer(changed), answer(always))


def test_a_file_that_is_read_again_keeps_its_place_and_the_day_it_came(tmp_path):
    header, (early, late), _ = TIED["labs"]
    clinic = Clinic(tmp_path)
    undated = "p2 | r2 | 2132-9 | {} | ng/L | {} |"
    clinic.put(
        "labs_b.csv", "\n".join([header + " | status", early + " | F", undated.format(90, "2026-01-01") + " | F"])
    )
    clinic.night(str(NIGHTS[0]))
    clinic.put("labs_a.csv", "\n".join([header + " | status", late + " | F", undated.format("", "") + " | X"]))
    clinic.night(str(NIGHTS[1]))
    before = [answer(clinic, night) for night in NIGHTS[:3]]
    found = [rows["measurement"].sort("measurement_id")["value_reported"].to_list() for rows in before]
    assert found == [["150", "90"], ["150"], ["150"]]  # r2 was withdrawn on the second night
    clinic.settings = clinic.settings.model_validate(UNITS)
    assert len(clinic.night(str(NIGHTS[2])).read) == 3
    for night, then in zip(NIGHTS, before, strict=False):
        assert_same(then, answer(clinic, night))


def test_a_file_that_is_gone_when_the_mapping_changes_is_named_and_stays_as_it_was_read(tmp_path):
    clinic = Clinic(tmp_path)
    path = clinic.put(
        "labs_1.csv",
        "patient_id | result_id | test_code | value | unit | collected_at\np1 | r1 | 2132-9 | 90 | ng/L | 2026-01-01",
    )
    clinic.night()
    before = answer(clinic)
    path.unlink()
    clinic.settings = clinic.settings.model_validate(LOCAL)
    assert [entry.file for entry in clinic.night().outdated] == ["labs_1.csv"]
    assert_same(before, answer(clinic))


def test_the_same_content_is_read_once_whatever_its_name(tmp_path):
    clinic, rows = Clinic(tmp_path), drawn(1)["labs"]
    clinic.put("labs_1.csv", csv_of(rows))
    clinic.put("labs_2.csv", csv_of(rows))
    assert [entry.file for entry in clinic.night().read] == ["labs_000.csv", "labs_1.csv", "prescriptions_000.csv"]
    before = answer(clinic)
    clinic.put("labs/2026/part-9.csv", csv_of(rows))
    (clinic.extracts / "labs_1.csv").unlink()
    intake = clinic.night("2026-11-21")
    assert (intake.read, intake.unchanged) == ((), 4)
    assert_same(before, answer(clinic))


@pytest.mark.parametrize("change", [b"", b"p9,r9,2132-9,90,ng/L,2026-01-01\n"])
def test_the_same_name_with_another_content_is_another_file(tmp_path, change):
    clinic = Clinic(tmp_path)
    start = b"patient_id,result_id,test_code,value,unit,collected_at\np1,r1,2132-9,90,ng/L,2026-01-01\n"
    clinic.put("labs_1.csv", start)
    clinic.night()
    clinic.put("labs_1.csv", start + change)
    assert len(clinic.night("2026-11-21").read) == bool(change)
    assert clinic.table("measurement", "measurement_id") == [("r1",), ("r9",)][: 1 + bool(change)]
