-- The figures of New Start, worked out from its files by another program than the tracker's, after the words of the regulation.

SET VARIABLE first_day = DATE '2024-01-01';
SET VARIABLE period_end = DATE '2025-06-30';
SET VARIABLE last_day = least(getvariable('as_of'), DATE '2025-06-30');
SET VARIABLE four_weeks = least(getvariable('as_of'), DATE '2025-07-28'); -- the last day of results upon leaving
SET VARIABLE half_year = least(getvariable('as_of'), DATE '2025-12-31');  -- of results six months after leaving

-- Of what was said in several forms, the earliest counts, each answer for itself; then what the office corrected.
CREATE TABLE forms AS SELECT * FROM read_csv('*-signups*.csv', all_varchar = true) WHERE submitted_at::TIMESTAMPTZ::DATE <= getvariable('as_of');
INSERT INTO about
  SELECT same(email), dimension, arg_min(part, submitted_at)
  FROM (UNPIVOT (SELECT email, submitted_at, sex, education, labour_status, in_education, residence, disability, third_country, foreign_background, minority, homeless, birth_year FROM forms)
        ON COLUMNS(* EXCLUDE (email, submitted_at)) INTO NAME dimension VALUE part)
  WHERE part <> '' GROUP BY ALL;
DELETE FROM about WHERE (person, dimension) IN (SELECT name, key FROM steps, json_each(body) WHERE step = 'correct' AND key <> 'reason');
INSERT INTO about SELECT name, key, value->>'$' FROM steps, json_each(body) WHERE step = 'correct' AND key <> 'reason';
INSERT INTO birth_years SELECT person, part::INTEGER FROM about WHERE dimension = 'birth_year';

-- Of the rows and records about one thing, the last one counts.
CREATE TABLE attendance AS
  SELECT person, date, arg_max(hours, arrival) AS hours
  FROM (
    SELECT same(email) AS person, activity, day(date) AS date, number(hours) AS hours, struct_pack(file := filename, row := row_number() OVER ()) AS arrival FROM read_csv('*-attendance*.csv', all_varchar = true, filename = true)
    UNION ALL
    SELECT same(body->'person'->>'email'), body->>'activity', (body->>'date')::DATE, (body->>'hours')::DECIMAL(18, 2), arrival FROM typed WHERE kind = 'attendance')
  GROUP BY person, activity, date;
DELETE FROM attendance WHERE date < getvariable('first_day') OR date > getvariable('last_day');
CREATE TABLE consultations AS
  SELECT same(email) AS person, day(date) AS date, minutes::INTEGER AS minutes FROM read_csv('*-consultations.csv', all_varchar = true)
  UNION ALL
  SELECT same(body->'person'->>'email'), (body->>'date')::DATE, (body->>'minutes')::INTEGER FROM typed WHERE kind = 'consultation';
DELETE FROM consultations WHERE date < getvariable('first_day') OR date > getvariable('last_day');
CREATE TABLE exits AS SELECT same(email) AS person, day(date) AS date FROM read_csv('*-exit.csv', all_varchar = true);
CREATE TABLE situations AS
  SELECT same(email) AS person, day(date) AS date, blank(status) AS status, blank(in_training) AS in_training, blank(qualification) AS qualification, blank(improved) AS improved FROM read_csv('*-situation.csv', all_varchar = true)
  UNION ALL
  SELECT same(body->'person'->>'email'), (body->>'date')::DATE, body->>'status', body->>'in_training', CASE body->>'qualification' WHEN 'true' THEN 'yes' END, body->>'improved' FROM typed WHERE kind = 'situation';

-- Participants came for some time, or had advice.
CREATE TABLE entries AS
  SELECT person, min(date) AS entry FROM (SELECT person, date FROM attendance WHERE hours > 0 UNION ALL SELECT person, date FROM consultations) GROUP BY person;
