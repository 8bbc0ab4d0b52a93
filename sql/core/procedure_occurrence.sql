-- One row per procedure record on the pathway.
CREATE TABLE procedure_occurrence (
    procedure_occurrence_id VARCHAR   NOT NULL,
    person_id               VARCHAR   NOT NULL,
    concept                 VARCHAR   NOT NULL,
    procedure_date          DATE      NOT NULL,
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
COMMENT ON TABLE  procedure_occurrence                         IS 'One row per procedure record on the pathway, in the version that stands at the run. Recorded B12 injections are in drug_exposure.';
COMMENT ON COLUMN procedure_occurrence.procedure_occurrence_id IS 'procedure_id as delivered; where none was delivered, made of patient, code and date.';
COMMENT ON COLUMN procedure_occurrence.person_id               IS 'The person; see person.person_id.';
COMMENT ON COLUMN procedure_occurrence.concept                 IS 'The procedure in the words of the pathway (bariatric_surgery, ileal_resection, ...).';
COMMENT ON COLUMN procedure_occurrence.procedure_date          IS 'Date performed.';
COMMENT ON COLUMN procedure_occurrence.status                  IS 'Status as understood; unknown when missing.';
COMMENT ON COLUMN procedure_occurrence.is_counted              IS 'False for provisional, differential and unconfirmed records: kept, and count for nothing.';
COMMENT ON COLUMN procedure_occurrence.source_code             IS 'Procedure code as delivered.';
COMMENT ON COLUMN procedure_occurrence.source_vocabulary       IS 'Coding system as delivered.';
COMMENT ON COLUMN procedure_occurrence.source_name             IS 'Description as delivered.';
COMMENT ON COLUMN procedure_occurrence.known_from              IS 'When this version became known: recorded_at, else the date performed.';
COMMENT ON COLUMN procedure_occurrence.known_until             IS 'When this version was superseded or withdrawn; null while it stands at the run.';
COMMENT ON COLUMN procedure_occurrence.source_file             IS 'Extract file the row was read from, below the folder of its source.';
COMMENT ON COLUMN procedure_occurrence.source_row              IS 'Record number in that file; the first record after the header is 1.';
