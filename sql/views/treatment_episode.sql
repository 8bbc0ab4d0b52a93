-- Episodes of vitamin B12 treatment: courses of injections, and courses of B12 that is swallowed or sprayed.
--
-- Grain   one row per person, way of treatment and episode
-- Reads   b12_injection, drug_period, profile_number, this_run
-- Use     "since when, until when, and is it running?"; the interval of maintenance is worklist_item.next_due
-- Ties    none: an episode is the same in whichever order its records are read
--
-- A new course of injections begins where a year (injections.new_course_days) passes after the last dose; of the rest
-- where the gap after the latest end is longer than course.gap_days. Oral B12 counts from a daily dose of
-- therapy.oral_min_mcg, or an unknown one.

CREATE OR REPLACE VIEW treatment_episode AS
WITH rule AS (
    SELECT
        CAST(max(value) FILTER (WHERE number = 'injections.new_course_days') AS INTEGER) AS new_course_days,
        CAST(max(value) FILTER (WHERE number = 'course.gap_days') AS INTEGER) AS gap_days,
        CAST(max(value) FILTER (WHERE number = 'therapy.injection_covers_days') AS INTEGER) AS injection_covers_days,
        CAST(max(value) FILTER (WHERE number = 'therapy.oral_covers_days') AS INTEGER) AS oral_covers_days,
        max(value) FILTER (WHERE number = 'therapy.oral_min_mcg') AS oral_min_mcg
    FROM profile_number
),
record AS (
    SELECT
        person_id,
        'injected' AS way,
        injection_date AS start_date,
        injection_date AS end_date,
        injection_date + (doses - 1) * default_days AS idle_from,
        injection_date + greatest(injection_covers_days, doses * default_days) AS covered_until,
        new_course_days - 1 AS longest_gap
    FROM b12_injection
    CROSS JOIN rule
    UNION ALL
    SELECT
        person_id,
        'not injected' AS way,
        start_date,
        end_date,
        end_date AS idle_from,
        end_date + oral_covers_days AS covered_until,
        gap_days AS longest_gap
    FROM drug_period
    CROSS JOIN rule
    WHERE concept IN ('b12_nasal', 'b12_unknown_route')
       OR (
           concept = 'b12_oral'
           AND (daily_dose IS NULL OR CAST(format('{:.9g}', daily_dose) AS DOUBLE) >= oral_min_mcg)
       )
),
in_order AS (
    SELECT
        record.*,
        row_number() OVER (
            PARTITION BY person_id, way
            ORDER BY start_date, end_date, idle_from, covered_until
        ) AS place
    FROM record
),
spaced AS (
    SELECT
        in_order.*,
        start_date - CASE
            WHEN way = 'injected' THEN lag(idle_from) OVER (PARTITION BY person_id, way ORDER BY place)
            ELSE max(idle_from) OVER (
                PARTITION BY person_id, way
                ORDER BY place
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        END AS gap
    FROM in_order
),
numbered AS (
    SELECT
        spaced.*,
        1 + count(*) FILTER (WHERE gap > longest_gap) OVER (PARTITION BY person_id, way ORDER BY place) AS episode
    FROM spaced
)
SELECT
    person_id,
    way,
    CAST(episode AS INTEGER) AS episode,
    min(start_date) AS started_on,
    max(start_date) AS last_start,
    max(end_date) AS ended_on,
    max(covered_until) AS covered_until,
    count(*) AS records,
    max(covered_until) >= as_of AS is_current
FROM numbered
CROSS JOIN this_run
GROUP BY person_id, way, episode, as_of;

COMMENT ON VIEW   treatment_episode               IS 'One row per person, way of treatment and episode of vitamin B12 treatment.';
COMMENT ON COLUMN treatment_episode.person_id     IS 'The person; see person.person_id.';
COMMENT ON COLUMN treatment_episode.way           IS 'injected; or not injected: oral, nasal and of unknown route together.';
COMMENT ON COLUMN treatment_episode.episode       IS 'Number of the episode within person and way, from 1, the earliest first.';
COMMENT ON COLUMN treatment_episode.started_on    IS 'First injection date, or start of the first record.';
COMMENT ON COLUMN treatment_episode.last_start    IS 'Last injection date, or start of the last record.';
COMMENT ON COLUMN treatment_episode.ended_on      IS 'Last injection date, or the last day that the records cover; may lie after the as-of date.';
COMMENT ON COLUMN treatment_episode.covered_until IS 'Until when the person counts as treated: longer than ended_on, for stores last.';
COMMENT ON COLUMN treatment_episode.records       IS 'Injection dates, or records, that it joins.';
COMMENT ON COLUMN treatment_episode.is_current    IS 'True when the person counts as treated on the as-of date.';