CREATE TABLE people AS
  SELECT entries.*, y.birth_year, year(entry) - y.birth_year AS age, l.part AS labour, e.part AS education, s.part AS sex, i.part AS in_education,
         l.part IS NOT NULL AND e.part IS NOT NULL AND s.part IS NOT NULL AND y.birth_year IS NOT NULL AS complete
  FROM entries LEFT JOIN birth_years y USING (person)
  LEFT JOIN about l ON l.person = entries.person AND l.dimension = 'labour_status'
  LEFT JOIN about e ON e.person = entries.person AND e.dimension = 'education'
  LEFT JOIN about s ON s.person = entries.person AND s.dimension = 'sex'
  LEFT JOIN about i ON i.person = entries.person AND i.dimension = 'in_education';

-- Who lacks personal data counts in totals alone, and in breakdowns as unknown.
DELETE FROM about WHERE person NOT IN (SELECT person FROM people WHERE complete);
DELETE FROM birth_years WHERE person NOT IN (SELECT person FROM people WHERE complete);
INSERT INTO dimensions SELECT unnest(['sex', 'education', 'labour_status', 'in_education', 'residence', 'third_country', 'foreign_background', 'homeless', 'group']), false;
INSERT INTO dimensions SELECT unnest(['disability', 'minority']), true;
INSERT INTO bands VALUES ('0-17', 0, 17), ('18-29', 18, 29), ('30-54', 30, 54), ('55+', 55, 200);

INSERT INTO members SELECT 'participants', person, entry FROM people;
INSERT INTO members SELECT 'EECO01', person, entry FROM people;
INSERT INTO members
  SELECT code, person, entry FROM people, (VALUES
    ('EECO02', ['unemployed', 'long-term-unemployed']), ('EECO03', ['long-term-unemployed']), ('EECO04', ['inactive']), ('EECO05', ['employed', 'self-employed'])) AS of(code, labours)
  WHERE complete AND list_contains(labours, labour);
INSERT INTO members SELECT code, person, entry FROM people, (VALUES ('EECO06', 0, 17), ('EECO07', 18, 29), ('EECO08', 55, 200)) AS of(code, least, most) WHERE complete AND age BETWEEN least AND most;
INSERT INTO members SELECT code, person, entry FROM people, (VALUES ('EECO09', 'isced-0-2'), ('EECO10', 'isced-3-4'), ('EECO11', 'isced-5-8')) AS of(code, level) WHERE complete AND education = level;
INSERT INTO members
  SELECT code, person, entry FROM people JOIN about USING (person) JOIN (VALUES
    ('EECO12', 'disability', 'yes'), ('EECO13', 'third_country', 'yes'), ('EECO14', 'foreign_background', 'yes'), ('EECO15', 'minority', 'yes'), ('EECO16', 'homeless', 'yes'), ('EECO17', 'residence', 'rural')) AS of(code, dimension, part)
    USING (dimension, part)
  WHERE complete;

-- Results: the situation by the days since the last time of leaving, with the first day of leaving or of a situation for the age.
CREATE MACRO results(to_day) AS TABLE
  WITH gone AS (SELECT person, max(date) AS gone, min(date) AS first_gone FROM exits WHERE date BETWEEN getvariable('first_day') AND to_day GROUP BY person)
  SELECT s.person, s.date, date_diff('day', gone, s.date) AS days, status, in_training, qualification, improved, p.labour, p.in_education, p.complete,
         least(first_gone, min(s.date) OVER (PARTITION BY s.person)) AS first_day
  FROM situations s JOIN gone USING (person) JOIN people p USING (person) WHERE s.date BETWEEN getvariable('first_day') AND to_day;
CREATE TABLE upon AS
  SELECT person, any_value(first_day) AS first_day, any_value(labour) AS labour, any_value(in_education) AS in_education, any_value(complete) AS complete,
         arg_max(status, date) AS status, arg_max(in_training, date) AS in_training, bool_or(qualification = 'yes') AS qualified
  FROM results(getvariable('four_weeks')) WHERE days BETWEEN 0 AND 28 GROUP BY person;
CREATE TABLE later AS
  SELECT person, any_value(first_day) AS first_day, any_value(labour) AS labour, any_value(complete) AS complete, arg_max(status, date) AS status, arg_max(improved, date) AS improved
  FROM results(getvariable('half_year')) WHERE days BETWEEN 168 AND 196 GROUP BY person;
