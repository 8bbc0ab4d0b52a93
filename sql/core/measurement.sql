-- One row per laboratory result on the pathway, in its version that counts at the run.
CREATE TABLE measurement (
    measurement_id    VARCHAR   NOT NULL,
    person_id         VARCHAR   NOT NULL,
    concept           VARCHAR   NOT NULL,
    measurement_date  DATE      NOT NULL,
    measured_at       TIMESTAMP NOT NULL,
    value             DOUBLE,
    unit              VARCHAR,
    comparator        VARCHAR   NOT NULL,
    value_reported    VARCHAR,
    unit_reported     VARCHAR,
    unit_family       VARCHAR,
    value_in_family   DOUBLE,
    range_low         DOUBLE,
    range_high        DOUBLE,
    status            VARCHAR   NOT NULL,
    source_code       VARCHAR,
    source_vocabulary VARCHAR,
    source_name       VARCHAR,
    is_implausible    BOOLEAN   NOT NULL,
    known_from        TIMESTAMP NOT NULL,
    known_until       TIMESTAMP,
    source_file       VARCHAR   NOT NULL,
    source_row        BIGINT    NOT NULL
);
COMMENT ON TABLE  measurement                   IS 'One row per laboratory result on the pathway, in the version that counts at the run; two ids of one result are both kept.';
COMMENT ON COLUMN measurement.measurement_id    IS 'Result identifier as delivered (result_id), unique within its source.';
COMMENT ON COLUMN measurement.person_id         IS 'The person; see person.person_id.';
COMMENT ON COLUMN measurement.concept           IS 'What was measured, in the words of the pathway (serum_b12, mma_serum, hemoglobin, ...).';
COMMENT ON COLUMN measurement.measurement_date  IS 'Local calendar date of collection.';
COMMENT ON COLUMN measurement.measured_at       IS 'Local time of collection; midnight when only a date was delivered.';
COMMENT ON COLUMN measurement.value             IS 'Value in the canonical unit; for qualitative concepts 1 positive, 0 negative, null equivocal; null also for a preliminary row without a readable value.';
COMMENT ON COLUMN measurement.unit              IS 'Canonical UCUM unit; null for qualitative concepts.';
COMMENT ON COLUMN measurement.comparator        IS 'One of = < <= > >=: the value is exact, or a bound.';
COMMENT ON COLUMN measurement.value_reported    IS 'The value as text, as reported.';
COMMENT ON COLUMN measurement.unit_reported     IS 'The unit as reported, or as declared in the configuration where the extract left it empty.';
COMMENT ON COLUMN measurement.unit_family       IS 'mass or substance, from the reported unit; null where the distinction does not apply.';
COMMENT ON COLUMN measurement.value_in_family   IS 'The value scaled exactly within its reported family: serum B12 in ng/L (mass) or pmol/L (substance); elsewhere equal to value. Thresholds are compared with this.';
COMMENT ON COLUMN measurement.range_low         IS 'Lower reference limit of the laboratory, canonical unit; null when not given.';
COMMENT ON COLUMN measurement.range_high        IS 'Upper reference limit of the laboratory, canonical unit; null when not given.';
COMMENT ON COLUMN measurement.status            IS 'final, corrected, amended or appended count; preliminary, registered and partial are kept and count for nothing.';
COMMENT ON COLUMN measurement.source_code       IS 'Test code as delivered.';
COMMENT ON COLUMN measurement.source_vocabulary IS 'Coding system as delivered.';
COMMENT ON COLUMN measurement.source_name       IS 'Test name as delivered.';
COMMENT ON COLUMN measurement.is_implausible    IS 'True when the value lies outside the soft limits of its concept: kept, to be looked at.';
COMMENT ON COLUMN measurement.known_from        IS 'When this version became known: reported_at, else the collection time.';
COMMENT ON COLUMN measurement.known_until       IS 'When this version was superseded or withdrawn; null while it stands at the run.';
COMMENT ON COLUMN measurement.source_file       IS 'Extract file the row was read from, below the folder of its source.';
COMMENT ON COLUMN measurement.source_row        IS 'Record number in that file; the first record after the header is 1.';
