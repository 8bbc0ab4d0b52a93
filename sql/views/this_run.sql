-- The run that made this publication.
--
-- Grain   one row
-- Reads   run
-- Use     "as of which day, by which profile?"; every other view looks from its as_of
-- Ties    two runs that started in one second: the later run_id

CREATE OR REPLACE VIEW this_run AS
SELECT
    run_id,
    as_of,
    known_at,
    profile,
    ended_at AS published_at
FROM run
QUALIFY row_number() OVER (ORDER BY started_at DESC, run_id DESC) = 1;

COMMENT ON VIEW   this_run              IS 'The run that made this publication: one row.';
COMMENT ON COLUMN this_run.run_id       IS 'Identifier of the run; see run.run_id.';
COMMENT ON COLUMN this_run.as_of        IS 'The date the lists look back from; nothing later is shown by a view.';
COMMENT ON COLUMN this_run.known_at     IS 'The knowledge date: only what was known then was read.';
COMMENT ON COLUMN this_run.profile      IS 'Guideline profile that gave the numbers.';
COMMENT ON COLUMN this_run.published_at IS 'When this file was built, local time.';
