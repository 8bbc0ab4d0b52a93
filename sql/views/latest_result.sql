-- The latest results of each person, whatever was measured.
--
-- Grain   one row per person and concept with at least one numeric result
-- Reads   counted_result
-- Use     "what was the last hemoglobin?"; for B12 and MMA, with their class, b12_latest_result and mma_latest_result
-- Ties    several results on the latest date: both ends are given, for the concept says which of them is the worse

CREATE OR REPLACE VIEW latest_result AS
WITH latest AS (
    SELECT *
    FROM counted_result
    WHERE value IS NOT NULL
    QUALIFY measurement_date = max(measurement_date) OVER (PARTITION BY person_id, concept)
)
SELECT
    person_id,
    concept,
    measurement_date AS result_date,
    min(value) AS lowest,
    max(value) AS highest,
    min(unit) AS unit,
    bool_or(comparator <> '=') AS has_bound,
    count(*) AS results
FROM latest
GROUP BY person_id, concept, measurement_date;

COMMENT ON VIEW   latest_result             IS 'One row per person and concept: the numeric results of its latest date.';
COMMENT ON COLUMN latest_result.person_id   IS 'The person; see person.person_id.';
COMMENT ON COLUMN latest_result.concept     IS 'What was measured, in the words of the pathway.';
COMMENT ON COLUMN latest_result.result_date IS 'The latest date of collection.';
COMMENT ON COLUMN latest_result.lowest      IS 'The lowest value of that date, canonical unit.';
COMMENT ON COLUMN latest_result.highest     IS 'The highest value of that date, canonical unit; equal to lowest when there is one result.';
COMMENT ON COLUMN latest_result.unit        IS 'Canonical UCUM unit; null for qualitative concepts.';
COMMENT ON COLUMN latest_result.has_bound   IS 'True when one of them is a bound (<, <=, >, >=) rather than exact.';
COMMENT ON COLUMN latest_result.results     IS 'How many results that date has.';
