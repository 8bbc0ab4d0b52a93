-- One row per prescription, dispensing or administration and ingredient of the pathway.
CREATE TABLE drug_exposure (
    drug_exposure_id         VARCHAR   NOT NULL,
    person_id                VARCHAR   NOT NULL,
    concept                  VARCHAR   NOT NULL,
    ingredient               VARCHAR,
    drug_exposure_start_date DATE      NOT NULL,
    drug_exposure_end_date   DATE,
    route                    VARCHAR   NOT NULL,
    kind                     VARCHAR   NOT NULL,
    daily_dose               DOUBLE,
    dose_unit                VARCHAR,
    quantity                 DOUBLE,
    days_supply              DOUBLE,
    doses                    DOUBLE,
    status                   VARCHAR   NOT NULL,
    source_closes_rows       BOOLEAN   NOT NULL,
    source_code              VARCHAR,
    source_vocabulary        VARCHAR,
    source_name              VARCHAR,
    known_from               TIMESTAMP NOT NULL,
    known_until              TIMESTAMP,
    source_file              VARCHAR   NOT NULL,
    source_row               BIGINT    NOT NULL
);
COMMENT ON TABLE  drug_exposure                          IS 'One row per prescription, dispensing or administration and ingredient of the pathway, in the version that counts at the run; recorded B12 injections (procedures, diagnoses) are rows here too.';
COMMENT ON COLUMN drug_exposure.drug_exposure_id         IS 'Identifier as delivered; a product with several ingredients of the pathway repeats it, once each.';
COMMENT ON COLUMN drug_exposure.person_id                IS 'The person; see person.person_id.';
COMMENT ON COLUMN drug_exposure.concept                  IS 'The ingredient group of the pathway (metformin, b12_injectable, b12_oral, folic_acid, ppi, ...).';
COMMENT ON COLUMN drug_exposure.ingredient               IS 'For B12 the substance: cyanocobalamin, hydroxocobalamin, methylcobalamin, cobamamide; null when unknown. Elsewhere null.';
COMMENT ON COLUMN drug_exposure.drug_exposure_start_date IS 'Start, issue or administration date.';
COMMENT ON COLUMN drug_exposure.drug_exposure_end_date   IS 'Last day covered: end_date, else start + days_supply - 1, else null (open), else start + 27.';
COMMENT ON COLUMN drug_exposure.route                    IS 'injection, oral, nasal, other or unknown.';
COMMENT ON COLUMN drug_exposure.kind                     IS 'prescribed, dispensed or administered.';
COMMENT ON COLUMN drug_exposure.daily_dose               IS 'Dose per day in dose_unit; null when unknown.';
COMMENT ON COLUMN drug_exposure.dose_unit                IS 'mg (metformin) or mcg (B12, folic acid); null for concepts whose dose is not used.';
COMMENT ON COLUMN drug_exposure.quantity                 IS 'Quantity as delivered, in units of the source; null when missing.';
COMMENT ON COLUMN drug_exposure.days_supply              IS 'Days supplied; null when missing.';
COMMENT ON COLUMN drug_exposure.doses                    IS 'Injectable B12: quantity in doses (quantity x doses_per_quantity of the source), not rounded and not capped; null when the quantity is missing, and for other concepts.';
COMMENT ON COLUMN drug_exposure.status                   IS 'Status as understood; unknown when missing.';
COMMENT ON COLUMN drug_exposure.source_closes_rows       IS 'True when the source is declared to end its own rows (a medication list): an open row then runs to the as-of date.';
COMMENT ON COLUMN drug_exposure.source_code              IS 'Product, procedure or diagnosis code as delivered.';
COMMENT ON COLUMN drug_exposure.source_vocabulary        IS 'Coding system as delivered.';
COMMENT ON COLUMN drug_exposure.source_name              IS 'Product name as delivered.';
COMMENT ON COLUMN drug_exposure.known_from               IS 'When this version became known: recorded_at, else the start date.';
COMMENT ON COLUMN drug_exposure.known_until              IS 'When this version was superseded or withdrawn; null while it stands at the run.';
COMMENT ON COLUMN drug_exposure.source_file              IS 'Extract file the row was read from, below the folder of its source.';
COMMENT ON COLUMN drug_exposure.source_row               IS 'Record number in that file; the first record after the header is 1.';
