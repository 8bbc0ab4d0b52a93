-- People on metformin now, and when their vitamin B12 was last tested.
--
-- Grain   one row per person in scope on a current course, however long
-- Reads   person_in_scope, metformin_course, b12_latest_result
-- Use     testing rates: metformin_testing_rate has them by site; group by any other column here
-- Ties    of two current courses the longer counts

CREATE OR REPLACE VIEW metformin_testing AS
SELECT
    person_id,
    site,
    sex,
    birth_date,
    since AS metformin_since,
    length_days AS metformin_days,
    result_date AS last_tested_on,
    days_ago AS last_tested_days_ago,
    b12_class AS last_class
FROM person_in_scope
JOIN metformin_course USING (person_id)
LEFT JOIN b12_latest_result USING (person_id)
WHERE is_current
QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY since) = 1;

COMMENT ON VIEW   metformin_testing                      IS 'One row per person in scope on metformin now, with the latest B12 test.';
COMMENT ON COLUMN metformin_testing.person_id            IS 'The person; see person.person_id.';
COMMENT ON COLUMN metformin_testing.site                 IS 'Site; null when unknown.';
COMMENT ON COLUMN metformin_testing.sex                  IS 'F or M; null when unknown.';
COMMENT ON COLUMN metformin_testing.birth_date           IS 'Date of birth; null when unknown.';
COMMENT ON COLUMN metformin_testing.metformin_since      IS 'Start of the current course.';
COMMENT ON COLUMN metformin_testing.metformin_days       IS 'Days from that start to the as-of date.';
COMMENT ON COLUMN metformin_testing.last_tested_on       IS 'Date of the latest B12 result, total or active, of any class; null when never tested.';
COMMENT ON COLUMN metformin_testing.last_tested_days_ago IS 'Days from that date to the as-of date; null when never tested.';
COMMENT ON COLUMN metformin_testing.last_class           IS 'Class of that result; null when never tested.';
