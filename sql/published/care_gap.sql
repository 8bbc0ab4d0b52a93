-- One row per worklist and eligible person; closed_by null = the gap is open.
CREATE TABLE care_gap (
    worklist   VARCHAR NOT NULL,
    person_id  VARCHAR NOT NULL,
    item_key   VARCHAR NOT NULL,
    closed_by  VARCHAR,
    priority   TINYINT,
    index_date DATE    NOT NULL,
    due_date   DATE,
    reason     VARCHAR NOT NULL,
    flags      VARCHAR[] NOT NULL
);
COMMENT ON TABLE  care_gap            IS 'One row per worklist and eligible person: the denominator, with what closed each gap.';
COMMENT ON COLUMN care_gap.worklist   IS 'Slug of the worklist; see worklist.worklist.';
COMMENT ON COLUMN care_gap.person_id  IS 'The eligible person; see person.person_id.';
COMMENT ON COLUMN care_gap.item_key   IS 'Key of the episode, made of worklist, person and index event: the same patient listed for a new event is a new item.';
COMMENT ON COLUMN care_gap.closed_by  IS 'The first closing rule that holds, in the order of the definition; null while the gap is open.';
COMMENT ON COLUMN care_gap.priority   IS '1 urgent, 2 within 14 days, 3 within 42 days, 4 at the next review; null when closed.';
COMMENT ON COLUMN care_gap.index_date IS 'Date of the event that made the person eligible.';
COMMENT ON COLUMN care_gap.due_date   IS 'The day by which the gap should have been closed.';
COMMENT ON COLUMN care_gap.reason     IS 'Why the person is eligible, and what is missing or closed it, in one sentence.';
COMMENT ON COLUMN care_gap.flags      IS 'What could not be seen or should be kept in mind (age_unknown, not_in_patients, diagnoses_not_seen, ...); empty when nothing.';
