-- One row per open gap, as a reviewer reads it.
CREATE TABLE worklist_item (
    worklist            VARCHAR NOT NULL,
    person_id           VARCHAR NOT NULL,
    item_key            VARCHAR NOT NULL,
    priority            TINYINT NOT NULL,
    index_date          DATE    NOT NULL,
    due_date            DATE,
    reason              VARCHAR NOT NULL,
    flags               VARCHAR[] NOT NULL,
    state               VARCHAR NOT NULL,
    evidence_hash       VARCHAR NOT NULL,
    decision            VARCHAR,
    decision_reason     VARCHAR,
    decision_note       VARCHAR,
    decided_by          VARCHAR,
    decided_at          TIMESTAMP,
    snoozed_until       DATE,
    comment             VARCHAR,
    comment_by          VARCHAR,
    decision_id         BIGINT,
    first_listed        DATE    NOT NULL,
    days_listed         INTEGER NOT NULL,
    site                VARCHAR,
    clinician           VARCHAR,
    display_name        VARCHAR,
    age                 INTEGER,
    sex                 VARCHAR,
    serum_b12           DOUBLE,
    serum_b12_reported  VARCHAR,
    serum_b12_date      DATE,
    mma                 DOUBLE,
    mma_reported        VARCHAR,
    mma_date            DATE,
    hemoglobin          DOUBLE,
    hemoglobin_date     DATE,
    mcv                 DOUBLE,
    mcv_date            DATE,
    folate              DOUBLE,
    folate_date         DATE,
    ferritin            DOUBLE,
    ferritin_date       DATE,
    egfr                DOUBLE,
    egfr_date           DATE,
    treatment           VARCHAR NOT NULL,
    last_injection      DATE,
    next_due            DATE,
    rank                INTEGER NOT NULL
);
COMMENT ON TABLE  worklist_item                    IS 'One row per open gap, with what a reviewer needs to decide on it.';
COMMENT ON COLUMN worklist_item.worklist           IS 'Slug of the worklist.';
COMMENT ON COLUMN worklist_item.person_id          IS 'The person.';
COMMENT ON COLUMN worklist_item.item_key           IS 'Key of the episode; see care_gap.item_key.';
COMMENT ON COLUMN worklist_item.priority           IS '1 urgent, 2 within 14 days, 3 within 42 days, 4 at the next review.';
COMMENT ON COLUMN worklist_item.index_date         IS 'Date of the event that made the person eligible.';
COMMENT ON COLUMN worklist_item.due_date           IS 'The day by which the gap should have been closed.';
COMMENT ON COLUMN worklist_item.reason             IS 'Why the person is here, in one sentence.';
COMMENT ON COLUMN worklist_item.flags              IS 'What could not be seen or should be kept in mind.';
COMMENT ON COLUMN worklist_item.state              IS 'new: not open in the previous publication; continuing: open there too; returned: open again after it was resolved; snoozed, dismissed: open, and kept quiet by a reviewer''s decision.';
COMMENT ON COLUMN worklist_item.evidence_hash      IS 'Digest of the facts that the item rests on: the same while they are the same, however often they are delivered.';
COMMENT ON COLUMN worklist_item.decision           IS 'The decision that stands: done, ordered, contacted, snooze or not_applicable; null when none.';
COMMENT ON COLUMN worklist_item.decision_reason    IS 'Why it is not applicable; null for other decisions.';
COMMENT ON COLUMN worklist_item.decision_note      IS 'What the reviewer wrote with it.';
COMMENT ON COLUMN worklist_item.decided_by         IS 'Who decided.';
COMMENT ON COLUMN worklist_item.decided_at         IS 'When, local time.';
COMMENT ON COLUMN worklist_item.snoozed_until      IS 'The day on which a snoozed item wakes; null for other decisions.';
COMMENT ON COLUMN worklist_item.comment            IS 'The latest comment on the item, when it is newer than the decision that stands; else null.';
COMMENT ON COLUMN worklist_item.comment_by         IS 'Who made that comment.';
COMMENT ON COLUMN worklist_item.decision_id        IS 'Number of the latest entry about the item in the decision log, comments included; null when there is none.';
COMMENT ON COLUMN worklist_item.first_listed       IS 'As-of date of the first publication in which this item was open without a break.';
COMMENT ON COLUMN worklist_item.days_listed        IS 'Days from first_listed to the as-of date.';
COMMENT ON COLUMN worklist_item.site               IS 'Site of the person; null when unknown.';
COMMENT ON COLUMN worklist_item.clinician          IS 'Usual clinician; null when unknown.';
COMMENT ON COLUMN worklist_item.display_name       IS 'Name; null when not delivered.';
COMMENT ON COLUMN worklist_item.age                IS 'Completed years at the as-of date; null when the birth date is unknown.';
COMMENT ON COLUMN worklist_item.sex                IS 'F or M; null when unknown.';
COMMENT ON COLUMN worklist_item.serum_b12          IS 'Latest serum B12, pmol/L; the lowest of its day.';
COMMENT ON COLUMN worklist_item.serum_b12_reported IS 'That result as reported, with comparator and unit.';
COMMENT ON COLUMN worklist_item.serum_b12_date     IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.mma                IS 'Latest serum MMA, nmol/L; the highest of its day.';
COMMENT ON COLUMN worklist_item.mma_reported       IS 'That result as reported, with comparator and unit.';
COMMENT ON COLUMN worklist_item.mma_date           IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.hemoglobin         IS 'Latest hemoglobin, g/L; the lowest of its day.';
COMMENT ON COLUMN worklist_item.hemoglobin_date    IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.mcv                IS 'Latest MCV, fL; the highest of its day.';
COMMENT ON COLUMN worklist_item.mcv_date           IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.folate             IS 'Latest serum folate, nmol/L; the lowest of its day.';
COMMENT ON COLUMN worklist_item.folate_date        IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.ferritin           IS 'Latest ferritin, ug/L; the lowest of its day.';
COMMENT ON COLUMN worklist_item.ferritin_date      IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.egfr               IS 'Latest eGFR, mL/min/1.73 m2; the lowest of its day.';
COMMENT ON COLUMN worklist_item.egfr_date          IS 'Date of that result.';
COMMENT ON COLUMN worklist_item.treatment          IS 'B12 treatment on record at the as-of date: injections, oral, nasal, route unknown, or "no record".';
COMMENT ON COLUMN worklist_item.last_injection     IS 'Date of the latest B12 injection on record; null when there is none.';
COMMENT ON COLUMN worklist_item.next_due           IS 'The day the cover of the current injection course ends; null without one.';
COMMENT ON COLUMN worklist_item.rank               IS 'Place in the list: those kept quiet last, then by priority, then the evidence (lower B12, higher MMA), then longest past due, then person_id.';
