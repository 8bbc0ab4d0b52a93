"""Real people: two cycles of a national survey, through the mapping kept as an example."""

import importlib.util
import os
from pathlib import Path

import duckdb
import pytest

from pipelines.duck import reading_connection
from pipelines.worklists import worklists

EXAMPLE = Path(__file__).parents[1] / "notebooks" / "nhanes" / "validate.py"

pytestmark = pytest.mark.skipif(
    "B12_REAL_DATA" not in os.environ, reason="B12_REAL_DATA is not set: the survey files are not here"
)


@pytest.fixture(scope="module")
def validate():
    spec = importlib.util.spec_from_file_location("validate", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["validate"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(
    scope="module", params=[("nhanes-2003-2004", "us"), ("nhanes-2013-2014", "uk_nice_ng239")], ids=lambda p: p[0]
)
def published(request, validate, tmp_path_factory):
    cycle, profile = request.param
    return validate.publish(Path(os.environ["B12_REAL_DATA"]), cycle, tmp_path_factory.mktemp(cycle), profile)


def test_every_row_is_accounted_for(published):
    with reading_connection(published) as con:
        lost = con.execute(
            "SELECT count(*) FROM source_file WHERE rows_read <> rows_kept + rows_off_pathway + rows_quarantined"
        )
        assert lost.fetchall() == [(0,)]
        reasons = {reason for (reason,) in con.execute("SELECT DISTINCT reason FROM quarantine").fetchall()}
        # a start date that the survey did not know, and folate above what an assay can tell
        assert reasons == {"missing_required", "impossible_value"}
        assert con.execute("SELECT count(*) FROM worklist").fetchall() == [(len(worklists()),)]


def test_both_units_of_b12_lie_on_one_scale(published):
    with reading_connection(published) as con:
        medians = dict(
            con.execute(
                "SELECT unit_family, median(value) FROM measurement WHERE concept = 'serum_b12' GROUP BY ALL"
            ).fetchall()
        )
    assert set(medians) == {"mass", "substance"}
    assert medians["mass"] == pytest.approx(medians["substance"], rel=0.05)


def test_deficiency_is_found_as_often_as_published(published, validate):
    """Unweighted, one cycle: the study's 3.3 % without diabetes within a percentage point or so."""
    found = validate.shares(published)
    assert found["no diabetes"].percent == pytest.approx(validate.PUBLISHED["no diabetes"], abs=1.5)
    assert found["metformin"].percent > found["no diabetes"].percent


def test_the_low_list_is_what_sql_says(published):
    """Low in the family of the report, in the last three years and 14 days ago, adult: counted from the raw rows."""
    with reading_connection(published) as con:
        adult = con.execute("SELECT parameters->>'$.\"scope.adult_years\"' FROM worklist LIMIT 1").fetchall()[0][0]
        expected = con.execute(
            f"""
            SELECT count(DISTINCT person_id) FROM measurement JOIN person USING (person_id), (SELECT max(as_of) AS d FROM run)
            WHERE concept = 'serum_b12' AND measurement_date <= d - 14 AND birth_date + INTERVAL {adult} YEAR <= d
              AND CASE unit_family WHEN 'mass' THEN TRY_CAST(value_reported AS DOUBLE) < 180
                  ELSE TRY_CAST(value_reported AS DOUBLE) < 133 END
              AND NOT EXISTS (SELECT 1 FROM drug_exposure b WHERE b.person_id = measurement.person_id AND b.concept LIKE 'b12%')
            """
        ).fetchall()[0][0]
        untreated = "SELECT count(*) FROM care_gap WHERE worklist = 'low_b12_untreated' AND closed_by IS NULL"
        assert con.execute(untreated).fetchall()[0][0] == expected


def test_an_open_reader_is_not_disturbed(published):
    with duckdb.connect(str(published), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM person").fetchall()[0][0] > 10_000
