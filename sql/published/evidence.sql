-- Why: the rows that a care gap rests on.
CREATE TABLE evidence (
    worklist    VARCHAR NOT NULL,
    person_id   VARCHAR NOT NULL,
    role        VARCHAR NOT NULL,
    event_table VARCHAR NOT NULL,
    event_id    VARCHAR NOT NULL,
    event_date  DATE    NOT NULL,
    value       DOUBLE,
    unit        VARCHAR,
    text        VARCHAR NOT NULL,
    source_file VARCHAR NOT NULL,
    source_row  BIGINT  NOT NULL
);
COMMENT ON TABLE  evidence             IS 'The source rows that each care gap rests on, by their role in the rule; every open gap has at least one.';
COMMENT ON COLUMN evidence.worklist    IS 'Slug of the worklist.';
COMMENT ON COLUMN evidence.person_id   IS 'The eligible person.';
COMMENT ON COLUMN evidence.role        IS 'The part this row plays: index, neuro, anemia, second_line, last_injection, closed_by, ...';
COMMENT ON COLUMN evidence.event_table IS 'Core table of the row: person, measurement, drug_exposure, condition_occurrence or procedure_occurrence.';
COMMENT ON COLUMN evidence.event_id    IS 'Identifier of the row in that table.';
COMMENT ON COLUMN evidence.event_date  IS 'Date of the event.';
COMMENT ON COLUMN evidence.value       IS 'Value in the canonical unit (daily dose for a drug); null where there is none.';
COMMENT ON COLUMN evidence.unit        IS 'Unit of the value; null where there is none.';
COMMENT ON COLUMN evidence.text        IS 'The event as a reader would say it, with the value and unit as reported.';
COMMENT ON COLUMN evidence.source_file IS 'Extract file of the row.';
COMMENT ON COLUMN evidence.source_row  IS 'Record number in that file.';
