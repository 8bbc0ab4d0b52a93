"""The engine: what every list gets without asking."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from pipelines.clinical._term import terms
from pipelines.contract import CORE_TABLES, core_schema, empty
from pipelines.errors import B12Error, ConfigurationError
from pipelines.measures import measure_numbers, measures
from pipelines.profile import load_profile
from pipelines.worklists import definition_hash, judge, worklists
from pipelines.worklists._build import Build, planned
from pipelines.worklists._definition import parameters, tables_without_rows
from pipelines.worklists._registry import closure
from pipelines.worklists._worklist import care_gap
from tests.tables import EVERYTHING, exposures, tables_of

LOW = {
    "measurement": """
        person_id | concept   | measurement_date | value
        1         | serum_b12 | 2026-08-03       | 98
    """
}


def judged(given, **settings):
    known = {
        "as_of": date(2026, 11, 22),
        "profile": load_profile("uk_nice_ng239"),
        "delivered": EVERYTHING,
        "first_exposure": exposures(None),
    }
    tables = {table: rows.lazy() for table, rows in tables_of(given).items()}
    return judge(tables, **(known | settings))


def test_no_rows_give_no_gaps_in_the_columns_of_the_contract():
    judgement = judge(
        {table: empty(table).lazy() for table in CORE_TABLES},
        as_of=date(2026, 11, 22),
        profile=load_profile("us"),
        delivered=frozenset(),
        first_exposure=exposures(None).clear(),
    )
    assert judgement.care_gap.is_empty()
    assert judgement.care_gap.schema == core_schema("care_gap")
    assert judgement.evidence.schema == core_schema("evidence")


def test_a_list_is_judged_after_those_it_names():
    order = list(worklists())
    for worklist in worklists().values():
        assert all(order.index(named) < order.index(worklist.name) for named in worklist.lists)


def test_every_list_says_what_it_is():
    for worklist in worklists().values():
        assert worklist.title
        assert worklist.action
        assert worklist.owner
        assert worklist.source.url
        assert worklist.rationale
        assert worklist.module == f"pipelines.worklists.{worklist.name}"
        assert "person" in worklist.inputs
        assert len(worklist.inputs) == len(worklist.extracts)


def test_only_the_lists_asked_for_come_out():
    judgement = judged(LOW, lists=["borderline_without_mma", "low_b12_untreated"])
    assert judgement.care_gap["worklist"].to_list() == ["low_b12_untreated"]
    assert set(judgement.parameters) == set(judgement.inputs) == {"borderline_without_mma", "low_b12_untreated"}


def test_a_list_that_does_not_exist_is_named():
    with pytest.raises(ConfigurationError, match=r"No worklist named 'low_b12'.*low_b12_untreated"):
        judged(LOW, lists=["low_b12"])


def test_the_item_key_names_the_list_the_person_and_the_episode():
    def key(**changes):
        measurement = LOW["measurement"].replace("2026-08-03", changes.get("date", "2026-08-03"))
        measurement = measurement.replace("1         |", f"{changes.get('person', '1')}         |")
        return judged({"measurement": measurement}, lists=["low_b12_untreated"]).care_gap["item_key"].item()

    assert key() == hashlib.sha256(b"low_b12_untreated\n1\n2026-08-03").hexdigest()[:16]
    assert len({key(), key(date="2026-08-04"), key(person="2")}) == 3


def test_evidence_is_said_as_it_was_reported():
    evidence = judged(
        {
            "measurement": """
                person_id | concept   | measurement_date | value | value_reported | unit_reported | comparator | unit_family | value_in_family
                1         | serum_b12 | 2026-08-03       | 73.8  | <100           | ng/L          | <          | mass        | 100
                2         | serum_b12 | 2026-08-03       | 73.8  | 100            | ng/L          | <          | mass        | 100
                3         | serum_b12 | 2026-08-03       | 73.8  | below 100      | ng/L          | <          | mass        | 100
                4         | serum_b12 | 2026-08-03       | 98    | 98             |               | =          | substance   | 98
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date | source_name
                4         | neuropathy | 2026-08-03           | Polyneuropathy
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | source_name | kind         | daily_dose | dose_unit
                4         | b12_injectable | 2026-08-04               |             | administered |            |
                3         | b12_oral       | 2026-08-04               | Orobalin    | dispensed    | 1000       | mcg
            """,
        },
        lists=["low_b12_untreated"],
    ).evidence
    said = evidence.sort("person_id", "role").select("person_id", "role", "text", "value", "unit", "source_file")
    assert said.rows() == [
        ("1", "index", "Serum B12 <100 ng/L", 73.8, "pmol/L", "measurement.csv"),
        ("2", "index", "Serum B12 <100 ng/L", 73.8, "pmol/L", "measurement.csv"),
        ("3", "closed_by", "Orobalin, dispensed", 1000.0, "mcg", "drug_exposure.csv"),
        ("3", "index", "Serum B12 below 100 ng/L", 73.8, "pmol/L", "measurement.csv"),
        ("4", "closed_by", "B12 injection, administered", None, None, "drug_exposure.csv"),
        ("4", "index", "Serum B12 98", 98.0, "pmol/L", "measurement.csv"),
        ("4", "neuro", "Polyneuropathy", None, None, "condition_occurrence.csv"),
    ]


def test_flags_say_what_is_not_known_of_a_person_and_what_was_never_delivered():
    given = LOW | {
        "person": """
            person_id | birth_date | in_patients
            1         |            | false
        """
    }
    gaps = judged(given, delivered=frozenset({"labs", "prescriptions"}), lists=["low_b12_untreated"]).care_gap
    assert gaps["flags"].to_list() == [["age_unknown", "diagnoses_not_seen", "not_in_patients", "patients_not_seen"]]


def test_rows_of_two_files_with_one_name_are_told_apart():
    """Paths are those below the folder of a source: two sources may both deliver labs.csv."""
    given = {
        "measurement": """
            person_id | measurement_id | concept   | measurement_date | value | source_file | source_row
            1         | x              | serum_b12 | 2026-08-03       | 98    | labs.csv    | 1
            2         | y              | serum_b12 | 2026-08-03       | 99    | labs.csv    | 1
        """
    }
    evidence = judged(given, lists=["low_b12_untreated"]).evidence
    assert sorted(evidence.select("person_id", "event_id").rows()) == [("1", "x"), ("2", "y")]


def test_a_rule_that_names_a_person_twice_is_refused():
    twice = pl.DataFrame({"person_id": [7, 7]})
    with pytest.raises(B12Error, match="low_b12_untreated names a person twice"):
        care_gap(worklists()["low_b12_untreated"], twice, EVERYTHING)


def test_parameters_are_the_numbers_that_a_list_and_its_terms_read():
    profile = load_profile("us", {"low_b12_untreated.after_days": 10})
    read = judged(LOW, profile=profile).parameters
    assert read["low_b12_untreated"]["low_b12_untreated.after_days"] == 10
    assert read["low_b12_untreated"]["b12_total.mass_low_ng_l"] == 180
    assert "metformin_unmonitored.min_days" not in read["low_b12_untreated"]
    for name, worklist in worklists().items():
        assert read[name] == parameters(worklist, profile), "planned without a row and run are the same"


def test_every_number_of_the_profile_is_read_by_some_list_or_measure():
    profile = load_profile("uk_nice_ng239")
    read = set().union(*(parameters(worklist, profile) for worklist in worklists().values()))
    read = read.union(*(measure_numbers(measure, profile) for measure in measures().values()))
    read |= {number for number in profile if number.startswith("measure.")}  # read by the counting of all of them
    assert set(profile) - read == set()


def test_the_definition_hash_is_the_same_in_every_process():
    """Each interpreter lays its objects elsewhere, and hashes text with another seed."""
    ask = (
        "from pipelines.profile import load_profile\n"
        "from pipelines.worklists import definition_hash, worklists\n"
        "print([definition_hash(each, load_profile('us'), 'codes') for each in worklists().values()])"
    )
    told = [
        subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=120, check=True).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]


def test_the_definition_hash_follows_numbers_and_codes_of_the_list_and_nothing_else():
    low = worklists()["low_b12_untreated"]
    plain = definition_hash(low, load_profile("us"), "codes-1")
    assert plain == definition_hash(low, load_profile("us"), "codes-1")
    assert plain != definition_hash(low, load_profile("us"), "codes-2")
    assert plain != definition_hash(low, load_profile("us", {"low_b12_untreated.after_days": 10}), "codes-1")
    assert plain == definition_hash(low, load_profile("us", {"metformin_unmonitored.min_days": 10}), "codes-1")
    assert plain == definition_hash(replace(low, title="Other words"), load_profile("us"), "codes-1")
    assert len({definition_hash(each, load_profile("us"), "codes-1") for each in worklists().values()}) == len(
        worklists()
    )


def test_every_term_is_used_by_a_list_or_handed_out():
    handed_out = {"treatment_on_record"}
    used = set().union(*(closure(name) for name in worklists()))
    assert set(terms()) - used - handed_out == set()


def test_every_term_and_list_is_built_once():
    built: list[str] = []

    class Counting(Build):
        def __call__(self, name):
            if name not in self.built:
                built.append(name)
            return super().__call__(name)

    settings = {
        "as_of": date(2026, 11, 22),
        "profile": load_profile("us"),
        "delivered": EVERYTHING,
        "first_exposure": exposures(None),
    }
    build = Counting(tables_without_rows(), settings, keep=planned)
    for name in worklists():
        build(name)
    assert len(built) == len(set(built))
    assert set(worklists()) <= set(built)
