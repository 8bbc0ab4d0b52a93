-- From everybody in scope to those who wait: each list as a funnel.
--
-- Grain   one row per list, site and step
-- Reads   attrition, worklist
-- Use     ORDER BY worklist, site, place; "where did they go?"; sum over sites for the whole
-- Ties    closing rules that close equally many people stand by name

CREATE OR REPLACE VIEW funnel AS
WITH counted AS (
    SELECT
        attrition.*,
        sum(people) FILTER (WHERE step = 'eligible') OVER (PARTITION BY worklist, site) AS eligible
    FROM attrition
)
SELECT
    worklist,
    title,
    site,
    CAST(row_number() OVER (
        PARTITION BY worklist, site
        ORDER BY list_position(['in_scope', 'eligible', 'closed', 'open'], step), people DESC, closed_by
    ) AS INTEGER) AS place,
    CASE step
        WHEN 'in_scope' THEN 'In scope'
        WHEN 'eligible' THEN 'Eligible'
        WHEN 'closed' THEN
            'Closed: ' || replace(replace(replace(closed_by, '_', ' '), 'b12', 'B12'), 'mma', 'MMA')
        WHEN 'open' THEN 'Open'
    END AS step,
    people,
    CASE WHEN counted.step <> 'in_scope' THEN people / nullif(eligible, 0) END AS share_of_eligible,
    previous_people,
    change
FROM counted
JOIN worklist USING (worklist);

COMMENT ON VIEW   funnel                   IS 'One row per list, site and step: attrition in reading order and words.';
COMMENT ON COLUMN funnel.worklist          IS 'Slug of the worklist.';
COMMENT ON COLUMN funnel.title             IS 'The list in words.';
COMMENT ON COLUMN funnel.site              IS 'Site; null for persons of unknown site.';
COMMENT ON COLUMN funnel.place             IS 'Place of the step within list and site, from 1: in scope, eligible, closed by each rule, open.';
COMMENT ON COLUMN funnel.step              IS 'The step in words; a closing rule by its name.';
COMMENT ON COLUMN funnel.people            IS 'Number of people.';
COMMENT ON COLUMN funnel.share_of_eligible IS 'people of the eligible, from 0 to 1; null for those in scope, and where nobody is eligible.';
COMMENT ON COLUMN funnel.previous_people   IS 'The same number in the previous publication; null when there was none.';
COMMENT ON COLUMN funnel.change            IS 'people minus previous_people; null when there was no previous publication.';
