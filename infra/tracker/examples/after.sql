-- The figures: line, what, value. What is not here is 0.

INSERT INTO fractions SELECT code, count(DISTINCT person), 1, 0, false FROM members WHERE code NOT IN (SELECT code FROM fractions) GROUP BY code;
INSERT INTO fractions SELECT code, 0, 1, 0, false FROM plan WHERE code NOT IN (SELECT code FROM fractions);
INSERT INTO points SELECT code, coalesce(until, getvariable('period_end')), target FROM plan WHERE code NOT IN (SELECT code FROM points);
INSERT INTO points SELECT code, getvariable('first_day') - 1, coalesce(baseline, 0) FROM plan; -- the day before the first one

WITH
planned AS (
  -- Straight between the points on both sides of the day; after the last point what it says.
  SELECT code, CASE WHEN after.code IS NULL THEN before.value ELSE before.value + (after.value - before.value)::DOUBLE * (getvariable('as_of') - before.until) / (after.until - before.until) END AS value
  FROM (SELECT code, max_by(value, until) AS value, max(until) AS until FROM points WHERE until <= getvariable('as_of') GROUP BY code) before
  LEFT JOIN (SELECT code, min_by(value, until) AS value, min(until) AS until FROM points WHERE until > getvariable('as_of') GROUP BY code) after USING (code)
),
exact AS (SELECT f.*, n * CASE WHEN share THEN 100 ELSE 1 END AS whole, p.target, p.baseline FROM fractions f LEFT JOIN plan p USING (code)),
people AS (SELECT DISTINCT ON (code, person) * FROM members ORDER BY code, person, first_day),
sizes AS (SELECT code, count(*) AS size FROM people GROUP BY code),
of_dimension AS (
  SELECT p.code, d.dimension, coalesce(a.part, 'unknown') AS part
  FROM people p CROSS JOIN dimensions d JOIN sizes s USING (code) LEFT JOIN about a ON a.person = p.person AND a.dimension = d.dimension
  WHERE NOT d.sensitive OR s.size >= 10
),
of_age AS (
  SELECT p.code, 'age' AS dimension, coalesce(b.part, 'unknown') AS part
  FROM people p LEFT JOIN birth_years y USING (person) LEFT JOIN bands b ON year(p.first_day) - y.birth_year BETWEEN b.least AND b.most
),
figures (code, path, value) AS (
SELECT code, 'achieved', CASE WHEN d > 0 THEN rounded(whole, d, decimals) END FROM exact
UNION ALL
SELECT code, 'numerator', n FROM exact WHERE share AND d > 0
UNION ALL
SELECT code, 'denominator', d FROM exact WHERE share
UNION ALL
SELECT code, 'percent', CASE
  WHEN d = 0 THEN NULL
  WHEN baseline IS NULL THEN rounded(whole * 10000, d * (target * 100)::HUGEINT, 1)
  ELSE rounded(greatest(((baseline * 100)::HUGEINT * d - whole * 100) * 100, 0), ((baseline - target) * 100)::HUGEINT * d, 1) END
FROM exact WHERE target > 0 AND code <> 'participants'
UNION ALL
SELECT code, 'by.' || dimension || '.' || part, count(*) FROM (SELECT * FROM of_dimension UNION ALL SELECT * FROM of_age) GROUP BY ALL
UNION ALL
SELECT code, path, value FROM parts
),
statuses AS (
  SELECT code, CASE
    WHEN d = 0 THEN 'not-started'
    WHEN target = 0 THEN if(whole = 0, 'achieved', 'behind')
    WHEN baseline IS NOT NULL THEN CASE WHEN whole <= target * d THEN 'achieved' WHEN whole = baseline * d THEN 'not-started' WHEN whole::DOUBLE / d <= planned.value THEN 'on-track' ELSE 'behind' END
    WHEN whole >= target * d THEN 'achieved' WHEN whole = 0 THEN 'not-started' WHEN whole::DOUBLE / d >= planned.value THEN 'on-track' ELSE 'behind' END AS status
  FROM exact JOIN planned USING (code) WHERE target IS NOT NULL
)
SELECT code, path, value::VARCHAR FROM figures
UNION ALL
SELECT code, 'achieved', value FROM said WHERE code NOT IN (SELECT code FROM fractions)
UNION ALL
SELECT code, 'status', status FROM statuses
ORDER BY ALL
