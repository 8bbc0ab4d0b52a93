-- What was read: a row per file.
CREATE TABLE source_file (
    source           VARCHAR   NOT NULL,
    extract_table    VARCHAR   NOT NULL,
    source_file      VARCHAR   NOT NULL,
    sha256           VARCHAR   NOT NULL,
    first_read_at    TIMESTAMP NOT NULL,
    read_at          TIMESTAMP NOT NULL,
    rows_read        BIGINT    NOT NULL,
    rows_kept        BIGINT    NOT NULL,
    rows_off_pathway BIGINT    NOT NULL,
    rows_quarantined BIGINT    NOT NULL,
    unknown_columns  VARCHAR[] NOT NULL,
    mapping          VARCHAR   NOT NULL
);
COMMENT ON TABLE  source_file                  IS 'One row per file read: its records are kept, off the pathway, or quarantined, and nothing else.';
COMMENT ON COLUMN source_file.source           IS 'Source in the configuration.';
COMMENT ON COLUMN source_file.extract_table    IS 'patients, labs, prescriptions, diagnoses or procedures.';
COMMENT ON COLUMN source_file.source_file      IS 'Name below the folder of the source.';
COMMENT ON COLUMN source_file.sha256           IS 'Digest of the bytes as delivered.';
COMMENT ON COLUMN source_file.first_read_at    IS 'When this content was first read, local time.';
COMMENT ON COLUMN source_file.read_at          IS 'When it was last read: later than first_read_at after a changed mapping.';
COMMENT ON COLUMN source_file.rows_read        IS 'Physical records of the file, header and blank lines not counted.';
COMMENT ON COLUMN source_file.rows_kept        IS 'Records kept, withdrawals included.';
COMMENT ON COLUMN source_file.rows_off_pathway IS 'Records whose code and name belong to no concept; see unmapped_code.';
COMMENT ON COLUMN source_file.rows_quarantined IS 'Records refused; see quarantine.';
COMMENT ON COLUMN source_file.unknown_columns  IS 'Columns of the file that were ignored.';
COMMENT ON COLUMN source_file.mapping          IS 'Digest of the mapping and code lists the file was read with.';
