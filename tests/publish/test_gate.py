"""Each rule of the gate twice: the last case that passes, the first that does not."""

from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.publish.checks import CheckResult
from pipelines.publish.facts import FACTS, GateFacts, facts_frame, weekly_volumes
from pipelines.publish.gate import gate, refusal, summary, to_do, verdict
from pipelines.publish.rules import RULES
from tests.tables import parse, typed

KNOWN_AT = date(2026, 11, 1)
ALL_TABLES = frozenset({"labs", "prescriptions", "diagnoses", "procedures", "patients"})
UNDERSTOOD = """
    concept   | extract_table | rows_known | rows_published | is_read
    serum_b12 | labs          | 1          |                | true
    metformin | prescriptions | 1          |                | true
"""


def frame(kind: str, text: str) -> pl.DataFrame:
    """A frame of facts drawn in text; a list cell is numbers with blanks between."""
    schema = FACTS[kind]
    rows = []
    for cells in parse(text):
        lists = {
            column: [int(number) for number in cell.split()]
            for column, cell in cells.items()
            if column == "earlier_weeks"
        }
        rows.append(
            {column: typed(cell, schema[column]) for column, cell in cells.items() if column not in lists} | lists
        )
    return facts_frame(kind, rows)


def facts(**given) -> GateFacts:
    """Facts of a run that labs and prescriptions were understood in, and what the test says."""
    frames = {kind: frame(kind, text) for kind, text in given.items() if kind in FACTS}
    others = {name: value for name, value in given.items() if name not in FACTS}
    return GateFacts(
        **{"known_at": KNOWN_AT, "delivered": ALL_TABLES, "concepts": frame("concepts", UNDERSTOOD)} | frames | others
    )


def failed(rule: str, **given) -> list[str]:
    """The subjects for which a rule failed."""
    name = f"gate.{rule}"
    results = [result for result in gate(facts(**given)) if result.check_name.split(":")[0] == name]
    return [result.check_name.removeprefix(name).removeprefix(": ") for result in results if result.status == "failed"]


def status(rule: str, **given) -> set[str]:
    return {result.status for result in gate(facts(**given)) if result.check_name.split(":")[0] == f"gate.{rule}"}


def test_a_feed_may_be_as_old_as_its_source_says_and_not_a_day_older():
    feeds = """
        source    | extract_table | newest_known | max_age_days
        fresh     | labs          | 2026-10-29   | 3
        stale     | labs          | 2026-10-28   | 3
        stale     | prescriptions | 2026-10-31   | 3
        silent    | labs          |              | 3             # nothing known at all
        unchecked | labs          | 2020-01-01   |
    """
    assert failed("feed_is_fresh", feeds=feeds) == ["silent/labs", "stale/labs"]


def test_diagnoses_may_rest_while_labs_flow():
    feeds = """
        source  | extract_table | newest_known | max_age_days
        clinic  | labs          | 2026-10-31   | 3
        clinic  | diagnoses     | 2026-09-01   | 3             # no new diagnosis of the pathway for weeks
        coding  | diagnoses     | 2026-09-01   | 3             # a source of these alone: the newest counts
        coding  | procedures    | 2026-10-29   | 3
        archive | diagnoses     | 2026-10-28   | 3
    """
    assert failed("feed_is_fresh", feeds=feeds) == ["archive/diagnoses"]


def test_a_feed_may_bring_half_of_its_median_and_not_less():
    volumes = """
        source | extract_table | site  | last_week | earlier_weeks
        whole  | labs          |       | 50        | 100 100 100 100
        halved | labs          |       | 49        | 100 100 100 100
        site   | labs          |       | 500       | 600 600 600 600
        site   | labs          | North | 49        | 100 100 100 100
        site   | labs          | South | 50        | 100 100 100 100
        median | labs          |       | 49        | 90 90 5000 5000 90   # one heavy week does not count
        young  | labs          |       | 0         | 100 100 100          # three weeks are no history
        small  | labs          |       | 0         | 19 19 19 19          # nineteen may be missing by chance
        little | labs          |       | 0         | 20 20 20 20
        gone   | labs          | North | 0         | 100 100 100 100
    """
    assert failed("feed_keeps_its_volume", volumes=volumes) == [
        "gone/labs, site North",
        "halved/labs",
        "little/labs",
        "site/labs, site North",
    ]
    accepted = frozenset({"gone/labs", "halved/labs", "little/labs, site North"})
    assert failed("feed_keeps_its_volume", volumes=volumes, accepted=accepted) == [
        "little/labs",
        "site/labs, site North",
    ]


