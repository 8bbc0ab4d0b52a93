-- Days on which vitamin B12 was injected, or supplied to be.
--
-- Grain   one row per person and injection date
-- Reads   drug_period, profile_number
-- Use     "when was the last injection, and how many doses were supplied?"
-- Ties    records of one day are one row; an administration goes before what was dispensed, that before a prescription
--
-- A supply is left out when an administration follows within a few weeks: it is the same injection. An administered date
-- is one dose, and so is a supply with an administration at any time after it.

CREATE OR REPLACE VIEW b12_injection AS
WITH rule AS (
    SELECT
        CAST(max(value) FILTER (WHERE number = 'injections.supply_before_days') AS INTEGER) AS supply_before_days,
        CAST(max(value) FILTER (WHERE number = 'injections.supply_max_doses') AS INTEGER) AS supply_max_doses,
        CAST(max(value) FILTER (WHERE number = 'interval.hydroxocobalamin_days') AS INTEGER) AS hydroxocobalamin_days,
        CAST(max(value) FILTER (WHERE number = 'interval.cyanocobalamin_days') AS INTEGER) AS cyanocobalamin_days,
        CAST(max(value) FILTER (WHERE number = 'interval.unknown_days') AS INTEGER) AS unknown_days
    FROM profile_number
),
record AS (
    SELECT *
    FROM drug_period
    WHERE concept = 'b12_injectable'
    QUALIFY row_number() OVER (
        PARTITION BY person_id, drug_exposure_id, source_file, source_row
        ORDER BY start_date, kind, ingredient, doses
    ) = 1
),
dated AS (
    SELECT
        person_id,
        start_date AS injection_date,
        bool_or(kind = 'administered') AS is_administered,
        coalesce(
            sum(doses) FILTER (WHERE kind = 'dispensed'),
            sum(doses) FILTER (WHERE kind = 'prescribed')
        ) AS supplied,
        coalesce(bool_or(ingredient = 'hydroxocobalamin'), FALSE) AS has_hydroxocobalamin,
        coalesce(bool_or(ingredient = 'cyanocobalamin'), FALSE) AS has_cyanocobalamin,
        count(*) AS records
    FROM record
    GROUP BY person_id, start_date
),
awaited AS (
    SELECT
        dated.*,
        min(CASE WHEN is_administered THEN injection_date END) OVER (
            PARTITION BY person_id
            ORDER BY injection_date
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) - injection_date AS given_after_days
    FROM dated
)
SELECT
    person_id,
    injection_date,
    is_administered,
    CAST(
        CASE
            WHEN given_after_days IS NOT NULL THEN 1
            ELSE coalesce(least(greatest(floor(CAST(format('{:.9g}', supplied) AS DOUBLE)), 1), supply_max_doses), 1)
        END AS INTEGER
    ) AS doses,
    CASE
        WHEN has_hydroxocobalamin THEN hydroxocobalamin_days
        WHEN has_cyanocobalamin THEN cyanocobalamin_days
        ELSE unknown_days
    END AS default_days,
    records
FROM awaited
CROSS JOIN rule
WHERE is_administered
   OR given_after_days IS NULL
   OR given_after_days > supply_before_days;

COMMENT ON VIEW   b12_injection                 IS 'One row per person and date on which vitamin B12 was injected, or supplied to be and not known to be given within weeks.';
COMMENT ON COLUMN b12_injection.person_id       IS 'The person; see person.person_id.';
COMMENT ON COLUMN b12_injection.injection_date  IS 'Date of administration, dispensing or prescription.';
COMMENT ON COLUMN b12_injection.is_administered IS 'True when an administration is on record that day; false for a supply.';
COMMENT ON COLUMN b12_injection.doses           IS 'Doses of that date: one where it was, or was later, administered; else as supplied, in whole doses up to the limit of the profile, one where no quantity is known.';
COMMENT ON COLUMN b12_injection.default_days    IS 'Days that one dose of the substance covers by default.';
COMMENT ON COLUMN b12_injection.records         IS 'How many records that day has.';
