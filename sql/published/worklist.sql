-- One row per worklist definition, as it was applied.
CREATE TABLE worklist (
    worklist        VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    action          VARCHAR NOT NULL,
    rationale       VARCHAR NOT NULL,
    source          VARCHAR NOT NULL,
    source_url      VARCHAR NOT NULL,
    profile         VARCHAR NOT NULL,
    parameters      JSON    NOT NULL,
    definition_hash VARCHAR NOT NULL,
    owner           VARCHAR NOT NULL,
    reviewed        DATE    NOT NULL
);
COMMENT ON TABLE  worklist                 IS 'One row per worklist definition, as it was applied in this run.';
COMMENT ON COLUMN worklist.worklist        IS 'Slug: the cohort, then what is missing.';
COMMENT ON COLUMN worklist.title           IS 'The list in words.';
COMMENT ON COLUMN worklist.action          IS 'The next step for everybody on the list.';
COMMENT ON COLUMN worklist.rationale       IS 'Who is eligible, what closes the gap, what is left out and why.';
COMMENT ON COLUMN worklist.source          IS 'The guideline or paper the list rests on.';
COMMENT ON COLUMN worklist.source_url      IS 'Where that source is to be read.';
COMMENT ON COLUMN worklist.profile         IS 'Guideline profile that gave the numbers.';
COMMENT ON COLUMN worklist.parameters      IS 'The profile numbers that the list uses, by dotted name, overrides included.';
COMMENT ON COLUMN worklist.definition_hash IS 'Digest of the rule, its shared terms, its numbers and the code lists: equal hash, equal definition.';
COMMENT ON COLUMN worklist.owner           IS 'Who answers for the definition.';
COMMENT ON COLUMN worklist.reviewed        IS 'When the definition was last reviewed.';