def test_a_feed_without_history_is_not_compared():
    volumes = """
        source | extract_table | site | last_week | earlier_weeks
        young  | labs          |      | 0         | 100 100 100
    """
    assert status("feed_keeps_its_volume", volumes=volumes) == {"not_applicable"}


def test_volumes_are_patient_days_in_weeks_that_end_with_the_newest_known_day():
    newest = date(2026, 10, 28)  # four days before the knowledge date: the feed is late, not small
    days = [
        # person, site, days before the newest
        ("A", "North", 0),
        ("A", "North", 0),  # a second row of one blood draw
        ("A", "North", 6),  # last day of the newest week
        ("B", "North", 7),  # first day of the week before
        ("B", None, 8),  # site unknown: in the feed, at no site
        ("C", "South", 20),
        ("C", "South", 56),  # the eighth week before
        ("C", "South", 63),  # older than what is compared
    ]
    rows = pl.DataFrame(
        [
            {
                "source": "s",
                "extract_table": "labs",
                "site": site,
                "person_id": person,
                "known_on": newest - timedelta(days=ago),
            }
            for person, site, ago in days
        ]
        + [
            {
                "source": "s",
                "extract_table": "labs",
                "site": "North",
                "person_id": "Z",
                "known_on": KNOWN_AT + timedelta(days=1),
            }
        ]
    )
    volumes = weekly_volumes(rows.lazy(), known_at=KNOWN_AT)
    assert volumes.rows() == [
        ("s", "labs", None, 2, [2, 1, 0, 0, 0, 0, 0, 1]),
        ("s", "labs", "North", 2, [1]),
        ("s", "labs", "South", 0, [0, 1, 0, 0, 0, 0, 0, 1]),
    ]


FILES = """
    source | extract_table | source_file | physical_records | rows_read | rows_kept | rows_off_pathway | rows_quarantined | is_new | is_outdated
"""


def test_every_record_of_a_file_is_kept_off_the_pathway_or_quarantined():
    files = (
        FILES
        + """
        s  | labs | good.csv      | 10 | 10 | 2 | 7 | 1 | true | false
        s  | labs | parquet.csv   |    | 10 | 2 | 7 | 1 | true | false
        s  | labs | lost.csv      | 10 | 10 | 2 | 7 | 0 | true | false
        s  | labs | twice.csv     | 10 | 10 | 3 | 7 | 1 | false | false
        s  | labs | swallowed.csv | 11 | 10 | 2 | 7 | 1 | true | false   # a runaway quotation mark
    """
    )
    assert failed("rows_are_conserved", files=files) == ["s/lost.csv", "s/swallowed.csv", "s/twice.csv"]


def test_a_file_may_have_a_twentieth_of_its_rows_in_quarantine_or_fewer_than_a_hundred():
    files = (
        FILES
        + """
        s  | labs | twentieth.csv | | 2000 | 1900 | 0 | 100 | true  | false
        s  | labs | more.csv      | | 2000 | 1899 | 0 | 101 | true  | false
        s  | labs | small.csv     | | 99   | 0    | 0 | 99  | true  | false
        s  | labs | all.csv       | | 100  | 0    | 0 | 100 | true  | false
        s  | labs | published.csv | | 2000 | 0    | 0 | 2000 | false | false  # was accepted before
    """
    )
    assert failed("quarantine_is_rare", files=files) == ["s/all.csv", "s/more.csv"]
    assert failed("quarantine_is_rare", files=files, accepted=frozenset({"s/all.csv"})) == ["s/more.csv"]


def test_any_quarantined_row_is_told_by_feed():
    files = (
        FILES
        + """
        s  | labs          | a.csv | | 10 | 9  | 0 | 1 | false | false
        s  | labs          | b.csv | | 10 | 10 | 0 | 0 | false | false
        s  | prescriptions | c.csv | | 10 | 10 | 0 | 0 | false | false
    """
    )
    assert failed("nothing_is_quarantined", files=files) == ["s/labs"]
    assert verdict(gate(facts(files=files)))


