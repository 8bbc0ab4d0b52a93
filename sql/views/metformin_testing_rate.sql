-- How many people on metformin had their vitamin B12 tested in the last one, two and five years.
--
-- Grain   one row per site, one for people of unknown site
-- Reads   metformin_testing, this_run
-- Use     compare sites; small sites swing widely, so look at users first
-- Ties    none: counts

CREATE OR REPLACE VIEW metformin_testing_rate AS
SELECT
    site,
    count(*) AS users,
    count(*) FILTER (WHERE last_tested_on >= as_of - INTERVAL 1 YEAR) AS tested_1_year,
    count(*) FILTER (WHERE last_tested_on >= as_of - INTERVAL 2 YEAR) AS tested_2_years,
    count(*) FILTER (WHERE last_tested_on >= as_of - INTERVAL 5 YEAR) AS tested_5_years,
    tested_1_year / users AS share_1_year,
    tested_2_years / users AS share_2_years,
    tested_5_years / users AS share_5_years
FROM metformin_testing
CROSS JOIN this_run
GROUP BY site;

COMMENT ON VIEW   metformin_testing_rate                IS 'One row per site: how many people on metformin were tested for B12 lately. Not suppressed: for use inside.';
COMMENT ON COLUMN metformin_testing_rate.site           IS 'Site; null for people of unknown site.';
COMMENT ON COLUMN metformin_testing_rate.users          IS 'People in scope on metformin now; see metformin_testing.';
COMMENT ON COLUMN metformin_testing_rate.tested_1_year  IS 'Of these, tested in the year up to the as-of date; a test on the anniversary still counts.';
COMMENT ON COLUMN metformin_testing_rate.tested_2_years IS 'Of these, tested in the last two years.';
COMMENT ON COLUMN metformin_testing_rate.tested_5_years IS 'Of these, tested in the last five years.';
COMMENT ON COLUMN metformin_testing_rate.share_1_year   IS 'tested_1_year of users, from 0 to 1.';
COMMENT ON COLUMN metformin_testing_rate.share_2_years  IS 'tested_2_years of users, from 0 to 1.';
COMMENT ON COLUMN metformin_testing_rate.share_5_years  IS 'tested_5_years of users, from 0 to 1.';
