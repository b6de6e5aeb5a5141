-- The figures: line, what, value. What is not here is 0.

INSERT INTO fractions SELECT code, count(DISTINCT person), 1, 0, false FROM members WHERE code NOT IN (SELECT code FROM fractions) GROUP BY code;

WITH
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
)
SELECT code, path, value::VARCHAR FROM figures
UNION ALL
SELECT code, 'achieved', value FROM said WHERE code NOT IN (SELECT code FROM fractions)
ORDER BY ALL
