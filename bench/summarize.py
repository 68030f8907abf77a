"""summarize.py FILE THREADS: DuckDB's SUMMARIZE of a CSV file; prints bytes a second and, to stderr, the most memory."""
import os
import resource
import sys
import time

import duckdb

con = duckdb.connect()
con.execute("SET threads=%d" % int(sys.argv[2]))
start = time.monotonic()
rows = con.execute("SUMMARIZE SELECT * FROM read_csv(?)", [sys.argv[1]]).fetchall()
print("%.0f" % (os.path.getsize(sys.argv[1]) / (time.monotonic() - start)))
print(len(rows), "columns,", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "kB", file=sys.stderr)
