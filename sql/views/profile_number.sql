-- The numbers of the guideline profile, as the lists of this publication used them.
--
-- Grain   one row per number that at least one list reads
-- Reads   worklist
-- Use     "which cut-off was it?"; the other views take every number from here
-- Ties    none: a run applies one value, whichever list names it

CREATE OR REPLACE VIEW profile_number AS
WITH named AS (
    SELECT
        worklist,
        parameters,
        unnest(json_keys(parameters)) AS number
    FROM worklist
)
SELECT
    number,
    max(TRY_CAST(json_extract_string(parameters, '$."' || number || '"') AS DOUBLE)) AS value,
    bool_or(CASE json_extract_string(parameters, '$."' || number || '"')
        WHEN 'true' THEN TRUE
        WHEN 'false' THEN FALSE
    END) AS is_on,
    count(*) AS lists
FROM named
GROUP BY number;

COMMENT ON VIEW   profile_number        IS 'One row per number of the guideline profile that a list reads, overrides included.';
COMMENT ON COLUMN profile_number.number IS 'Dotted name in the profile; its unit is the end of the name, or days, years or a count.';
COMMENT ON COLUMN profile_number.value  IS 'The number as applied; null for a switch.';
COMMENT ON COLUMN profile_number.is_on  IS 'The switch as applied; null for a number.';
COMMENT ON COLUMN profile_number.lists  IS 'How many lists read it.';
