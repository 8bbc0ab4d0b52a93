-- The people the lists speak of.
--
-- Grain   one row per person alive, registered and adult at the as-of date, without a palliative care record
-- Reads   person, condition_occurrence, profile_number, this_run
-- Use     the denominator of a rate; an unknown birth date counts as adult, an unknown registration as registered
-- Ties    none: person has one row a person

CREATE OR REPLACE VIEW person_in_scope AS
SELECT
    person_id,
    birth_date,
    sex,
    site,
    clinician
FROM person
CROSS JOIN this_run
WHERE (death_date IS NULL OR death_date > as_of)
  AND (registered_from IS NULL OR registered_from <= as_of)
  AND (registered_until IS NULL OR registered_until >= as_of)
  AND (
      birth_date IS NULL
      OR birth_date + to_years((
          SELECT CAST(value AS INTEGER) FROM profile_number WHERE number = 'scope.adult_years'
      )) <= as_of
  )
  AND person_id NOT IN (
      SELECT person_id
      FROM condition_occurrence
      CROSS JOIN this_run
      WHERE concept = 'palliative_care'
        AND is_counted
        AND condition_start_date <= as_of
  );

COMMENT ON VIEW   person_in_scope            IS 'One row per person alive, registered and adult at the as-of date, without a palliative care record: those the lists speak of.';
COMMENT ON COLUMN person_in_scope.person_id  IS 'The person; see person.person_id.';
COMMENT ON COLUMN person_in_scope.birth_date IS 'Date of birth; null when unknown.';
COMMENT ON COLUMN person_in_scope.sex        IS 'F or M; null when unknown.';
COMMENT ON COLUMN person_in_scope.site       IS 'Site; null when unknown.';
COMMENT ON COLUMN person_in_scope.clinician  IS 'Usual clinician; null when unknown.';
