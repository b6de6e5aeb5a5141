-- What the three examples share: how a cell is read, and how a figure is rounded. The current directory is that of the example; the
-- variable as_of is the day of the figures. Nothing here reads what the tracker wrote.

CREATE MACRO blank(x) AS nullif(trim(x), '');
CREATE MACRO same(x) AS lower(trim(x));
CREATE MACRO day(x) AS coalesce(try_strptime(trim(x), '%Y-%m-%d'), try_strptime(trim(x), '%d.%m.%Y'))::DATE;
CREATE MACRO number(x) AS replace(blank(x), ',', '.')::DECIMAL(18, 2);

-- n / d with some decimals, half away from zero; neither is below 0.
CREATE MACRO rounded(n, d, decimals) AS ((2 * n::HUGEINT * (10 ** decimals)::HUGEINT + d) // (2 * d)) / (10 ** decimals);

-- What was typed: the last version of each record, in the place of its last change; one that was voided is none.
CREATE TABLE steps AS
  SELECT *, struct_pack(file := filename, row := row_number() OVER ()) AS arrival
  FROM read_json('*.jsonl', format = 'newline_delimited', filename = true, columns = {step: 'VARCHAR', name: 'VARCHAR', kind: 'VARCHAR', body: 'JSON'});
CREATE TABLE typed AS
  SELECT first.kind, last.body, last.arrival
  FROM (SELECT *, row_number() OVER (PARTITION BY name ORDER BY arrival DESC) AS nth FROM steps WHERE step IN ('enter', 'change', 'void')) last
  JOIN steps first ON first.step = 'enter' AND first.name = last.name
  WHERE last.nth = 1 AND last.step <> 'void';
-- What the office says holds from its day on.
CREATE TABLE said AS
  SELECT name AS code, arg_max(body->>'value', struct_pack(day := (body->>'as_of')::DATE, arrival := arrival)) AS value
  FROM steps WHERE step = 'said' AND (body->>'as_of')::DATE <= getvariable('as_of') GROUP BY name;

-- To be filled by each example: who counts in a line, from which day on; what people are; what was promised; and figures that are
-- no counts of people, as fractions. The variables first_day and period_end are the project's.
CREATE TABLE members (code VARCHAR, person VARCHAR, first_day DATE);
CREATE TABLE about (person VARCHAR, dimension VARCHAR, part VARCHAR);
CREATE TABLE birth_years (person VARCHAR, birth_year INTEGER);
CREATE TABLE dimensions (dimension VARCHAR, sensitive BOOLEAN);
CREATE TABLE bands (part VARCHAR, least INTEGER, most INTEGER);
-- Less is better where there is a baseline or the target is 0. A line counts until its own day, or the project's last one.
CREATE TABLE plan (code VARCHAR, target DECIMAL(18, 2), baseline DECIMAL(18, 2), until DATE);
CREATE TABLE points (code VARCHAR, until DATE, value DECIMAL(18, 2)); -- of plans by date
CREATE TABLE fractions (code VARCHAR, n HUGEINT, d HUGEINT, decimals INTEGER, share BOOLEAN);
CREATE TABLE parts (code VARCHAR, path VARCHAR, value DOUBLE);
