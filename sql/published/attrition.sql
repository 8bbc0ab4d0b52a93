-- Where everybody went: a count per worklist, site and step.
CREATE TABLE attrition (
    worklist       VARCHAR NOT NULL,
    as_of          DATE    NOT NULL,
    site           VARCHAR,
    step           VARCHAR NOT NULL,
    closed_by      VARCHAR,
    people         BIGINT  NOT NULL,
    previous_people BIGINT,
    change         BIGINT
);
COMMENT ON TABLE  attrition                 IS 'Counts of people per worklist, site and step: in scope, eligible, each closing rule, open; beside the previous publication.';
COMMENT ON COLUMN attrition.worklist        IS 'Slug of the worklist.';
COMMENT ON COLUMN attrition.as_of           IS 'The as-of date.';
COMMENT ON COLUMN attrition.site            IS 'Site; null for persons of unknown site.';
COMMENT ON COLUMN attrition.step            IS 'in_scope, eligible, closed (one row for each closing rule) or open.';
COMMENT ON COLUMN attrition.closed_by       IS 'The closing rule on rows of step closed; null elsewhere.';
COMMENT ON COLUMN attrition.people          IS 'Number of people.';
COMMENT ON COLUMN attrition.previous_people IS 'The same number in the previous publication; null when there was none.';
COMMENT ON COLUMN attrition.change          IS 'people minus previous_people; null when there was no previous publication.';
