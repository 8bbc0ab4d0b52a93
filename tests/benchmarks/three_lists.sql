-- Three worklists straight from the extracts: what a good analyst would write for one site whose codes she knows.
--
-- Variables: extracts, the folder of the Parquet extracts; as_of, the date the lists look back from.
-- Writes low_b12_untreated.csv, borderline_without_mma.csv and metformin_unmonitored.csv to the current folder:
-- patient_id, index_date, due_date, priority of every open gap. Numbers are those of the profile uk_nice_ng239.

CREATE MACRO as_of() AS getvariable('as_of');

-- 1. The rows of the pathway -----------------------------------------------------------------------------------------

CREATE TEMP TABLE lab_code AS FROM (VALUES
    ('14685-2', 'serum_b12'), ('2132-9', 'serum_b12'), ('72160-5', 'active_b12'), ('13964-2', 'mma_serum'),
    ('25116-5', 'mma_urine'), ('13965-9', 'homocysteine'), ('718-7', 'hemoglobin'), ('787-2', 'mcv'),
    ('31444-3', 'intrinsic_factor_ab')
) AS t (code, concept);

CREATE TEMP TABLE drug_code AS FROM (VALUES
    ('2858311000001109', 'b12'), ('37084011000001108', 'b12'), ('21333811000001109', 'b12'),
    ('42084911000001109', 'metformin'), ('1068411000001105', 'acid'), ('317275005', 'acid')
) AS t (code, concept);

CREATE TEMP TABLE record_code AS FROM (VALUES
    ('G62.9', 'neuro'), ('R26.0', 'neuro'), ('G32.0', 'neuro'), ('H46.2', 'neuro'),
    ('E11.42', 'sign'), ('R41.3', 'sign'), ('R53.83', 'sign'), ('K14.0', 'sign'),
    ('D51.0', 'malabsorption'), ('AIG01', 'malabsorption'), ('K90.0', 'malabsorption'), ('K50.00', 'malabsorption'),
    ('K86.81', 'malabsorption'), ('K90.2', 'malabsorption'), ('Z98.84', 'malabsorption'), ('Z90.3', 'malabsorption'),
    ('0D164ZA', 'malabsorption'), ('0DT60ZZ', 'malabsorption'), ('0DB60ZZ', 'malabsorption'),
    ('0DTB0ZZ', 'malabsorption'), ('Z34.90', 'pregnancy'), ('O80', 'pregnancy_end'), ('Z51.5', 'palliative_care')
) AS t (code, concept);

-- Factor to the unit in which the cut-offs of the family are given, and from there to pmol/L.
CREATE TEMP TABLE unit_of AS FROM (VALUES
    ('serum_b12', 'pg/ml', 1, 0.737806, 180, 350, 100), ('serum_b12', 'ng/l', 1, 0.737806, 180, 350, 100),
    ('serum_b12', 'pmol/l', 1, 1, 133, 258, 74), ('active_b12', 'pmol/l', 1, 1, 25, 70, NULL),
    ('hemoglobin', 'g/dl', 10, 1, NULL, NULL, NULL), ('hemoglobin', 'g/l', 1, 1, NULL, NULL, NULL),
    ('mcv', 'fl', 1, 1, NULL, NULL, NULL)
) AS t (concept, unit, factor, pmol, low, high, severe);

