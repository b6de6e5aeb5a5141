# Runs the SQL files named after the day in DuckDB, in the current directory, and prints the rows of the last statement as JSON.
import json
import sys

import duckdb

as_of, *files = sys.argv[1:]
db = duckdb.connect(config={"threads": 1})
db.execute("SET VARIABLE as_of = DATE '" + as_of + "'")
for file in files:
    with open(file, encoding="utf-8") as text:
        result = db.execute(text.read())
json.dump(result.fetchall(), sys.stdout)
