-- One row per measure, as-of date, site, age band and sex, with totals over each; small numbers left out.
CREATE TABLE measure (
    measure         VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,
    as_of           DATE    NOT NULL,
    site            VARCHAR,
    age_band        VARCHAR,
    sex             VARCHAR,
    eligible        BIGINT,
    open            BIGINT,
    share           DOUBLE,
    suppressed      BOOLEAN NOT NULL,
    definition_hash VARCHAR
);
COMMENT ON TABLE  measure                 IS 'Counts of people over time: lists, balancing measures, testing rates, and the precision of lists; by site, age band and sex, small numbers suppressed.';
COMMENT ON COLUMN measure.measure         IS 'The worklist, or the name of the measure.';
COMMENT ON COLUMN measure.kind            IS 'worklist, balancing, testing, or precision (of a worklist, from the decisions of reviewers in the month up to as_of).';
COMMENT ON COLUMN measure.as_of           IS 'The date that the numbers look from: of a run, or a month end.';
COMMENT ON COLUMN measure.site            IS 'Site; "unknown" for persons without one; null for all together.';
COMMENT ON COLUMN measure.age_band        IS 'Completed years at as_of; "unknown" without a birth date; null for all together.';
COMMENT ON COLUMN measure.sex             IS 'F, M or "unknown"; null for all together.';
COMMENT ON COLUMN measure.eligible        IS 'People eligible; for precision, items decided in the month. Null where suppressed.';
COMMENT ON COLUMN measure.open            IS 'Of those: with an open gap, counted by the balancing measure, tested in time; for precision, not dismissed as data error or clinically inappropriate. Null where suppressed.';
COMMENT ON COLUMN measure.share           IS 'open divided by eligible. Null where suppressed.';
COMMENT ON COLUMN measure.suppressed      IS 'True where the numbers are withheld: a count under the limit (10), or one from which such a count could be worked out.';
COMMENT ON COLUMN measure.definition_hash IS 'SHA-256 of what the number rests on: where it changes within a series, the series changed its meaning. Null for precision.';