CREATE TEMP TABLE lab AS
WITH version AS (
    SELECT patient_id, result_id, concept, CAST(collected_at AS DATE) AS on_date, value AS said, lower(unit) AS unit, status
    FROM read_parquet(getvariable('extracts') || '/labs/*.parquet') JOIN lab_code ON test_code = code
    WHERE CAST(collected_at AS DATE) <= as_of() AND CAST(reported_at AS DATE) <= as_of()
    QUALIFY row_number() OVER (PARTITION BY result_id ORDER BY reported_at DESC) = 1
), read AS (
    SELECT *, regexp_extract(said, '^[<>]=?') AS comparator,
        round(TRY_CAST(ltrim(said, '<>= ') AS DOUBLE) * factor, 6) AS value
    FROM version LEFT JOIN unit_of USING (concept, unit)
    WHERE status IN ('final', 'corrected', 'amended')
)
SELECT *, CASE
        WHEN low IS NULL THEN NULL
        WHEN value < low AND comparator IN ('', '<=') OR value <= low AND comparator = '<' THEN 1    -- low
        WHEN value > high AND comparator IN ('', '>=') OR value >= high AND comparator = '>' THEN 3  -- unlikely
        WHEN comparator = '' THEN 2                                                                  -- indeterminate
    END AS class
FROM read;

CREATE TEMP TABLE drug AS
WITH version AS (
    SELECT * REPLACE (TRY_CAST(quantity AS DOUBLE) AS quantity, TRY_CAST(days_supply AS INTEGER) AS days_supply), concept
    FROM read_parquet(getvariable('extracts') || '/prescriptions/*.parquet') JOIN drug_code ON drug_code = code
    WHERE start_date <= as_of() AND CAST(recorded_at AS DATE) <= as_of()
    QUALIFY row_number() OVER (PARTITION BY prescription_id ORDER BY recorded_at DESC) = 1
), dosed AS (
    SELECT *, TRY_CAST(regexp_extract(drug_name, '(\d+) ?mg', 1) AS DOUBLE) * quantity / days_supply AS dose_mg,
        concept = 'b12' AND route IN ('intramuscular', 'subcutaneous', 'injection') AS is_injected,
        coalesce(end_date, start_date + days_supply - 1,
            CASE WHEN kind = 'prescribed' AND status = 'active' AND quantity IS NULL THEN start_date + 364 END,
            start_date + 27) AS last_date
    FROM version
    WHERE status NOT IN ('cancelled', 'entered-in-error', 'not-done', 'not-taken', 'declined', 'draft', 'proposed')
)
SELECT patient_id, concept, start_date, last_date, dose_mg, is_injected, kind, quantity, drug_name
FROM dosed
WHERE concept <> 'b12' OR is_injected OR dose_mg IS NULL OR dose_mg >= 0.05;

CREATE TEMP TABLE record AS
SELECT patient_id, concept, recorded_date AS on_date
FROM read_parquet(getvariable('extracts') || '/diagnoses/*.parquet') JOIN record_code ON diagnosis_code = code
WHERE recorded_date <= as_of() AND status IN ('active', 'resolved', 'confirmed')
UNION ALL
SELECT patient_id, concept, performed_date
FROM read_parquet(getvariable('extracts') || '/procedures/*.parquet') JOIN record_code ON procedure_code = code
WHERE performed_date <= as_of() AND status = 'completed'
UNION ALL
SELECT patient_id, 'malabsorption', on_date FROM lab
WHERE concept = 'intrinsic_factor_ab' AND lower(said) IN ('positive', 'pos', 'detected');

CREATE TEMP TABLE out_of_scope AS
SELECT patient_id FROM read_parquet(getvariable('extracts') || '/patients/*.parquet')
WHERE death_date <= as_of() OR registered_from > as_of() OR registered_until < as_of()
   OR birth_date + INTERVAL 16 YEAR > as_of()
UNION
SELECT patient_id FROM record WHERE concept = 'palliative_care';

-- 2. Treatment, pregnancy, signs ---------------------------------------------------------------------------------------

