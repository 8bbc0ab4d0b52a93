-- One row per check of the run: the suites over core tables and worklists, and the rules of the gate.
CREATE TABLE check_result (
    run_id           VARCHAR NOT NULL,
    check_name       VARCHAR NOT NULL,
    layer            VARCHAR NOT NULL,
    table_name       VARCHAR,
    column_name      VARCHAR,
    severity         VARCHAR NOT NULL,
    status           VARCHAR NOT NULL,
    unexpected_count BIGINT,
    row_count        BIGINT,
    why              VARCHAR NOT NULL,
    detail           VARCHAR NOT NULL
);
COMMENT ON TABLE  check_result                  IS 'One row per check of the run; a failed critical check refuses the publication, a failed warning is shown and passes on.';
COMMENT ON COLUMN check_result.run_id           IS 'The run that checked; see run.run_id.';
COMMENT ON COLUMN check_result.check_name       IS 'Name of the check, unique within a run and stable across runs: the suite and the expectation, or the rule of the gate and what it judged.';
COMMENT ON COLUMN check_result.layer            IS 'core, worklist, published or gate.';
COMMENT ON COLUMN check_result.table_name       IS 'Core table, extract table or worklist that was checked; null when the check is about none.';
COMMENT ON COLUMN check_result.column_name      IS 'Column that was checked, several joined by a comma; null when the check is about whole rows.';
COMMENT ON COLUMN check_result.severity         IS 'critical or warning.';
COMMENT ON COLUMN check_result.status           IS 'passed, failed, not_applicable (there was nothing to check) or error (could not be evaluated: counts as failed and critical).';
COMMENT ON COLUMN check_result.unexpected_count IS 'Rows, or things counted by the rule, that did not hold; null where nothing is counted.';
COMMENT ON COLUMN check_result.row_count        IS 'Rows, or things, that were looked at; null where nothing is counted.';
COMMENT ON COLUMN check_result.why              IS 'What would go wrong if this did not hold.';
COMMENT ON COLUMN check_result.detail           IS 'What was found, in one sentence with counts and names, without any value of a patient.';
