-- One row per person with any open gap: what to treat first, what to test first.
CREATE TABLE worklist_patient (
    person_id          VARCHAR NOT NULL,
    priority           TINYINT NOT NULL,
    site               VARCHAR,
    clinician          VARCHAR,
    display_name       VARCHAR,
    age                INTEGER,
    sex                VARCHAR,
    treatment_worklist VARCHAR,
    treatment_item_key VARCHAR,
    treatment_priority TINYINT,
    treatment_reason   VARCHAR,
    treatment_state    VARCHAR,
    test_worklist      VARCHAR,
    test_item_key      VARCHAR,
    test_priority      TINYINT,
    test_reason        VARCHAR,
    test_state         VARCHAR,
    other_items        INTEGER NOT NULL,
    due_date           DATE,
    first_listed       DATE    NOT NULL,
    days_listed        INTEGER NOT NULL,
    rank               INTEGER NOT NULL
);
COMMENT ON TABLE  worklist_patient                    IS 'One row per person with any open gap: the first item to treat, the first to test, and how many others.';
COMMENT ON COLUMN worklist_patient.person_id          IS 'The person.';
COMMENT ON COLUMN worklist_patient.priority           IS 'The most urgent priority of the two items shown; of one that is kept quiet only where every item is.';
COMMENT ON COLUMN worklist_patient.site               IS 'Site of the person; null when unknown.';
COMMENT ON COLUMN worklist_patient.clinician          IS 'Usual clinician; null when unknown.';
COMMENT ON COLUMN worklist_patient.display_name       IS 'Name; null when not delivered.';
COMMENT ON COLUMN worklist_patient.age                IS 'Completed years at the as-of date; null when the birth date is unknown.';
COMMENT ON COLUMN worklist_patient.sex                IS 'F or M; null when unknown.';
COMMENT ON COLUMN worklist_patient.treatment_worklist IS 'List of the first item to treat: items that nobody keeps quiet first, then priority 1, then in clinical order; null when there is none.';
COMMENT ON COLUMN worklist_patient.treatment_item_key IS 'Key of that item.';
COMMENT ON COLUMN worklist_patient.treatment_priority IS 'Its priority.';
COMMENT ON COLUMN worklist_patient.treatment_reason   IS 'Its reason, in one sentence.';
COMMENT ON COLUMN worklist_patient.treatment_state    IS 'Its state; see worklist_item.state.';
COMMENT ON COLUMN worklist_patient.test_worklist      IS 'List of the first item to test, chosen in the same way; null when there is none.';
COMMENT ON COLUMN worklist_patient.test_item_key      IS 'Key of that item.';
COMMENT ON COLUMN worklist_patient.test_priority      IS 'Its priority.';
COMMENT ON COLUMN worklist_patient.test_reason        IS 'Its reason, in one sentence.';
COMMENT ON COLUMN worklist_patient.test_state         IS 'Its state; see worklist_item.state.';
COMMENT ON COLUMN worklist_patient.other_items        IS 'Open items of the person besides those two.';
COMMENT ON COLUMN worklist_patient.due_date           IS 'The earliest due date of the same; null when none has one.';
COMMENT ON COLUMN worklist_patient.first_listed       IS 'The earliest day on which one of the open items was first listed.';
COMMENT ON COLUMN worklist_patient.days_listed        IS 'Days from first_listed to the as-of date.';
COMMENT ON COLUMN worklist_patient.rank               IS 'Place among all persons: those of whom every item is kept quiet last, then by priority, earliest due date and person_id.';
