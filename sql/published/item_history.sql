-- What happened to each item, from its first listing on.
CREATE TABLE item_history (
    worklist    VARCHAR NOT NULL,
    person_id   VARCHAR NOT NULL,
    item_key    VARCHAR NOT NULL,
    event       VARCHAR NOT NULL,
    on_date     DATE    NOT NULL,
    because     VARCHAR,
    run_id      VARCHAR NOT NULL,
    actor       VARCHAR,
    decision_id BIGINT
);
COMMENT ON TABLE  item_history             IS 'One row per event in the life of an item, kept from publication to publication.';
COMMENT ON COLUMN item_history.worklist    IS 'Slug of the worklist.';
COMMENT ON COLUMN item_history.person_id   IS 'The person.';
COMMENT ON COLUMN item_history.item_key    IS 'Key of the episode; see care_gap.item_key.';
COMMENT ON COLUMN item_history.event       IS 'listed, returned, resolved and woken by a run; snoozed and decided by a reviewer.';
COMMENT ON COLUMN item_history.on_date     IS 'The as-of date of the run, or the day of the decision.';
COMMENT ON COLUMN item_history.because     IS 'resolved: the closing rule that now holds, or died, left, correction, definition_changed, new_episode, no_longer_eligible. woken: date_reached, newer_evidence or higher_priority. decided: the decision, and why it is not applicable. snoozed: until when. Null for listed and returned.';
COMMENT ON COLUMN item_history.run_id      IS 'The run that saw it; for a decision, the publication that the reviewer looked at.';
COMMENT ON COLUMN item_history.actor       IS 'Who decided; null for what a run saw.';
COMMENT ON COLUMN item_history.decision_id IS 'Number of the entry in the decision log, in the order of decisions; null for what a run saw.';
