-- How often a list was right, by the decisions of its reviewers.
--
-- Grain   one row per list and month in which somebody decided on one of its items
-- Reads   item_history, worklist
-- Use     "which rule wastes time?"; few decided items say little
-- Ties    none: entries of the log are numbered
--
-- Precision is one minus the share of decided items that were dismissed as a data error or as clinically
-- inappropriate. An item counts in each month in which somebody decided on it, by what stood at its end. A comment
-- decides nothing; an item whose decision was taken back is not decided.

CREATE OR REPLACE VIEW precision_by_month AS
WITH decided_on AS (
    SELECT
        worklist,
        item_key,
        CAST(date_trunc('month', on_date) AS DATE) AS month,
        arg_max(because, decision_id) AS stands
    FROM item_history
    WHERE event = 'snoozed'
       OR (event = 'decided' AND because <> 'comment')
    GROUP BY worklist, item_key, date_trunc('month', on_date)
)
SELECT
    worklist,
    title,
    month,
    count(*) FILTER (WHERE stands <> 'undo') AS decided,
    count(*) FILTER (WHERE stands IN ('not_applicable: data_error', 'not_applicable: clinically_inappropriate')) AS dismissed,
    1 - dismissed / nullif(decided, 0) AS precision
FROM decided_on
JOIN worklist USING (worklist)
GROUP BY worklist, title, month;

COMMENT ON VIEW   precision_by_month           IS 'One row per list and month: of the items decided, how many were rightly listed.';
COMMENT ON COLUMN precision_by_month.worklist  IS 'Slug of the worklist.';
COMMENT ON COLUMN precision_by_month.title     IS 'The list in words.';
COMMENT ON COLUMN precision_by_month.month     IS 'First day of the month of the decision.';
COMMENT ON COLUMN precision_by_month.decided   IS 'Items with a decision of that month, snoozes included, that was not taken back; each once.';
COMMENT ON COLUMN precision_by_month.dismissed IS 'Of these, dismissed as a data error or as clinically inappropriate.';
COMMENT ON COLUMN precision_by_month.precision IS 'One minus dismissed of decided, from 0 to 1; null when none is decided.';
