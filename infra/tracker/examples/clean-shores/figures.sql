-- The figures of the campaign, worked out from its files by another program than the tracker's.

SET VARIABLE first_day = DATE '2024-01-01';
SET VARIABLE period_end = DATE '2025-12-31';
SET VARIABLE last_day = least(getvariable('as_of'), DATE '2025-12-31');

-- A person is known by an address, a telephone number or the campaign's own number. In these data no person has two.
CREATE MACRO who(email, phone, number) AS coalesce(same(blank(email)), right(regexp_replace(blank(phone), '[^0-9]', '', 'g'), 9), upper(blank(number)));
CREATE MACRO csv(pattern) AS TABLE
  SELECT * REPLACE (day(date) AS date), struct_pack(file := filename, row := row_number() OVER ()) AS arrival FROM read_csv(pattern, all_varchar = true, filename = true);
CREATE MACRO counts(d) AS d BETWEEN getvariable('first_day') AND getvariable('last_day');

CREATE TABLE forms AS SELECT *, who(email, phone, number) AS person FROM read_csv('*-signups.csv', all_varchar = true) WHERE submitted_at::TIMESTAMPTZ::DATE <= getvariable('as_of');
INSERT INTO about SELECT person, dimension, part FROM (UNPIVOT (SELECT person, sex, residence, county FROM forms) ON COLUMNS(* EXCLUDE (person)) INTO NAME dimension VALUE part);
UPDATE about SET part = s.body->>'county' FROM steps s WHERE s.step = 'correct' AND s.name = about.person AND dimension = 'county';
INSERT INTO birth_years SELECT person, birth_year::INTEGER FROM forms WHERE birth_year IS NOT NULL;
INSERT INTO dimensions SELECT unnest(['sex', 'residence', 'county', 'group']), false;
INSERT INTO bands VALUES ('0-17', 0, 17), ('18-24', 18, 24), ('25-64', 25, 64), ('65+', 65, 200);

CREATE TABLE attendance AS
  SELECT person, date, activity, arg_max(struct_pack(hours, outcome), arrival) AS said
  FROM (
    SELECT who(email, phone, number) AS person, date, activity, hours::DECIMAL(18, 2) AS hours, outcome, arrival FROM csv('*-attendance*.csv')
    UNION ALL
    SELECT who(body->>'$.person.email', body->>'$.person.phone', body->>'$.person.number'), (body->>'date')::DATE, body->>'activity', (body->>'hours')::DECIMAL(18, 2), body->>'outcome', arrival FROM typed WHERE kind = 'attendance')
  WHERE counts(date) GROUP BY ALL;
CREATE TABLE came AS SELECT person, date, said.hours AS hours FROM attendance WHERE said.outcome <> 'withdrew';
INSERT INTO members SELECT 'participants', person, min(date) FROM came GROUP BY person;
INSERT INTO members SELECT 'volunteers', person, min(date) FROM came GROUP BY person;
INSERT INTO members SELECT 'regulars', person, (SELECT min(date) FROM attendance a WHERE a.person = came.person) FROM came GROUP BY person HAVING count(*) >= 3;
INSERT INTO fractions SELECT 'hours', coalesce(sum(hours) * 100, 0)::HUGEINT, 100, 2, false FROM came;
INSERT INTO fractions
  SELECT 'young', count(DISTINCT person) FILTER (year(date) - birth_year < 25), count(DISTINCT person), 1, true FROM came JOIN birth_years USING (person);

CREATE MACRO id(x) AS CASE same(x) WHEN 'north strand' THEN 'north' WHEN 'south strand' THEN 'south' ELSE same(x) END;
CREATE TABLE hauls AS
  SELECT date, beach, material, arg_max(struct_pack(weight, recycled), arrival) AS said
  FROM (
    SELECT date, id(beach) AS beach, id(material) AS material, number(weight) AS weight, recycled, arrival FROM csv('*-haul*.csv')
    UNION ALL
    SELECT (body->>'date')::DATE, body->>'beach', body->>'material', (body->>'weight')::DECIMAL(18, 2), CASE body->>'recycled' WHEN 'true' THEN 'yes' END, arrival FROM typed WHERE kind = 'haul')
  WHERE counts(date) GROUP BY ALL;
CREATE TABLE weights AS SELECT beach, material, (said.weight * 100)::HUGEINT AS hundredths, coalesce(said.recycled = 'yes', false) AS recycled FROM hauls;
INSERT INTO fractions SELECT 'waste', coalesce(sum(hundredths), 0), 100, 2, false FROM weights;
INSERT INTO fractions SELECT 'recycled', coalesce(sum(hundredths) FILTER (recycled), 0), 100, 2, false FROM weights;
INSERT INTO fractions SELECT 'recycled-share', coalesce(sum(hundredths) FILTER (recycled), 0) * 100, coalesce(sum(hundredths), 0), 2, false FROM weights;
INSERT INTO fractions SELECT 'mean-haul', coalesce(sum(hundredths), 0), count(*) * 100, 3, false FROM weights;
INSERT INTO parts SELECT 'waste', 'by.beach.' || beach, sum(hundredths) / 100 FROM weights GROUP BY beach;
INSERT INTO parts SELECT 'waste', 'by.material.' || material, sum(hundredths) / 100 FROM weights GROUP BY material;
INSERT INTO parts SELECT 'recycled', 'by.material.' || material, sum(hundredths) / 100 FROM weights WHERE recycled GROUP BY material;

CREATE TABLE surveys AS SELECT date, arg_max(items, arrival)::INTEGER AS items FROM csv('*-survey*.csv') WHERE stretch = 'pier' AND counts(date) GROUP BY date;
INSERT INTO fractions SELECT 'litter', coalesce(arg_max(items, date), 0), least(count(*), 1), 0, false FROM surveys;
INSERT INTO fractions
  SELECT 'hedges', coalesce(sum((metres * 10)::HUGEINT), 0), 10, 1, false
  FROM (SELECT date, same(site) AS site, arg_max(metres, arrival)::DECIMAL(18, 1) AS metres FROM csv('*-hedge*.csv') WHERE counts(date) GROUP BY ALL);
INSERT INTO fractions SELECT 'schools', count(DISTINCT same(school)), 1, 0, false FROM csv('*-visit.csv') WHERE counts(date);
INSERT INTO fractions SELECT 'events', coalesce(sum(quantity::INTEGER), 0), 1, 0, false FROM csv('*-outputs.csv') WHERE kind = 'clean-up' AND counts(date);
INSERT INTO fractions SELECT 'accidents', count(*), 1, 0, false FROM typed WHERE kind = 'incident' AND body->>'serious' = 'true' AND counts((body->>'date')::DATE);

INSERT INTO plan VALUES
  ('waste', 1500.5, NULL, NULL), ('recycled-share', 40, NULL, NULL), ('volunteers', 12, NULL, NULL), ('regulars', 4, NULL, NULL), ('hours', 150.25, NULL, NULL), ('young', 25, NULL, NULL), ('events', 10, NULL, NULL), ('mean-haul', 60, NULL, NULL),
  ('litter', 40, 84, NULL), ('hedges', 250, NULL, NULL), ('schools', 3, NULL, NULL), ('accidents', 0, NULL, NULL);
INSERT INTO points VALUES ('events', '2024-12-31', 4), ('events', '2025-12-31', 10);
