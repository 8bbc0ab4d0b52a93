-- One row per person that any delivered, kept row speaks of.
CREATE TABLE person (
    person_id        VARCHAR NOT NULL,
    birth_date       DATE,
    sex              VARCHAR,
    death_date       DATE,
    site             VARCHAR,
    clinician        VARCHAR,
    registered_from  DATE,
    registered_until DATE,
    display_name     VARCHAR,
    in_patients      BOOLEAN NOT NULL
);
COMMENT ON TABLE  person                  IS 'One row per person known at the run: from patients, or, without a row there, from any other table.';
COMMENT ON COLUMN person.person_id        IS 'Patient identifier, text, as delivered.';
COMMENT ON COLUMN person.birth_date       IS 'Date of birth; null when unknown.';
COMMENT ON COLUMN person.sex              IS 'F or M; null when unknown or spelled in a way that is not mapped.';
COMMENT ON COLUMN person.death_date       IS 'Date of death; null while alive or not notified.';
COMMENT ON COLUMN person.site             IS 'Site (practice, clinic) as delivered; null when unknown.';
COMMENT ON COLUMN person.clinician        IS 'Usual clinician as delivered; null when unknown.';
COMMENT ON COLUMN person.registered_from  IS 'First day of registration; null when unknown or unlimited.';
COMMENT ON COLUMN person.registered_until IS 'Last day of registration; null while registered.';
COMMENT ON COLUMN person.display_name     IS 'Name to show on a worklist; null when not delivered.';
COMMENT ON COLUMN person.in_patients      IS 'False when no patients row was ever read for this person.';
