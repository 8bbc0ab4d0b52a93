-- What was refused, and why: a row per record.
CREATE TABLE quarantine (
    source        VARCHAR NOT NULL,
    extract_table VARCHAR NOT NULL,
    source_file   VARCHAR NOT NULL,
    source_row    BIGINT  NOT NULL,
    reason        VARCHAR NOT NULL,
    detail        VARCHAR,
    raw           VARCHAR
);
COMMENT ON TABLE  quarantine               IS 'One row per record that was refused, with its reason and the record as delivered.';
COMMENT ON COLUMN quarantine.source        IS 'Source in the configuration.';
COMMENT ON COLUMN quarantine.extract_table IS 'Extract table of the file.';
COMMENT ON COLUMN quarantine.source_file   IS 'Name below the folder of the source.';
COMMENT ON COLUMN quarantine.source_row    IS 'Record number in the file; the first record after the header is 1.';
COMMENT ON COLUMN quarantine.reason        IS 'malformed_record, missing_required, bad_date, future_date, unknown_unit, missing_unit, impossible_value, unknown_status, end_before_start or not_a_result.';
COMMENT ON COLUMN quarantine.detail        IS 'Which column, and what was expected.';
COMMENT ON COLUMN quarantine.raw           IS 'The record: as JSON by column, or the raw line when it could not be split; the first 10,000 characters (the store keeps all).';
