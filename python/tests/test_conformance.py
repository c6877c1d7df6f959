"""A replay that could not fail would prove nothing."""

import copy
import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("run", Path(__file__).parent / "conformance/run.py")
run = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(run)

TRACE = {
    "id": "it", "kind": "cb",
    "cfg": {"window": "count", "size": 2, "min_calls": 2, "fail_thr": 50000, "slow_thr": 100000, "slow_dur": 10**9,
            "half_open_calls": 1, "wait": ["fixed", 1000], "auto": 0, "half_open_max_wait": 0,
            "half_open_max_wait_to": 1, "init": 0, "phase": 0},
    "ops": [[0, "acq", 0, 0, 1, 0, 0, 0, 0, 0, 0, ""], [0, "err", 5, 0, 1, 0, 1, 1, 0, 0, 0, "E"],
            [9, "ok", 5, 0, 1, 1, 2, 1, 0, 0, 0, "S F T01"], [9, "acq", 0, 0, 0, 1, 2, 1, 0, 0, 1, "N"]],
}  # fmt: skip


def test_every_corrupted_field_is_caught():
    run.breaker(TRACE)
    for number, op in enumerate(TRACE["ops"]):
        for field in range(4, 12):
            trace = copy.deepcopy(TRACE)
            trace["ops"][number][field] = "R" if field == 11 else (op[field] + 1) % 3
            with pytest.raises(run.Differs):
                run.breaker(trace)
