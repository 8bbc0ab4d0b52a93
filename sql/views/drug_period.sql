-- Drug records with their first and last day.
--
-- Grain   one row per record of drug_exposure that starts up to the as-of date
-- Reads   drug_exposure, profile_number, this_run
-- Use     "was it running then?"; an open record runs as long as the profile says, or to the as-of date where its
--         source closes its own rows
-- Ties    a record that stands twice is two rows

CREATE OR REPLACE VIEW drug_period AS
SELECT
    drug_exposure_id,
    person_id,
    concept,
    ingredient,
    drug_exposure_start_date AS start_date,
    coalesce(
        drug_exposure_end_date,
        CASE
            WHEN source_closes_rows THEN as_of
            ELSE drug_exposure_start_date + (
                SELECT CAST(value AS INTEGER) FROM profile_number WHERE number = 'therapy.open_row_days'
            )
        END
    ) AS end_date,
    route,
    kind,
    daily_dose,
    dose_unit,
    doses,
    source_file,
    source_row
FROM drug_exposure
CROSS JOIN this_run
WHERE drug_exposure_start_date <= as_of;

COMMENT ON VIEW   drug_period                  IS 'One row per drug record that starts up to the as-of date, open ones closed.';
COMMENT ON COLUMN drug_period.drug_exposure_id IS 'Identifier as delivered; a product with several ingredients repeats it.';
COMMENT ON COLUMN drug_period.person_id        IS 'The person; see person.person_id.';
COMMENT ON COLUMN drug_period.concept          IS 'The ingredient group of the pathway (metformin, b12_injectable, b12_oral, ...).';
COMMENT ON COLUMN drug_period.ingredient       IS 'For B12 the substance; null when unknown, and for other concepts.';
COMMENT ON COLUMN drug_period.start_date       IS 'Start, issue or administration date.';
COMMENT ON COLUMN drug_period.end_date         IS 'Last day covered; where the record is open, the day up to which it is taken to run.';
COMMENT ON COLUMN drug_period.route            IS 'injection, oral, nasal, other or unknown.';
COMMENT ON COLUMN drug_period.kind             IS 'prescribed, dispensed or administered.';
COMMENT ON COLUMN drug_period.daily_dose       IS 'Dose per day in dose_unit; null when unknown.';
COMMENT ON COLUMN drug_period.dose_unit        IS 'mg or mcg; null for concepts whose dose is not used.';
COMMENT ON COLUMN drug_period.doses            IS 'Injectable B12: quantity in doses; null when the quantity is missing, and for other concepts.';
COMMENT ON COLUMN drug_period.source_file      IS 'Extract file of the row.';
COMMENT ON COLUMN drug_period.source_row       IS 'Record number in that file.';
