-- Courses of metformin: records joined where the gap between them is short.
--
-- Grain   one row per person and course
-- Reads   drug_period, profile_number, this_run
-- Use     "for how long on metformin?"; is_current marks the course that runs now
-- Ties    none: a course is the same in whichever order its records are read

CREATE OR REPLACE VIEW metformin_course AS
WITH rule AS (
    SELECT
        CAST(max(value) FILTER (WHERE number = 'course.gap_days') AS INTEGER) AS gap_days,
        CAST(max(value) FILTER (WHERE number = 'course.current_days') AS INTEGER) AS current_days
    FROM profile_number
),
in_order AS (
    SELECT
        person_id,
        start_date,
        end_date,
        max(end_date) OVER (
            PARTITION BY person_id
            ORDER BY start_date, end_date, drug_exposure_id, source_file, source_row
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_until,
        row_number() OVER (
            PARTITION BY person_id
            ORDER BY start_date, end_date, drug_exposure_id, source_file, source_row
        ) AS place
    FROM drug_period
    WHERE concept = 'metformin'
),
numbered AS (
    SELECT
        person_id,
        start_date,
        end_date,
        1 + count(*) FILTER (WHERE start_date - covered_until > gap_days) OVER (
            PARTITION BY person_id
            ORDER BY place
        ) AS course
    FROM in_order
    CROSS JOIN rule
)
SELECT
    person_id,
    CAST(course AS INTEGER) AS course,
    min(start_date) AS since,
    max(start_date) AS last_start,
    max(end_date) AS ended,
    count(*) AS records,
    max(end_date) >= as_of OR max(start_date) >= as_of - current_days AS is_current,
    CAST(CASE WHEN is_current THEN as_of ELSE max(end_date) END - min(start_date) AS INTEGER) AS length_days
FROM numbered
CROSS JOIN rule
CROSS JOIN this_run
GROUP BY person_id, course, as_of, current_days;

COMMENT ON VIEW   metformin_course             IS 'One row per person and course of metformin.';
COMMENT ON COLUMN metformin_course.person_id   IS 'The person; see person.person_id.';
COMMENT ON COLUMN metformin_course.course      IS 'Number of the course within the person, from 1, the earliest first.';
COMMENT ON COLUMN metformin_course.since       IS 'Start of its first record.';
COMMENT ON COLUMN metformin_course.last_start  IS 'Start of its last record.';
COMMENT ON COLUMN metformin_course.ended       IS 'The last day that its records cover; may lie after the as-of date.';
COMMENT ON COLUMN metformin_course.records     IS 'How many records it joins.';
COMMENT ON COLUMN metformin_course.is_current  IS 'True when it covers the as-of date, or its last record started shortly before (course.current_days).';
COMMENT ON COLUMN metformin_course.length_days IS 'Days from its start to its end; of a current course, to the as-of date.';
