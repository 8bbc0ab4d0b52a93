"""Counting people: bands, unknowns, shards, files."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.measures import (
    Mark,
    MeasureFiles,
    added,
    asked_of_judge,
    judged_counts,
    measure_hashes,
    measure_rows,
    measures,
    measures_definition,
    precision_rows,
    published_rows,
    tallied_counts,
)
from pipelines.measures._counts import age_bands
from pipelines.profile import load_profile
from pipelines.worklists import judge, worklists
from tests.measures.drawing import AS_OF
from tests.tables import EVERYTHING, exposures, tables_of

UK = load_profile("uk_nice_ng239")
SETTINGS = {"as_of": AS_OF, "profile": UK, "delivered": EVERYTHING, "first_exposure": exposures(None)}
ON_METFORMIN = "metformin_tested_1_year"


def clinic(person: str) -> dict[str, pl.DataFrame]:
    """Everybody who is drawn takes metformin; those whose name begins with `t` were tested this year."""
    people = [line.split("|")[0].strip() for line in person.strip().splitlines()[1:]]
    metformin = "\n".join(f"{each} | metformin | 2026-01-01 | 2026-12-01" for each in people)
    tested = "\n".join(f"{each} | serum_b12 | 2026-10-01 | 500" for each in people if each.startswith("t"))
    return tables_of(
        {
            "person": person,
            "drug_exposure": "person_id | concept | drug_exposure_start_date | drug_exposure_end_date\n" + metformin,
            "measurement": "person_id | concept | measurement_date | value\n" + tested,
        }
    )


MIXED = clinic(
    """
    person_id | birth_date | sex | site
    t1        | 1981-11-22 | F   | A      # 45 today
    t2        | 1981-11-23 | F   | A      # 44
    t3        | 1961-11-22 | M   | A      # 65
    n4        | 1961-11-23 | M   | A      # 64
    n5        | 1951-11-22 | F   | B      # 75
    n6        | 1951-11-23 | F   | B      # 74
    n7        |            |     |        # nothing is known
    n8        | 2010-11-22 | F   | B      # 16 today: an adult
    n9        | 2010-11-23 | F   | B      # 15: not in scope
    """
)


def cells(counts: pl.DataFrame, measure: str = ON_METFORMIN) -> set[tuple]:
    found = counts.filter(pl.col("measure") == measure, pl.col("eligible") > 0)
    return set(found.select("site", "age_band", "sex", "eligible", "open").rows())


def test_people_are_counted_by_site_age_band_and_sex_and_the_unknown_under_their_name():
    assert cells(tallied_counts(MIXED, **SETTINGS)) == {
        ("A", "16-44", "F", 1, 1),
        ("A", "45-64", "F", 1, 1),
        ("A", "45-64", "M", 1, 0),
        ("A", "65-74", "M", 1, 1),
        ("B", "16-44", "F", 1, 0),
        ("B", "65-74", "F", 1, 0),
        ("B", "75+", "F", 1, 0),
        ("unknown", "unknown", "unknown", 1, 0),
    }


def test_the_first_band_begins_where_adults_do():
    assert list(age_bands(UK)) == ["16-44", "45-64", "65-74", "75+"]
    assert list(age_bands(load_profile("us"))) == ["18-44", "45-64", "65-74", "75+"]


def test_a_judgement_and_a_tally_count_the_same():
    lazy = {name: rows.lazy() for name, rows in MIXED.items()}
    judgement = judge(lazy, **SETTINGS, also=asked_of_judge())
    counts = judged_counts(judgement, as_of=AS_OF, profile=UK)
    assert_frame_equal(counts, tallied_counts(MIXED, **SETTINGS), check_row_order=False)
    assert set(counts["measure"]) == {*worklists(), *measures()}, "with zeros where nobody is eligible"


def test_counts_of_shards_add_up():
    halves = []
    for names in (["t1", "t2", "n5"], ["t3", "n4", "n6", "n7", "n8", "n9"]):
        of_half = {name: rows.filter(pl.col("person_id").is_in(names)) for name, rows in MIXED.items()}
        halves.append(tallied_counts(of_half, **SETTINGS))
    assert cells(added(halves)) == cells(tallied_counts(MIXED, **SETTINGS))


def test_a_population_of_nobody_has_no_rows():
    nobody = tables_of({})
    counts = added([tallied_counts(nobody, **SETTINGS)])
    assert measure_rows(counts, as_of=AS_OF, profile=UK).is_empty()


def test_precision_is_told_from_ten_decided_items_of_which_ten_were_kept():
    decided = pl.DataFrame(
        {
            "worklist": ["a", "b", "c", "d"],
            "month": [date(2026, 10, 1), date(2026, 11, 1), date(2026, 10, 1), date(2026, 10, 1)],
            "decided": [20, 10, 9, 19],
            "dismissed": [5, 0, 0, 10],
        }
    )
    rows = precision_rows(decided, known_at=AS_OF, profile=UK)
    told = rows.select("measure", "as_of", "eligible", "open", "share", "suppressed").rows()
    assert told == [
        ("a", date(2026, 10, 31), 20, 15, 0.75, False),
        ("b", AS_OF, 10, 10, 1.0, False),  # the month goes on
        ("c", date(2026, 10, 31), None, None, None, True),
        ("d", date(2026, 10, 31), None, None, None, True),
    ]
    assert set(rows["kind"]) == {"precision"}


def own(day: date, people: int = 20) -> pl.DataFrame:
    counts = pl.DataFrame(
        {
            "kind": "testing",
            "measure": ON_METFORMIN,
            "site": "A",
            "age_band": "75+",
            "sex": "F",
            "eligible": 2 * people,
            "open": people,
        }
    )
    return measure_rows(counts, as_of=day, profile=UK)


def test_a_publication_carries_every_date_once_and_its_own_as_it_is_now(tmp_path):
    files = MeasureFiles(tmp_path / "measures")
    for day in (date(2026, 9, 30), date(2026, 10, 31)):
        files.write(own(day), day, Mark(day, "definition", "contents"))
    decided = precision_rows(
        pl.DataFrame({"worklist": "a", "month": date(2026, 10, 1), "decided": 20, "dismissed": 5}),
        known_at=AS_OF,
        profile=UK,
    )
    rows = published_rows(files, own(date(2026, 10, 31), people=30), decided)
    totals = rows.filter(pl.col("site").is_null(), pl.col("sex").is_null(), pl.col("age_band").is_null())
    assert set(totals.select("kind", "as_of", "open").rows()) == {
        ("testing", date(2026, 9, 30), 20),
        ("testing", date(2026, 10, 31), 30),
        ("precision", date(2026, 10, 31), 15),
    }


def test_a_file_says_what_it_was_computed_from_and_a_damaged_one_nothing(tmp_path):
    files, day = MeasureFiles(tmp_path), date(2026, 10, 31)
    assert files.mark(day) is None
    mark = Mark(day, "definition", None)
    files.write(own(day), day, mark)
    assert files.mark(day) == mark
    (tmp_path / "2026-10-31.parquet").write_bytes(b"PAR1 cut off")
    assert files.mark(day) is None
    assert files.rows().is_empty()


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ({"oral_candidate.years": 3}, {"oral_candidate"}),
        ({"high_b12_twice.substance_pmol_l": 700}, {"high_b12_twice"}),
        ({"measure.small_number": 12}, set()),
        ({"measure.oldest_years": 80}, set()),
    ],
)
def test_the_hash_of_a_measure_follows_its_numbers_and_that_of_all_the_counting_too(override, changed):
    plain, other = UK, load_profile("uk_nice_ng239", override)
    before, after = measure_hashes(plain, "codes"), measure_hashes(other, "codes")
    assert {name for name in before if before[name] != after[name]} == changed
    assert measures_definition(before, plain) != measures_definition(after, other)
    assert measures_definition(before, plain) == measures_definition(measure_hashes(plain, "codes"), plain)