def test_files_read_with_an_older_mapping_and_gone_since_are_told():
    files = (
        FILES
        + """
        s  | labs          | a.csv | | 10 | 10 | 0 | 0 | false | true
        s  | prescriptions | c.csv | | 10 | 10 | 0 | 0 | false | false
    """
    )
    assert failed("mapping_is_current", files=files) == ["s/labs"]
    assert verdict(gate(facts(files=files)))


def test_an_unreadable_file_refuses_the_run():
    unreadable = """
        source | source_file | problem
        s      | labs.csv.gz | labs.csv.gz ends before its end. Ask for it again.
    """
    results = gate(facts(unreadable=unreadable))
    assert failed("files_are_readable", unreadable=unreadable) == ["s/labs.csv.gz"]
    assert not verdict(results)


def test_a_source_that_brought_files_before_and_none_now_is_told_and_published_over():
    sources = """
        source | files | readings
        one    | 1     | 9
        silent | 0     | 9
        new    | 0     | 0            # it never brought any: nothing that could be missed
    """
    assert failed("something_was_delivered", sources=sources) == ["silent"]
    assert verdict(gate(facts(sources=sources)))
    assert status("something_was_delivered") == {"not_applicable"}


def test_a_concept_that_matched_rows_must_not_vanish():
    concepts = (
        UNDERSTOOD
        + """
        mma_serum         | labs       | 0 | 1 | true
        homocysteine      | labs       | 1 | 900 | true    # one row is left: a matter for the volumes
        ferritin          | labs       | 0 | 0 | true
        folate_serum      | labs       | 0 |   | true      # nothing published to compare with
        gastrectomy_total | diagnoses  | 0 | 4 | true      # the same rows now come as procedures
        gastrectomy_total | procedures | 4 | 0 | true
        vegan_diet        | diagnoses  | 0 | 4 | true      # declared absent since
    """
    )
    assert failed("concept_has_not_vanished", concepts=concepts, absent=frozenset({"vegan_diet"})) == ["mma_serum"]
    assert failed("concept_has_not_vanished", concepts=concepts, accepted=frozenset({"mma_serum", "vegan_diet"})) == []
    assert status("concept_has_not_vanished") == {"not_applicable"}


def test_a_concept_of_a_rule_that_matches_nothing_is_told_where_its_table_was_delivered():
    concepts = (
        UNDERSTOOD
        + """
        mma_serum         | labs       | 0 | | true
        platelets         | labs       | 0 | | false   # no rule reads it
        vegan_diet        | diagnoses  | 0 | | true    # declared absent
        neuropathy        | diagnoses  | 0 | | true    # diagnoses were never delivered
        gastrectomy_total | diagnoses  | 0 | | true
        gastrectomy_total | procedures | 1 | | true    # seen in another table
    """
    )
    given = {"concepts": concepts, "absent": frozenset({"vegan_diet"}), "delivered": ALL_TABLES - {"diagnoses"}}
    assert failed("concept_matches_rows", **given) == ["mma_serum"]
    assert failed("concept_matches_rows", **(given | {"delivered": ALL_TABLES})) == ["mma_serum", "neuropathy"]
    assert verdict(gate(facts(**given)))


@pytest.mark.parametrize(
    ("concept", "table", "understood"),
    [
        ("b12_injectable", "prescriptions", True),
        ("b12_oral", "prescriptions", True),
        ("b12_nasal", "prescriptions", True),
        ("b12_unknown_route", "prescriptions", True),
        ("metformin", "prescriptions", True),
        ("b12_other_route", "prescriptions", False),
        ("ppi", "prescriptions", False),
        ("b12_injectable", "procedures", False),
    ],
)
def test_prescriptions_must_hold_b12_or_metformin(concept, table, understood):
    concepts = f"""
        concept   | extract_table | rows_known | rows_published | is_read
        serum_b12 | labs          | 1          |                | true
        {concept} | {table}       | 1          |                | true
    """
    assert verdict(gate(facts(concepts=concepts))) is understood


@pytest.mark.parametrize(("concept", "understood"), [("serum_b12", True), ("active_b12", False)])
def test_labs_must_hold_serum_b12(concept, understood):
    concepts = f"""
        concept   | extract_table | rows_known | rows_published | is_read
        {concept} | labs          | 1          |                | true
        metformin | prescriptions | 1          |                | true
    """
    assert verdict(gate(facts(concepts=concepts))) is understood