CREATE TEMP TABLE treatment_span AS
WITH per_date AS (
    SELECT patient_id, start_date, bool_or(kind = 'administered') AS is_given,
        coalesce(sum(quantity) FILTER (kind = 'dispensed'), sum(quantity) FILTER (kind = 'prescribed'), 1) AS supplied,
        CASE WHEN bool_or(drug_name ILIKE 'hydroxo%') THEN 84 WHEN bool_or(drug_name ILIKE 'cyano%') THEN 30 ELSE 84 END AS days
    FROM drug WHERE is_injected GROUP BY ALL
), ahead AS (
    SELECT *, min(start_date) FILTER (is_given) OVER (
        PARTITION BY patient_id ORDER BY start_date ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS given_next
    FROM per_date
)
SELECT patient_id, start_date + 1 AS first_day,
    start_date + greatest(180, days * CASE WHEN given_next IS NULL THEN least(greatest(floor(supplied), 1), 6) ELSE 1 END)::INT AS last_day
FROM ahead WHERE is_given OR given_next IS NULL OR given_next - start_date > 28
UNION ALL
SELECT patient_id, start_date + 1, last_date + 30 FROM drug WHERE concept = 'b12' AND NOT is_injected;

CREATE TEMP TABLE pregnancy AS
WITH ends AS (SELECT DISTINCT patient_id, on_date FROM record WHERE concept = 'pregnancy_end'),
said AS (SELECT DISTINCT patient_id, on_date FROM record WHERE concept = 'pregnancy'),
bounded AS (
    SELECT said.*, max(ends.on_date) FILTER (ends.on_date < said.on_date) AS ended_before,
        min(ends.on_date) FILTER (ends.on_date >= said.on_date) AS ended_next
    FROM said LEFT JOIN ends USING (patient_id) GROUP BY ALL
)
SELECT bounded.patient_id, bounded.on_date AS first_day, ended_next, min(said.on_date) AS first_record,
    least(bounded.on_date + 280, min(said.on_date) + 294, ended_next - 1) AS last_day
FROM bounded JOIN said ON said.patient_id = bounded.patient_id AND said.on_date BETWEEN bounded.on_date - 280 AND bounded.on_date
    AND (ended_before IS NULL OR said.on_date > ended_before)
GROUP BY bounded.patient_id, bounded.on_date, ended_next;

CREATE TEMP TABLE b12_off_treatment AS
SELECT lab.*, EXISTS (FROM pregnancy p WHERE p.patient_id = lab.patient_id AND on_date BETWEEN first_day AND last_day) AS is_pregnant
FROM lab
WHERE class IS NOT NULL
  AND NOT EXISTS (FROM treatment_span s WHERE s.patient_id = lab.patient_id AND on_date BETWEEN first_day AND last_day);

CREATE TEMP TABLE b12_index AS
WITH latest AS (
    FROM b12_off_treatment
    QUALIFY row_number() OVER (PARTITION BY patient_id
        ORDER BY on_date DESC, is_pregnant AND concept = 'serum_b12', class, value * pmol, result_id) = 1
), standing AS (
    SELECT b.* FROM b12_off_treatment b JOIN latest USING (patient_id)
    WHERE b.class = 1 AND latest.class <> 1 AND NOT (latest.concept = 'active_b12' AND latest.class = 3)
      AND b.on_date BETWEEN latest.on_date - 90 AND latest.on_date - 1
    QUALIFY row_number() OVER (PARTITION BY patient_id
        ORDER BY b.on_date DESC, b.is_pregnant AND b.concept = 'serum_b12', b.value * b.pmol, b.result_id) = 1
)
FROM standing UNION ALL FROM latest ANTI JOIN standing USING (patient_id);

CREATE TEMP TABLE feature AS
WITH blood AS (
    SELECT patient_id, concept, value FROM lab
    WHERE concept IN ('hemoglobin', 'mcv') AND on_date >= as_of() - 365
    QUALIFY row_number() OVER (PARTITION BY patient_id, concept
        ORDER BY on_date DESC, CASE concept WHEN 'mcv' THEN -value ELSE value END) = 1
), sex AS (SELECT patient_id, upper(left(sex, 1)) IN ('M', '1') AS is_man FROM read_parquet(getvariable('extracts') || '/patients/*.parquet')),
found AS (
    SELECT patient_id, concept FROM record WHERE concept IN ('neuro', 'sign') AND on_date >= as_of() - 730
    UNION ALL
    SELECT patient_id, 'anemia' FROM blood LEFT JOIN sex USING (patient_id)
    WHERE concept = 'hemoglobin' AND value < CASE WHEN is_man THEN 130 ELSE 120 END
    UNION ALL
    SELECT patient_id, 'severe_anemia' FROM blood WHERE concept = 'hemoglobin' AND value < 80
    UNION ALL
    SELECT patient_id, 'macrocytosis' FROM blood WHERE concept = 'mcv' AND value > 100
)
SELECT patient_id, bool_or(concept = 'neuro') AS neuro, bool_or(concept IN ('anemia', 'macrocytosis')) AS blood,
    bool_or(concept = 'anemia') AS anemia, bool_or(concept = 'severe_anemia') AS severe_anemia
FROM found GROUP BY ALL;

CREATE MACRO is_treated(patient, since) AS EXISTS (
    FROM drug WHERE drug.patient_id = patient AND concept = 'b12'
    AND (start_date >= since - 14 OR NOT is_injected AND since BETWEEN start_date AND last_date));

-- 3. The lists ---------------------------------------------------------------------------------------------------------

COPY (
    WITH low AS (
        SELECT patient_id, on_date AS index_date,
            coalesce(neuro, false) OR coalesce(severe_anemia, false) OR coalesce(concept = 'serum_b12' AND
                (value < severe AND comparator IN ('', '<=') OR value <= severe AND comparator = '<'), false)
            OR EXISTS (FROM pregnancy p WHERE p.patient_id = b12_index.patient_id AND as_of() BETWEEN first_day AND last_day) AS is_urgent
        FROM b12_index LEFT JOIN feature USING (patient_id)
        WHERE class = 1 AND on_date BETWEEN as_of() - 1095 AND as_of() - 7
    )
    SELECT patient_id, index_date, index_date + CASE WHEN is_urgent THEN 7 ELSE 14 END AS due_date,
        CASE WHEN is_urgent THEN 1 ELSE 2 END AS priority
    FROM low ANTI JOIN out_of_scope USING (patient_id)
    WHERE (is_urgent OR index_date <= as_of() - 14) AND NOT is_treated(low.patient_id, index_date)
    ORDER BY patient_id
) TO 'low_b12_untreated.csv';

COPY (
    WITH ended AS (
        SELECT e.patient_id, e.on_date FROM record e
        WHERE concept = 'pregnancy_end' AND e.on_date >= as_of() - 365 AND NOT EXISTS (
            FROM record o WHERE o.concept = 'pregnancy_end' AND o.patient_id = e.patient_id AND o.on_date BETWEEN e.on_date - 180 AND e.on_date - 1)
        QUALIFY row_number() OVER (PARTITION BY e.patient_id ORDER BY e.on_date DESC) = 1
    ), of_concern AS (
        SELECT patient_id, min(first_record) AS first_record FROM (
            SELECT patient_id, first_record FROM pregnancy WHERE as_of() BETWEEN first_day AND last_day
            UNION ALL
            SELECT ended.patient_id, coalesce(min(first_record), ended.on_date) FROM ended LEFT JOIN pregnancy p
                ON p.patient_id = ended.patient_id AND ended_next = ended.on_date AND ended_next <= first_day + 280
            GROUP BY ended.patient_id, ended.on_date
        ) GROUP BY ALL
    ), pregnancy_unresolved AS (
        SELECT patient_id FROM (
            SELECT patient_id, class FROM b12_off_treatment JOIN of_concern USING (patient_id)
            WHERE concept = 'serum_b12' AND on_date >= first_record - 280
            QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY on_date DESC, class, value * pmol, result_id) = 1
        ) WHERE class IN (1, 2)
    )
    SELECT patient_id, on_date AS index_date, on_date + 84 AS due_date,
        CASE WHEN neuro THEN 1 WHEN blood THEN 2 ELSE 3 END AS priority
    FROM b12_index JOIN feature USING (patient_id) ANTI JOIN out_of_scope USING (patient_id)
        ANTI JOIN pregnancy_unresolved USING (patient_id)
    WHERE class = 2 AND on_date BETWEEN as_of() - 365 AND as_of() - 28
      AND NOT EXISTS (FROM lab AS t WHERE t.patient_id = b12_index.patient_id
          AND t.concept IN ('mma_serum', 'mma_urine', 'homocysteine') AND t.on_date >= b12_index.on_date - 30)
      AND NOT is_treated(b12_index.patient_id, on_date)
    ORDER BY patient_id
) TO 'borderline_without_mma.csv';

