-- The latest vitamin B12 result of each person, total or active.
--
-- Grain   one row per person ever tested
-- Reads   b12_history, this_run
-- Use     "when was the last test, and what did it say?"; for trends, b12_history
-- Ties    two results on one day: the lower class, then the lower value, the safer reading; then the identifier

CREATE OR REPLACE VIEW b12_latest_result AS
SELECT
    person_id,
    measurement_id,
    concept,
    result_date,
    CAST(as_of - result_date AS INTEGER) AS days_ago,
    value,
    comparator,
    value_reported,
    unit_reported,
    b12_class,
    is_severe
FROM b12_history
CROSS JOIN this_run
QUALIFY row_number() OVER (
    PARTITION BY person_id
    ORDER BY
        result_date DESC,
        list_position(['LOW', 'INDETERMINATE', 'UNLIKELY', 'UNCLASSIFIABLE'], b12_class),
        CASE WHEN comparator IN ('>', '>=') THEN 'infinity'::DOUBLE ELSE value END,
        comparator <> '<',
        measurement_id,
        concept,
        source_file,
        source_row
) = 1;

COMMENT ON VIEW   b12_latest_result                IS 'One row per person ever tested: the latest result of total or active vitamin B12.';
COMMENT ON COLUMN b12_latest_result.person_id      IS 'The person; see person.person_id.';
COMMENT ON COLUMN b12_latest_result.measurement_id IS 'Result identifier as delivered.';
COMMENT ON COLUMN b12_latest_result.concept        IS 'serum_b12 (total) or active_b12 (holotranscobalamin).';
COMMENT ON COLUMN b12_latest_result.result_date    IS 'Local calendar date of collection.';
COMMENT ON COLUMN b12_latest_result.days_ago       IS 'Days from that date to the as-of date.';
COMMENT ON COLUMN b12_latest_result.value          IS 'Value in pmol/L, whatever unit was reported.';
COMMENT ON COLUMN b12_latest_result.comparator     IS 'One of = < <= > >=: the value is exact, or a bound.';
COMMENT ON COLUMN b12_latest_result.value_reported IS 'The value as text, as reported.';
COMMENT ON COLUMN b12_latest_result.unit_reported  IS 'The unit as reported.';
COMMENT ON COLUMN b12_latest_result.b12_class      IS 'LOW, INDETERMINATE, UNLIKELY or UNCLASSIFIABLE; see b12_history.b12_class.';
COMMENT ON COLUMN b12_latest_result.is_severe      IS 'True for a total B12 below the severe cut-off.';
