-- The figures of the library, worked out from its files by another program than the tracker's.

SET VARIABLE first_day = DATE '2024-09-01';
SET VARIABLE period_end = DATE '2025-06-30';
SET VARIABLE last_day = least(getvariable('as_of'), DATE '2025-06-30');
SET VARIABLE until = least(getvariable('as_of'), DATE '2025-09-30'); -- of the follow-up

-- A person is known by an address, a telephone number, an identity number, or by name and year of birth. In these data no person has two.
CREATE MACRO digits(x) AS right(regexp_replace(x, '[^0-9]', '', 'g'), 9);
CREATE MACRO who(email, phone, dni, first, last, year) AS coalesce(same(blank(email)), digits(blank(phone)), blank(dni), same(first) || ' ' || same(last) || ' ' || trim(year));
CREATE MACRO csv(pattern) AS TABLE
  SELECT *, day(coalesce(fecha, '')) AS on_day, who(email, phone, dni, nombre, apellidos, birth_year) AS person, struct_pack(file := filename, row := row_number() OVER ()) AS arrival
  FROM read_csv(pattern, all_varchar = true, filename = true, delim = ';');

CREATE TABLE forms AS
  SELECT *, who(email, phone, dni, first_name, last_name, birth_year) AS person FROM read_csv('*-signups.csv', all_varchar = true, delim = ';')
  WHERE submitted_at::TIMESTAMPTZ::DATE <= getvariable('as_of');
CREATE TABLE attributes AS
  SELECT person, dimension, arg_min(part, submitted_at) AS part
  FROM (UNPIVOT (SELECT person, submitted_at, sex, residence, conditions, card, birth_year FROM forms) ON COLUMNS(* EXCLUDE (person, submitted_at)) INTO NAME dimension VALUE part) GROUP BY ALL;
UPDATE attributes SET part = c.part FROM (SELECT name AS person, array_to_string((body->>'$.conditions[*]'), '|') AS part FROM steps WHERE step = 'correct') c
  WHERE attributes.person = c.person AND dimension = 'conditions';
INSERT INTO about SELECT person, dimension, unnest(regexp_split_to_array(part, '[|;] *')) FROM attributes WHERE dimension <> 'birth_year';
INSERT INTO birth_years SELECT person, part::INTEGER FROM attributes WHERE dimension = 'birth_year';
INSERT INTO dimensions VALUES ('sex', false), ('residence', false), ('conditions', true), ('card', false), ('group', false);
INSERT INTO bands VALUES ('0-29', 0, 29), ('30-64', 30, 64), ('65+', 65, 200);

CREATE TABLE attendance AS
  SELECT DISTINCT person, activity, on_day AS date FROM csv('*-attendance.csv')
  UNION
  SELECT same(body->>'$.person.name.first_name') || ' ' || same(body->>'$.person.name.last_name') || ' ' || (body->>'$.person.name.birth_year'), body->>'activity', (body->>'date')::DATE FROM typed WHERE kind = 'attendance';
DELETE FROM attendance WHERE date < getvariable('first_day') OR date > getvariable('last_day');
CREATE TABLE screenings AS SELECT person, on_day AS date, arg_max(struct_pack(systolic := blank(systolic)), arrival).systolic::INTEGER AS systolic FROM csv('*-screening*.csv') GROUP BY ALL;
DELETE FROM screenings WHERE date < getvariable('first_day') OR date > getvariable('last_day');
CREATE TABLE referrals AS SELECT person, on_day AS date, service, day(seen) AS seen FROM csv('*-referral.csv') WHERE on_day BETWEEN getvariable('first_day') AND getvariable('last_day');
CREATE TABLE follow_ups AS SELECT person, on_day AS date, walks_more FROM csv('*-follow-up.csv') WHERE on_day BETWEEN getvariable('first_day') AND getvariable('until');