INSERT INTO members SELECT 'EECR01', person, first_day FROM upon WHERE complete AND labour = 'inactive' AND status IN ('unemployed', 'long-term-unemployed');
INSERT INTO members SELECT 'EECR02', person, first_day FROM upon WHERE complete AND in_education = 'no' AND in_training = 'yes';
INSERT INTO members SELECT 'EECR03', person, first_day FROM upon WHERE complete AND qualified;
INSERT INTO members SELECT 'EECR04', person, first_day FROM upon WHERE complete AND labour IN ('unemployed', 'long-term-unemployed', 'inactive') AND status IN ('employed', 'self-employed');
INSERT INTO members SELECT 'EECR05', person, first_day FROM later WHERE complete AND labour IN ('unemployed', 'long-term-unemployed', 'inactive') AND status IN ('employed', 'self-employed');
INSERT INTO members SELECT 'EECR06', person, first_day FROM later WHERE complete AND labour IN ('employed', 'self-employed') AND improved = 'yes';
INSERT INTO members SELECT 'eight-hours', person, min(date) FROM attendance GROUP BY person HAVING sum(hours) >= 8;

-- Shares and means.
INSERT INTO fractions SELECT 'women', count(*) FILTER (complete AND sex = 'female'), count(*) FILTER (complete), 1, true FROM people;
CREATE TABLE tests AS SELECT same(email) AS person, day(date) AS date, number(pre_score) AS pre_score, number(post_score) AS post_score FROM read_csv('*-tests.csv', all_varchar = true);
DELETE FROM tests WHERE date < getvariable('first_day') OR date > getvariable('last_day');
INSERT INTO fractions SELECT 'learnt', count(DISTINCT person) FILTER (post_score > pre_score), count(DISTINCT person), 2, true FROM tests;
INSERT INTO fractions
  SELECT 'in-work', (SELECT count(*) FROM (SELECT person, arg_max(status, s.date) AS status FROM situations s JOIN (SELECT person, max(date) AS gone FROM exits WHERE date <= getvariable('four_weeks') GROUP BY person) USING (person)
    WHERE s.date <= getvariable('four_weeks') AND date_diff('day', gone, s.date) BETWEEN 0 AND 28 GROUP BY person) WHERE status IN ('employed', 'self-employed')),
    count(DISTINCT person), 1, true FROM exits WHERE date BETWEEN getvariable('first_day') AND getvariable('four_weeks');
INSERT INTO fractions SELECT 'advice', coalesce(sum(minutes), 0), count(*), 1, false FROM consultations;
INSERT INTO fractions
  SELECT code, count(DISTINCT same(entity)), 1, 0, false FROM read_csv('*-support.csv', all_varchar = true) JOIN (VALUES ('EECO18', 'public'), ('EECO19', 'sme')) AS of(code, category) USING (category)
  WHERE day(date) BETWEEN getvariable('first_day') AND getvariable('last_day') GROUP BY code;

INSERT INTO plan VALUES
  ('EECO01', 20, NULL, NULL), ('EECO02', 10, NULL, NULL), ('EECO04', 4, NULL, NULL), ('EECO08', 3, NULL, NULL), ('EECO12', 2, NULL, NULL),
  ('EECR01', 2, NULL, '2025-07-28'), ('EECR02', 2, NULL, '2025-07-28'), ('EECR03', 8, NULL, '2025-07-28'), ('EECR04', 5, NULL, '2025-07-28'),
  ('EECR05', 4, NULL, '2025-12-31'), ('EECR06', 1, NULL, '2025-12-31'),
  ('women', 60, NULL, NULL), ('eight-hours', 12, NULL, NULL), ('learnt', 70, NULL, NULL), ('in-work', 40, NULL, '2025-07-28'), ('advice', 45, NULL, NULL);
INSERT INTO points VALUES ('EECR04', '2024-12-31', 2), ('EECR04', '2025-07-28', 5);
