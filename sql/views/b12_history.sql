-- Every vitamin B12 result that counts, with its class.
--
-- Grain   one row per result of total or active B12
-- Reads   counted_result, profile_number
-- Use     trends, and "was it ever low?"; treated or not is not judged here: see treatment_episode
-- Ties    two results of one day are two rows
--
-- The class compares in the unit family of the report. A bound has the class of its whole interval, else it is
-- UNCLASSIFIABLE. Numbers are compared at nine digits, so that 0.18 ng/mL is 180 ng/L and not a hair below.

CREATE OR REPLACE VIEW b12_history AS
WITH cut_off AS (
    SELECT
        max(value) FILTER (WHERE number = 'b12_active.substance_low_pmol_l') AS active_low,
        max(value) FILTER (WHERE number = 'b12_active.substance_high_pmol_l') AS active_high,
        max(value) FILTER (WHERE number = 'b12_total.mass_low_ng_l') AS mass_low,
        max(value) FILTER (WHERE number = 'b12_total.mass_high_ng_l') AS mass_high,
        max(value) FILTER (WHERE number = 'b12_total.mass_severe_ng_l') AS mass_severe,
        max(value) FILTER (WHERE number = 'b12_total.substance_low_pmol_l') AS substance_low,
        max(value) FILTER (WHERE number = 'b12_total.substance_high_pmol_l') AS substance_high,
        max(value) FILTER (WHERE number = 'b12_total.substance_severe_pmol_l') AS substance_severe
    FROM profile_number
),
judged AS (
    SELECT
        counted_result.*,
        CAST(format('{:.9g}', value_in_family) AS DOUBLE) AS compared,
        CASE
            WHEN concept = 'active_b12' THEN active_low
            WHEN unit_family = 'mass' THEN mass_low
            ELSE substance_low
        END AS low,
        CASE
            WHEN concept = 'active_b12' THEN active_high
            WHEN unit_family = 'mass' THEN mass_high
            ELSE substance_high
        END AS high,
        CASE
            WHEN concept = 'active_b12' THEN NULL
            WHEN unit_family = 'mass' THEN mass_severe
            ELSE substance_severe
        END AS severe
    FROM counted_result
    CROSS JOIN cut_off
    WHERE concept IN ('serum_b12', 'active_b12')
)
SELECT
    person_id,
    measurement_id,
    concept,
    measurement_date AS result_date,
    measured_at,
    value,
    unit,
    comparator,
    value_reported,
    unit_reported,
    CASE
        WHEN (comparator IN ('=', '<=') AND compared < low) OR (comparator = '<' AND compared <= low) THEN 'LOW'
        WHEN (comparator IN ('=', '>=') AND compared > high) OR (comparator = '>' AND compared >= high) THEN 'UNLIKELY'
        WHEN comparator = '=' AND compared BETWEEN low AND high THEN 'INDETERMINATE'
        ELSE 'UNCLASSIFIABLE'
    END AS b12_class,
    coalesce(
        (comparator IN ('=', '<=') AND compared < severe) OR (comparator = '<' AND compared <= severe),
        FALSE
    ) AS is_severe,
    source_file,
    source_row
FROM judged;

COMMENT ON VIEW   b12_history                  IS 'One row per counting result of total or active vitamin B12, with its class by the profile of this run.';
COMMENT ON COLUMN b12_history.person_id        IS 'The person; see person.person_id.';
COMMENT ON COLUMN b12_history.measurement_id   IS 'Result identifier as delivered.';
COMMENT ON COLUMN b12_history.concept          IS 'serum_b12 (total) or active_b12 (holotranscobalamin).';
COMMENT ON COLUMN b12_history.result_date      IS 'Local calendar date of collection.';
COMMENT ON COLUMN b12_history.measured_at      IS 'Local time of collection; midnight when only a date was delivered.';
COMMENT ON COLUMN b12_history.value            IS 'Value in pmol/L, whatever unit was reported.';
COMMENT ON COLUMN b12_history.unit             IS 'Canonical UCUM unit: pmol/L.';
COMMENT ON COLUMN b12_history.comparator       IS 'One of = < <= > >=: the value is exact, or a bound.';
COMMENT ON COLUMN b12_history.value_reported   IS 'The value as text, as reported.';
COMMENT ON COLUMN b12_history.unit_reported    IS 'The unit as reported.';
COMMENT ON COLUMN b12_history.b12_class        IS 'LOW below the lower cut-off, UNLIKELY (deficiency is) above the upper one, INDETERMINATE from one to the other, both included; UNCLASSIFIABLE for a bound that lies across.';
COMMENT ON COLUMN b12_history.is_severe        IS 'True for a total B12 below the severe cut-off; never for active B12.';
COMMENT ON COLUMN b12_history.source_file      IS 'Extract file of the row.';
COMMENT ON COLUMN b12_history.source_row       IS 'Record number in that file.';
