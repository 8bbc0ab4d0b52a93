-- Why the length of each list changed since the publication before.
--
-- Grain   one row per list and way in or out; the changes of a list add up to the change of its length
-- Reads   item_history, worklist, this_run
-- Use     "why is the list shorter today?"; ORDER BY worklist, change DESC
-- Ties    none: each item came or went once

CREATE OR REPLACE VIEW list_change AS
SELECT
    worklist,
    title,
    event,
    because,
    count(*) AS items,
    count(*) * CASE WHEN event = 'resolved' THEN -1 ELSE 1 END AS change
FROM item_history
JOIN worklist USING (worklist)
JOIN this_run ON on_date = as_of
WHERE event IN ('listed', 'returned', 'resolved')
GROUP BY worklist, title, event, because;

COMMENT ON VIEW   list_change          IS 'One row per list and way in or out: why its length changed since the publication before.';
COMMENT ON COLUMN list_change.worklist IS 'Slug of the worklist.';
COMMENT ON COLUMN list_change.title    IS 'The list in words.';
COMMENT ON COLUMN list_change.event    IS 'listed, returned or resolved.';
COMMENT ON COLUMN list_change.because  IS 'Why items were resolved; see item_history.because. Null for those that came.';
COMMENT ON COLUMN list_change.items    IS 'Number of items.';
COMMENT ON COLUMN list_change.change   IS 'What they add to the length of the list: negative for those resolved.';
