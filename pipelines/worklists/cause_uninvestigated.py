"""A deficiency whose cause was not looked for."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, INDEX_IN_WORDS, LOW
from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by
from pipelines.clinical.exposure import current_at
from pipelines.clinical.second_line import deciding, second_line_from
from pipelines.clinical.signs import has
from pipelines.clinical.words import day, result_in_words, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, close_gap, eligible_if, open_on, worklist


@worklist(
    title="Vitamin B12 deficiency, no record of a search for its cause",
    action="Request intrinsic factor antibodies, and ask about diet, medicines and nitrous oxide",
    owner="practice",
    sources=("S1", "S17"),
    reviewed=date(2026, 11, 22),
)
def cause_uninvestigated(
    b12_index: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    measurement: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    metformin_rows: pl.LazyFrame,
    acid_suppression_rows: pl.LazyFrame,
    condition_occurrence: pl.LazyFrame,
    low_b12_untreated: pl.LazyFrame,
    raised_mma_untreated: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with a deficiency twelve weeks to two years ago, never tested for intrinsic factor antibodies.

    Deficiency: the deciding B12 result is low, or indeterminate with a raised second-line test. Closed while treatment
    itself is waited for, by a test of any result, or by a cause on record: malabsorption, a vegan diet, nitrous oxide,
    or metformin or acid suppression at the time of the result.
    """
    lookback, after = profile["cause_uninvestigated.lookback_days"], profile["cause_uninvestigated.after_days"]
    deficient = b12_index.pipe(beside, raised_after(b12_index, second_line_tests, profile=profile)).pipe(
        eligible_if,
        {
            "low, or borderline with methylmalonic acid or homocysteine raised": (
                (pl.col("b12_class") == LOW) | has("confirmation")
            ),
            f"dated {after} to {lookback} days ago": in_last(
                "measurement_date", lookback, as_of=as_of, until_days=after
            ),
        },
        record=INDEX_IN_WORDS,
    )
    tested = first_by(coded(measurement, "intrinsic_factor_ab"), "measurement_date")
    told = first_by(coded(condition_occurrence, "vegan_diet", "nitrous_oxide_misuse"), "condition_start_date")
    on_drugs = [
        current_at(deficient, rows, at="measurement_date", profile=profile)
        for rows in (metformin_rows, acid_suppression_rows)
    ]
    causes = pl.concat(
        [malabsorption.select("person_id", event="evidence_cause"), told.select("person_id", "event"), *on_drugs]
    )
    says = pl.when(has("confirmation")).then(pl.lit(" is borderline, with a raised second-line test"))
    return close_gap(
        deficient,
        untreated_listed=because("listed for treatment first", open_on(low_b12_untreated, raised_mma_untreated)),
        tested=because("intrinsic factor antibodies were tested", tested, event="event", on="measurement_date"),
        cause_known=because("a cause is on record", causes, event="event"),
    ).with_columns(
        index_date="measurement_date",
        due_date=plus_days("measurement_date", after),
        priority=pl.lit(3),
        evidence_index="event",
        found=sentence(result_in_words(), " on ", day("measurement_date"), says.otherwise(pl.lit(" is low"))),
        missing=pl.lit("no record of intrinsic factor antibodies or of a cause"),
    )


def raised_after(b12_index: pl.LazyFrame, second_line_tests: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """The people whose indeterminate result is confirmed: the raised result, in ``evidence_confirmation``."""
    borderline = b12_index.filter(pl.col("b12_class") == INDETERMINATE).select(
        "person_id", borderline_on="measurement_date"
    )
    results = second_line_from(borderline, second_line_tests, at="borderline_on", profile=profile)
    return deciding(results).filter("is_raised").select("person_id", evidence_confirmation="event")
