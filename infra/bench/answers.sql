-- The figures of the bench's project as DuckDB finds them in a checkpoint, without its column "live": of all that was said under
-- a natural key the last that is not withdrawn counts. One row for each figure that is not 0: line, what, part, value.
--
-- Before it the bench sets the variables as_of, first and last (of the project's period), and makes the view checkpoint.

WITH
files AS (
  SELECT upload, owner, object, said_at FROM checkpoint
  WHERE fact = 'upload.accepted' AND upload NOT IN (SELECT upload FROM checkpoint WHERE fact = 'upload.withdrawn')
),

-- The layers of each kind, with the order of arrival.
layers AS (
  SELECT l.kind, f.owner, l.person, l.date, l.time, l.medium, l.field_kind, l.title, l.outlet, l.reach, l.activity, l.hours, l.outcome,
         ROW(f.said_at, f.object, f.upload, l.row) AS arrival
  FROM checkpoint l JOIN files f USING (upload) WHERE l.fact = 'line'
  UNION ALL
  SELECT kind, NULL, person, date, time, medium, field_kind, title, outlet, reach, activity, hours, outcome, ROW(said_at, id, id, 0)
  FROM checkpoint WHERE fact = 'record.said'
),
media AS (
  SELECT date, lower(trim(medium)) AS medium, lower(trim(outlet)) AS outlet, arg_max(reach, arrival) AS reach
  FROM layers WHERE kind = 'media'
  GROUP BY owner, date, lower(trim(time)), lower(trim(medium)), lower(trim(field_kind)), lower(trim(title)), lower(trim(outlet))
),
attendance AS (
  SELECT person, date, arg_max({'hours': hours, 'outcome': outcome}, arrival) AS told
  FROM layers WHERE kind = 'attendance'
  GROUP BY person, date, lower(trim(activity))
),

-- Sign-ups: one sending made each, and its state may have changed since. One person has one for each activity.
sendings AS (
  SELECT *, (said_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Warsaw')::DATE AS day FROM checkpoint
  WHERE fact = 'signup.submitted' AND (upload IS NULL OR upload IN (SELECT upload FROM files))
),
made AS (
  SELECT id, min(said_at) AS said_at, arg_min(first_state, ROW(said_at, entry)) AS state, arg_min(person, ROW(said_at, entry)) AS person,
         arg_min(activity, ROW(said_at, entry)) AS activity, arg_min(day, ROW(said_at, entry)) AS day
  FROM sendings WHERE first_state IS NOT NULL GROUP BY id
),
standing AS (
  SELECT m.id, m.said_at, m.person, m.activity, m.day, coalesce(s.state, m.state) AS state
  FROM made m LEFT JOIN (SELECT id, state FROM checkpoint WHERE fact = 'signup.moved') s USING (id)
  WHERE coalesce(s.state, m.state) <> 'cancelled'
),
signups AS (
  SELECT person, arg_min(day, ROW(said_at, id)) AS date,
         arg_min(state, CASE state WHEN 'accepted' THEN 0 WHEN 'held' THEN 1 WHEN 'waitlisted' THEN 2 ELSE 3 END) AS state
  FROM standing GROUP BY person, lower(trim(activity))
),

-- Each attribute is that of the earliest sending that gives it.
attributes AS (
  SELECT t.person,
         arg_min(s.sex, ROW(s.said_at, s.entry)) FILTER (s.sex IS NOT NULL) AS sex,
         arg_min(s.birth_year, ROW(s.said_at, s.entry)) FILTER (s.birth_year IS NOT NULL) AS birth_year,
         arg_min(s.education, ROW(s.said_at, s.entry)) FILTER (s.education IS NOT NULL) AS education,
         arg_min(s.labour_status, ROW(s.said_at, s.entry)) FILTER (s.labour_status IS NOT NULL) AS labour_status,
         arg_min(s.residence, ROW(s.said_at, s.entry)) FILTER (s.residence IS NOT NULL) AS residence,
         arg_min(s.disability, ROW(s.said_at, s.entry)) FILTER (s.disability IS NOT NULL) AS disability,
         arg_min(s."group", ROW(s.said_at, s.entry)) FILTER (s."group" IS NOT NULL) AS "group"
  FROM sendings s JOIN standing t USING (id)
  WHERE t.day <= getvariable('as_of') AND s.day <= getvariable('as_of') GROUP BY t.person
),

-- What counts up to the day.
counted_media AS (SELECT * FROM media WHERE date BETWEEN getvariable('first') AND least(getvariable('last'), getvariable('as_of'))),
counted_attendance AS (
  SELECT person, date, told.hours AS hours, told.outcome AS outcome FROM attendance
  WHERE date BETWEEN getvariable('first') AND least(getvariable('last'), getvariable('as_of'))
),
counted_signups AS (SELECT * FROM signups WHERE date BETWEEN getvariable('first') AND least(getvariable('last'), getvariable('as_of'))),

people AS (
  SELECT 'participants' AS line, person, min(date) AS date FROM (
    SELECT person, date FROM counted_attendance UNION ALL SELECT person, date FROM counted_signups WHERE state = 'accepted') GROUP BY person
  UNION ALL
  SELECT '1', person, min(date) FROM counted_attendance WHERE outcome = 'completed' GROUP BY person
),
described AS (
  SELECT p.line, p.person, p.date, a.sex, a.birth_year, a.education, a.labour_status, a.residence, a.disability, a."group",
         CASE WHEN a.birth_year IS NULL THEN NULL WHEN year(p.date) - a.birth_year BETWEEN 0 AND 24 THEN '0-24'
              WHEN year(p.date) - a.birth_year BETWEEN 25 AND 44 THEN '25-44' WHEN year(p.date) - a.birth_year >= 45 THEN '45+' END AS age
  FROM people p LEFT JOIN attributes a USING (person)
),
breakdowns AS (
  SELECT line, 'sex' AS what, coalesce(sex, 'unknown') AS part, count(*) AS value FROM described GROUP BY ALL
  UNION ALL SELECT line, 'age', coalesce(age, 'unknown'), count(*) FROM described GROUP BY ALL
  UNION ALL SELECT line, 'education', coalesce(education, 'unknown'), count(*) FROM described GROUP BY ALL
  UNION ALL SELECT line, 'labour_status', coalesce(labour_status, 'unknown'), count(*) FROM described GROUP BY ALL
  UNION ALL SELECT line, 'residence', coalesce(residence, 'unknown'), count(*) FROM described GROUP BY ALL
  UNION ALL SELECT line, 'disability', coalesce(disability, 'unknown'), count(*) FROM described GROUP BY ALL
  UNION ALL SELECT line, 'group', coalesce("group", 'unknown'), count(*) FROM described GROUP BY ALL
),

-- What each indicator adds in a month. Of distinct values the first record counts.
added AS (
  SELECT line, strftime(date, '%Y-%m') AS month, 1.0 AS value FROM people WHERE line = '1'
  UNION ALL SELECT '2', strftime(date, '%Y-%m'), hours FROM counted_attendance
  UNION ALL SELECT '3', strftime(date, '%Y-%m'), reach FROM counted_media WHERE medium IN ('radio', 'tv')
  UNION ALL SELECT '4', strftime(min(date), '%Y-%m'), 1 FROM counted_media WHERE outlet <> '' GROUP BY outlet
),
records AS (
  SELECT '1' AS line, count(*) AS value FROM counted_attendance WHERE outcome = 'completed'
  UNION ALL SELECT '2', count(*) FROM counted_attendance
  UNION ALL SELECT '3', count(*) FROM counted_media WHERE medium IN ('radio', 'tv')
  UNION ALL SELECT '4', count(*) FROM counted_media
)

SELECT line, what, part, value::DOUBLE AS value FROM (
  SELECT * FROM breakdowns
  UNION ALL SELECT line, 'total', '', count(*) FROM people WHERE line = 'participants' GROUP BY line
  UNION ALL SELECT line, 'month', month, round(sum(value), 2) FROM added GROUP BY line, month
  UNION ALL SELECT line, 'achieved', '', round(sum(value), 2) FROM added GROUP BY line
  UNION ALL SELECT line, 'records', '', value FROM records
  UNION ALL SELECT 'reach', 'sum', '', sum(reach) FROM counted_media
  UNION ALL SELECT 'reach', 'low', '', max(reach) FROM counted_media
  UNION ALL SELECT 'reach', 'airings', '', count(*) FROM counted_media
  UNION ALL SELECT 'quality', 'people_without_attributes', '', count(*) FROM described
    WHERE line = 'participants' AND coalesce(sex, birth_year::VARCHAR, education, labour_status, residence, disability, "group") IS NULL
  UNION ALL SELECT 'quality', 'records_outside_period', '', count(*) FROM (
    SELECT date FROM media UNION ALL SELECT date FROM attendance UNION ALL SELECT date FROM signups)
    WHERE date NOT BETWEEN getvariable('first') AND getvariable('last')
) WHERE value <> 0
