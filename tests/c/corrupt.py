"""Writes the first trace of a file with one recorded answer changed, in the middle."""
import gzip
import json
import sys

with gzip.open(sys.argv[1]) as lines:
    trace = json.loads(lines.readline())
column = {"bh": 2, "rl": 3, "cb": 4}[trace["kind"]]
trace["ops"][len(trace["ops"]) // 2][column] += 1
print(json.dumps(trace))
