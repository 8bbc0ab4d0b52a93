-- The runs, newest last.
CREATE TABLE run (
    run_id          VARCHAR   NOT NULL,
    started_at      TIMESTAMP NOT NULL,
    ended_at        TIMESTAMP NOT NULL,
    outcome         VARCHAR   NOT NULL,
    because         VARCHAR,
    as_of           DATE      NOT NULL,
    known_at        DATE      NOT NULL,
    profile         VARCHAR   NOT NULL,
    definition_hash VARCHAR   NOT NULL,
    files_read      BIGINT    NOT NULL,
    version         VARCHAR   NOT NULL
);
COMMENT ON TABLE  run                 IS 'One row per run of the nightly job up to this publication, refused ones included.';
COMMENT ON COLUMN run.run_id          IS 'Identifier: local start time and a random tail.';
COMMENT ON COLUMN run.started_at      IS 'Start, local time.';
COMMENT ON COLUMN run.ended_at        IS 'End, local time; of the run that made this file, the moment it was built.';
COMMENT ON COLUMN run.outcome         IS 'published, refused or failed.';
COMMENT ON COLUMN run.because         IS 'Why it was refused or failed; null when published.';
COMMENT ON COLUMN run.as_of           IS 'The date the lists look back from.';
COMMENT ON COLUMN run.known_at        IS 'The knowledge date: only what was known then was read.';
COMMENT ON COLUMN run.profile         IS 'Guideline profile.';
COMMENT ON COLUMN run.definition_hash IS 'Digest over all worklist definitions.';
COMMENT ON COLUMN run.files_read      IS 'Files newly read by this run.';
COMMENT ON COLUMN run.version         IS 'Version of the product.';
