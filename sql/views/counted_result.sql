-- The laboratory results that count.
--
-- Grain   one row per result that is final (or corrected, amended, appended), collected up to the as-of date
-- Reads   measurement, this_run
-- Use     every question about results; preliminary ones are in measurement alone
-- Ties    two identifiers of one result are both kept

CREATE OR REPLACE VIEW counted_result AS
SELECT
    measurement_id,
    person_id,
    concept,
    measurement_date,
    measured_at,
    value,
    unit,
    comparator,
    value_reported,
    unit_reported,
    unit_family,
    value_in_family,
    range_low,
    range_high,
    is_implausible,
    source_file,
    source_row
FROM measurement
CROSS JOIN this_run
WHERE status IN ('final', 'corrected', 'amended', 'appended')
  AND measurement_date <= as_of;

COMMENT ON VIEW   counted_result                  IS 'One row per laboratory result that counts: final, corrected, amended or appended, collected up to the as-of date.';
COMMENT ON COLUMN counted_result.measurement_id   IS 'Result identifier as delivered.';
COMMENT ON COLUMN counted_result.person_id        IS 'The person; see person.person_id.';
COMMENT ON COLUMN counted_result.concept          IS 'What was measured, in the words of the pathway (serum_b12, mma_serum, hemoglobin, ...).';
COMMENT ON COLUMN counted_result.measurement_date IS 'Local calendar date of collection.';
COMMENT ON COLUMN counted_result.measured_at      IS 'Local time of collection; midnight when only a date was delivered.';
COMMENT ON COLUMN counted_result.value            IS 'Value in the canonical unit; for qualitative concepts 1 positive, 0 negative, null equivocal.';
COMMENT ON COLUMN counted_result.unit             IS 'Canonical UCUM unit; null for qualitative concepts.';
COMMENT ON COLUMN counted_result.comparator       IS 'One of = < <= > >=: the value is exact, or a bound.';
COMMENT ON COLUMN counted_result.value_reported   IS 'The value as text, as reported.';
COMMENT ON COLUMN counted_result.unit_reported    IS 'The unit as reported, or as declared where the extract left it empty.';
COMMENT ON COLUMN counted_result.unit_family      IS 'mass or substance, from the reported unit; null where the distinction does not apply.';
COMMENT ON COLUMN counted_result.value_in_family  IS 'The value in its reported family: serum B12 in ng/L (mass) or pmol/L (substance); elsewhere equal to value.';
COMMENT ON COLUMN counted_result.range_low        IS 'Lower reference limit of the laboratory, canonical unit; null when not given.';
COMMENT ON COLUMN counted_result.range_high       IS 'Upper reference limit of the laboratory, canonical unit; null when not given.';
COMMENT ON COLUMN counted_result.is_implausible   IS 'True when the value lies outside the soft limits of its concept: kept, to be looked at.';
COMMENT ON COLUMN counted_result.source_file      IS 'Extract file of the row.';
COMMENT ON COLUMN counted_result.source_row       IS 'Record number in that file.';
