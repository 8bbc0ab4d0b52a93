-- The latest serum methylmalonic acid of each person.
--
-- Grain   one row per person with at least one numeric serum MMA
-- Reads   counted_result, profile_number, this_run
-- Use     "was a doubtful B12 followed up?"; raised by the limit of the laboratory, else by that of the profile
-- Ties    two results on one day: the higher is kept, the safer reading; then the identifier

CREATE OR REPLACE VIEW mma_latest_result AS
WITH compared AS (
    SELECT
        counted_result.*,
        as_of,
        CAST(format('{:.9g}', value) AS DOUBLE) AS number,
        coalesce(
            CAST(format('{:.9g}', range_high) AS DOUBLE),
            (SELECT value FROM profile_number WHERE number = 'second_line.mma_serum_nmol_l')
        ) AS upper_limit
    FROM counted_result
    CROSS JOIN this_run
    WHERE concept = 'mma_serum'
      AND value IS NOT NULL
)
SELECT
    person_id,
    measurement_id,
    measurement_date AS result_date,
    CAST(as_of - measurement_date AS INTEGER) AS days_ago,
    value,
    comparator,
    value_reported,
    unit_reported,
    upper_limit,
    (comparator IN ('=', '>=') AND number > upper_limit) OR (comparator = '>' AND number >= upper_limit) AS is_raised
FROM compared
QUALIFY row_number() OVER (
    PARTITION BY person_id
    ORDER BY
        measurement_date DESC,
        CASE WHEN comparator IN ('<', '<=') THEN '-infinity'::DOUBLE ELSE value END DESC,
        comparator <> '>',
        measurement_id,
        source_file,
        source_row
) = 1;

COMMENT ON VIEW   mma_latest_result                IS 'One row per person with a serum methylmalonic acid: the latest result.';
COMMENT ON COLUMN mma_latest_result.person_id      IS 'The person; see person.person_id.';
COMMENT ON COLUMN mma_latest_result.measurement_id IS 'Result identifier as delivered.';
COMMENT ON COLUMN mma_latest_result.result_date    IS 'Local calendar date of collection.';
COMMENT ON COLUMN mma_latest_result.days_ago       IS 'Days from that date to the as-of date.';
COMMENT ON COLUMN mma_latest_result.value          IS 'Value in nmol/L.';
COMMENT ON COLUMN mma_latest_result.comparator     IS 'One of = < <= > >=: the value is exact, or a bound.';
COMMENT ON COLUMN mma_latest_result.value_reported IS 'The value as text, as reported.';
COMMENT ON COLUMN mma_latest_result.unit_reported  IS 'The unit as reported.';
COMMENT ON COLUMN mma_latest_result.upper_limit    IS 'What it is compared with, nmol/L: the upper limit of the laboratory, else that of the profile.';
COMMENT ON COLUMN mma_latest_result.is_raised      IS 'True when all that the result may stand for lies above that limit.';
