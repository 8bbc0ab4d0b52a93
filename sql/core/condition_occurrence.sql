-- One row per diagnosis record on the pathway.
CREATE TABLE condition_occurrence (
    condition_occurrence_id VARCHAR   NOT NULL,
    person_id               VARCHAR   NOT NULL,
    concept                 VARCHAR   NOT NULL,
    condition_start_date    DATE      NOT NULL,
    condition_end_date      DATE,
    status                  VARCHAR   NOT NULL,
    is_counted              BOOLEAN   NOT NULL,
    source_code             VARCHAR,
    source_vocabulary       VARCHAR,
    source_name             VARCHAR,
    known_from              TIMESTAMP NOT NULL,
    known_until             TIMESTAMP,
    source_file             VARCHAR   NOT NULL,
    source_row              BIGINT    NOT NULL
);
COMMENT ON TABLE  condition_occurrence                         IS 'One row per diagnosis record on the pathway, in the version that stands at the run.';
COMMENT ON COLUMN condition_occurrence.condition_occurrence_id IS 'diagnosis_id as delivered; where none was delivered, made of patient, code and date.';
COMMENT ON COLUMN condition_occurrence.person_id               IS 'The person; see person.person_id.';
COMMENT ON COLUMN condition_occurrence.concept                 IS 'The condition in the words of the pathway (pernicious_anemia, neuropathy, ...).';
COMMENT ON COLUMN condition_occurrence.condition_start_date    IS 'Recorded date.';
COMMENT ON COLUMN condition_occurrence.condition_end_date      IS 'Resolved date; null when not resolved or not delivered.';
COMMENT ON COLUMN condition_occurrence.status                  IS 'Status as understood; unknown when missing.';
COMMENT ON COLUMN condition_occurrence.is_counted              IS 'False for provisional, differential and unconfirmed records: kept, and count for nothing.';
COMMENT ON COLUMN condition_occurrence.source_code             IS 'Diagnosis code as delivered.';
COMMENT ON COLUMN condition_occurrence.source_vocabulary       IS 'Coding system as delivered.';
COMMENT ON COLUMN condition_occurrence.source_name             IS 'Description as delivered.';
COMMENT ON COLUMN condition_occurrence.known_from              IS 'When this version became known: recorded_at, else the recorded date.';
COMMENT ON COLUMN condition_occurrence.known_until             IS 'When this version was superseded or withdrawn; null while it stands at the run.';
COMMENT ON COLUMN condition_occurrence.source_file             IS 'Extract file the row was read from, below the folder of its source.';
COMMENT ON COLUMN condition_occurrence.source_row              IS 'Record number in that file; the first record after the header is 1.';
