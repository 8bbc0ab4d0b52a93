-- How long the open items have waited.
--
-- Grain   one row per open item
-- Reads   worklist_item, worklist, this_run
-- Use     "who waits longest, and where?"; group by list, site or priority
-- Ties    none: worklist_item has one row an item

CREATE OR REPLACE VIEW waiting_time AS
SELECT
    item_key,
    worklist,
    title,
    person_id,
    site,
    clinician,
    priority,
    state,
    index_date,
    due_date,
    first_listed,
    CAST(as_of - index_date AS INTEGER) AS days_since_index,
    CAST(as_of - due_date AS INTEGER) AS days_past_due,
    as_of > due_date AS is_overdue,
    days_listed
FROM worklist_item
JOIN worklist USING (worklist)
CROSS JOIN this_run;

COMMENT ON VIEW   waiting_time                  IS 'One row per open item: how long it has waited, by three clocks.';
COMMENT ON COLUMN waiting_time.item_key         IS 'Key of the episode; see care_gap.item_key.';
COMMENT ON COLUMN waiting_time.worklist         IS 'Slug of the worklist.';
COMMENT ON COLUMN waiting_time.title            IS 'The list in words.';
COMMENT ON COLUMN waiting_time.person_id        IS 'The person; see person.person_id.';
COMMENT ON COLUMN waiting_time.site             IS 'Site; null when unknown.';
COMMENT ON COLUMN waiting_time.clinician        IS 'Usual clinician; null when unknown.';
COMMENT ON COLUMN waiting_time.priority         IS '1 urgent, 2 within 14 days, 3 within 42 days, 4 at the next review.';
COMMENT ON COLUMN waiting_time.state            IS 'State of the item; see worklist_item.state.';
COMMENT ON COLUMN waiting_time.index_date       IS 'Date of the event that made the person eligible.';
COMMENT ON COLUMN waiting_time.due_date         IS 'The day by which the gap should have been closed.';
COMMENT ON COLUMN waiting_time.first_listed     IS 'As-of date of the first publication in which this item was open without a break.';
COMMENT ON COLUMN waiting_time.days_since_index IS 'Days from that event to the as-of date: how long the person has waited.';
COMMENT ON COLUMN waiting_time.days_past_due    IS 'Days from the due date to the as-of date; negative while it lies ahead.';
COMMENT ON COLUMN waiting_time.is_overdue       IS 'True from the day after the due date on.';
COMMENT ON COLUMN waiting_time.days_listed      IS 'Days from first_listed to the as-of date: how long somebody could have seen it.';