CREATE TABLE people AS
  SELECT person, min(date) AS entry FROM (SELECT person, date FROM attendance UNION ALL SELECT person, date FROM screenings) GROUP BY person;
INSERT INTO members SELECT 'participants', person, entry FROM people;
INSERT INTO members SELECT 'reached', person, entry FROM people;
INSERT INTO fractions SELECT 'women', count(*) FILTER (person IN (SELECT person FROM about WHERE part = 'female')), count(*), 1, true FROM people;
INSERT INTO members SELECT 'older', person, entry FROM people JOIN birth_years USING (person) WHERE year(entry) - birth_year >= 65;
INSERT INTO members SELECT 'regular', person, min(date) FROM attendance GROUP BY person HAVING count(*) FILTER (activity = 'walks') >= 3;
INSERT INTO members SELECT DISTINCT 'chronic', person, entry FROM people JOIN about USING (person) WHERE part IN ('diabetes', 'hypertension', 'heart');
INSERT INTO members SELECT 'undisclosed', person, entry FROM people JOIN about USING (person) WHERE dimension = 'conditions' AND part = 'refused';
INSERT INTO members SELECT 'checked', person, min(date) FROM screenings GROUP BY person;
INSERT INTO fractions SELECT 'pressure', coalesce(sum(systolic), 0), count(systolic), 1, false FROM screenings WHERE date >= DATE '2025-04-01';
INSERT INTO fractions
  SELECT 'attended', count(DISTINCT person) FILTER (date_diff('day', date, seen) BETWEEN 0 AND 30), count(DISTINCT person), 0, true FROM referrals;

CREATE TABLE loans AS
  SELECT date, branch, arg_max(copies, arrival) AS copies
  FROM (
    SELECT day(fecha) AS date, CASE WHEN same(branch) IN ('centro', 'centre') THEN 'centre' ELSE 'harbour' END AS branch, replace(copies, ' ', '')::INTEGER AS copies, struct_pack(file := filename, row := row_number() OVER ()) AS arrival
    FROM read_csv('*-loan.csv', all_varchar = true, filename = true, delim = ';')
    UNION ALL
    SELECT (body->>'date')::DATE, body->>'branch', (body->>'copies')::INTEGER, arrival FROM typed WHERE kind = 'loan')
  WHERE date BETWEEN getvariable('first_day') AND getvariable('last_day') GROUP BY date, branch;
INSERT INTO fractions SELECT 'loans', coalesce(sum(copies), 0), 1, 0, false FROM loans;
INSERT INTO parts SELECT 'loans', 'by.branch.' || branch, sum(copies) FROM loans GROUP BY branch;
INSERT INTO fractions
  SELECT 'talks', coalesce(sum(quantity), 0), 1, 0, false
  FROM (SELECT day(fecha) AS date, quantity::INTEGER AS quantity FROM read_csv('*-outputs.csv', all_varchar = true, delim = ';') UNION ALL SELECT (body->>'date')::DATE, (body->>'quantity')::INTEGER FROM typed WHERE kind = 'output')
  WHERE date BETWEEN getvariable('first_day') AND getvariable('last_day');
INSERT INTO members
  SELECT 'walking', person, min(f.date) FROM follow_ups f JOIN people USING (person) GROUP BY person
  HAVING bool_or(walks_more = 'yes' AND date_diff('day', entry, f.date) BETWEEN 80 AND 100);

INSERT INTO plan VALUES
  ('reached', 16, NULL, NULL), ('women', 50, NULL, NULL), ('older', 5, NULL, NULL), ('regular', 6, NULL, NULL), ('chronic', 5, NULL, NULL), ('checked', 10, NULL, NULL), ('pressure', 140, 150, NULL), ('attended', 75, NULL, NULL),
  ('loans', 300, NULL, NULL), ('talks', 6, NULL, NULL), ('walking', 4, NULL, '2025-09-30');
INSERT INTO points VALUES ('talks', '2024-12-31', 2), ('talks', '2025-06-30', 6);