def test_a_list_may_change_by_its_share_and_not_by_one_more():
    lists = """
        worklist    | open_now | open_before | definition_hash | definition_before | max_change
        grown       | 150      | 100         | a               | a                 |
        overgrown   | 151      | 100         | a               | a                 |
        shrunk      | 50       | 100         | a               | a                 |
        overshrunk  | 49       | 100         | a               | a                 |
        strict      | 111      | 100         | a               | a                 | 0.1
        emptied     | 0        | 50          | a               | a                 |
        small       | 0        | 49          | a               | a                 |      # below fifty in both runs
        from_little | 50       | 10          | a               | a                 |      # fifty now
        from_none   | 50       | 0           | a               | a                 |
        redefined   | 0        | 500         | b               | a                 |
        first       | 500      |             | a               |                   |
    """
    jumped = ["emptied", "from_little", "from_none", "overgrown", "overshrunk", "strict"]
    assert failed("list_changed_little", lists=lists) == jumped
    assert failed("list_changed_little", lists=lists, accepted=frozenset({"strict", "emptied"})) == [
        "from_little",
        "from_none",
        "overgrown",
        "overshrunk",
    ]


def test_a_reading_that_was_damaged_and_restored_is_told_and_published_over():
    name = "labs_002.csv (lab/labs, first read on 2026-11-18)"
    assert failed("store_is_intact", restored=(name,)) == [name]
    assert verdict(gate(facts(restored=(name,))))
    assert status("store_is_intact") == {"not_applicable"}


def test_codes_that_match_nothing_are_told():
    assert failed("codes_are_used", idle_codes=("labs LOCAL VB12",)) == ["labs LOCAL VB12"]
    assert status("codes_are_used") == {"not_applicable"}


def test_a_source_may_leave_half_of_its_prescriptions_open():
    open_prescriptions = """
        source   | rows | open_rows | closes_rows
        half     | 10   | 5         | false
        more     | 10   | 6         | false
        unsaid   | 10   | 6         |
        declared | 10   | 10        | true
    """
    assert failed("open_rows_are_declared", open_prescriptions=open_prescriptions) == ["more", "unsaid"]


def test_a_run_that_nothing_is_wrong_with_is_published():
    results = gate(facts())
    assert verdict(results)
    assert refusal(results) is None
    assert {result.status for result in results} == {"passed", "not_applicable"}
    assert len(results) == len(RULES)


def test_nothing_checked_is_nothing_published():
    assert not verdict([])
    assert refusal([]) == "Nothing was checked."


@pytest.mark.parametrize(
    ("severity", "outcome", "published"),
    [
        ("critical", "passed", True),
        ("critical", "not_applicable", True),
        ("critical", "failed", False),
        ("warning", "failed", True),
        ("warning", "error", False),  # a check that cannot be made is never silence
    ],
)
def test_a_failed_critical_check_refuses_and_a_warning_passes_on(severity, outcome, published):
    result = CheckResult(
        "core.person.id_once", "core", "person", "person_id", severity, outcome, 1, 10, "Because.", "One row."
    )
    assert verdict([result]) is published


def test_the_summary_says_what_failed_why_and_what_to_do():
    lists = """
        worklist            | open_now | open_before | definition_hash | definition_before | max_change
        maintenance_stopped | 10       | 100         | a               | a                 |
    """
    results = gate(facts(lists=lists, idle_codes=("labs LOCAL VB12",)))
    told = summary(results)
    assert told.startswith("The gate refuses this run.\nREFUSED  gate.list_changed_little: maintenance_stopped: ")
    assert "went from 100 to 10 open items" in told
    assert "--accept-change" in told
    assert "warning  gate.codes_are_used: labs LOCAL VB12" in told
    assert refusal(results).startswith("maintenance_stopped went from 100 to 10 open items;")


def test_every_rule_says_why_and_what_to_do():
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.severity in ("critical", "warning")
        assert rule.why.endswith(".")
        assert rule.to_do.endswith(".")
        assert rule.judge.__doc__


def test_advice_is_given_for_every_layer():
    for layer in ("core", "worklist"):
        assert to_do(CheckResult(f"{layer}.x.y", layer, "x", "y", "critical", "failed", 1, 1, "Because.", "x"))


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(ValueError, match="feeds lacks max_age_days"):
        GateFacts(known_at=KNOWN_AT, delivered=ALL_TABLES, feeds=facts_frame("feeds").drop("max_age_days"))
    with pytest.raises(ValueError, match="feeds has no column age"):
        facts_frame("feeds", [{"age": 3}])
