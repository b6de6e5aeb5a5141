# Runs the SQL on standard input in DuckDB, in one thread, and prints the CPU time that it took in nanoseconds, and the figures.
# Arguments: the checkpoint, the day, and the first and last day of the project's period.
import json
import sys
import time

import duckdb

checkpoint, as_of, first, last = sys.argv[1:]
sql = sys.stdin.read()
began = time.process_time_ns()
db = duckdb.connect(config={"threads": 1})
db.execute("SET enable_progress_bar = false")
db.execute("CREATE VIEW checkpoint AS SELECT * FROM read_parquet('" + checkpoint.replace("'", "''") + "')")
for name, day in (("as_of", as_of), ("first", first), ("last", last)):
    db.execute("SET VARIABLE " + name + " = DATE '" + day + "'")
rows = db.execute(sql).fetchall()
cpu = time.process_time_ns() - began
json.dump({"cpu": cpu, "figures": {"|".join(row[:3]): row[3] for row in rows}}, sys.stdout)
