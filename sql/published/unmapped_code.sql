-- Codes that belong to no concept, with how often and when they were seen.
CREATE TABLE unmapped_code (
    source        VARCHAR NOT NULL,
    extract_table VARCHAR NOT NULL,
    code_system   VARCHAR,
    code          VARCHAR,
    name          VARCHAR,
    row_count     BIGINT  NOT NULL,
    first_date    DATE,
    last_date     DATE,
    looks_like    VARCHAR
);
COMMENT ON TABLE  unmapped_code               IS 'One row per code and name that belongs to no concept of the pathway: its rows were counted and not stored.';
COMMENT ON COLUMN unmapped_code.source        IS 'Source in the configuration.';
COMMENT ON COLUMN unmapped_code.extract_table IS 'Extract table.';
COMMENT ON COLUMN unmapped_code.code_system   IS 'Coding system as delivered.';
COMMENT ON COLUMN unmapped_code.code          IS 'Code as delivered.';
COMMENT ON COLUMN unmapped_code.name          IS 'Name as delivered.';
COMMENT ON COLUMN unmapped_code.row_count     IS 'Rows seen, re-deliveries included.';
COMMENT ON COLUMN unmapped_code.first_date    IS 'First event date; null when no date could be read.';
COMMENT ON COLUMN unmapped_code.last_date     IS 'Last event date; null when no date could be read.';
COMMENT ON COLUMN unmapped_code.looks_like    IS 'A concept that the name looks like: worth a mapping, or a reason why not; null when none.';