COPY (
    WITH ordered AS (
        SELECT *, max(last_date) OVER (PARTITION BY patient_id, concept ORDER BY start_date, last_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered_until
        FROM drug WHERE concept IN ('metformin', 'acid')
    ), numbered AS (
        SELECT *, count(*) FILTER (start_date - covered_until > 90) OVER (PARTITION BY patient_id, concept
            ORDER BY start_date, last_date ROWS UNBOUNDED PRECEDING) AS course
        FROM ordered
    ), current AS (
        SELECT patient_id, concept, min(start_date) AS since, as_of() - min(start_date) AS days,
            median(dose_mg) FILTER (last_date >= as_of() - 365) AS dose
        FROM numbered GROUP BY patient_id, concept, course
        HAVING max(last_date) >= as_of() OR max(start_date) >= as_of() - 120
        QUALIFY row_number() OVER (PARTITION BY patient_id, concept ORDER BY min(start_date)) = 1
    ), last_test AS (
        SELECT patient_id, on_date, class FROM lab WHERE concept IN ('serum_b12', 'active_b12')
        QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY on_date DESC, class NULLS LAST, value * pmol) = 1
    ), tiered AS (
        SELECT c.patient_id, since, c.days, f.patient_id IS NOT NULL AND c.days >= 180 AS is_a, neuro,
            c.days >= 180 AND (dose >= 1500
                OR EXISTS (FROM current a WHERE a.patient_id = c.patient_id AND a.concept = 'acid' AND a.days >= 365)
                OR EXISTS (FROM record r WHERE r.patient_id = c.patient_id AND r.concept = 'malabsorption')
                OR EXISTS (FROM lab WHERE lab.patient_id = c.patient_id AND class = 2)) AS has_risk
        FROM current c LEFT JOIN feature f ON f.patient_id = c.patient_id
        WHERE c.concept = 'metformin'
    )
    SELECT patient_id, since AS index_date,
        coalesce(last_test.on_date + CASE WHEN NOT is_a AND class = 3 THEN 730 ELSE 365 END,
            since + CASE WHEN is_a OR has_risk THEN 180 ELSE 1461 END) AS due_date,
        CASE WHEN NOT is_a THEN 3
            WHEN neuro AND NOT coalesce(last_test.on_date >= (
                SELECT min(on_date) FROM record r WHERE r.patient_id = tiered.patient_id AND r.concept = 'neuro'), false) THEN 1
            ELSE 2 END AS priority
    FROM tiered LEFT JOIN last_test USING (patient_id) ANTI JOIN out_of_scope USING (patient_id)
    WHERE (is_a OR has_risk OR days >= 1461)
      AND NOT EXISTS (FROM treatment_span s WHERE s.patient_id = tiered.patient_id AND last_day >= as_of())
      AND NOT coalesce(last_test.on_date >= as_of() - CASE WHEN NOT is_a AND class = 3 THEN 730 ELSE 365 END, false)
    ORDER BY patient_id
) TO 'metformin_unmonitored.csv';
