"""The package as it is installed."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import overcurrent as oc


def test_it_is_the_installed_one():
    assert "site-packages" in oc.__file__
    assert (Path(oc.__file__).parent / "py.typed").exists()
    assert (Path(oc.__file__).parent / "_native.pyi").exists()


def test_import_is_light():
    heavy = ["asyncio", "logging", "typing", "dataclasses", "inspect", "threading"]
    code = f"import sys, overcurrent; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0]={sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", [oc.OvercurrentError, oc.CircuitOpenError, oc.RateLimitedError, oc.BulkheadFullError])
def test_exceptions_pickle(kind):
    error = kind("it", "breaker-open", 1.5)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, again.retry_after) == (kind, error.args, 1.5)
    assert str(again) == str(error) == "it: the circuit is open; come back in 1.500 s"
    assert f"{kind.__module__}.{kind.__qualname__}" == f"overcurrent.{kind.__name__}"


def test_forked_children_go_on(tmp_path):
    code = """
import os, overcurrent as oc
limiter, breaker = oc.RateLimiter(1000, burst=1), oc.CircuitBreaker("x")
limiter.acquire()
pid = os.fork()
for _ in range(5):
    limiter.acquire()
    breaker.call(len, "")
if pid == 0:
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-P", "-c", code], check=True, timeout=30)


def test_shutdown_with_waiters_is_quiet():
    code = """
import threading, time, overcurrent as oc
limiter = oc.RateLimiter(1, per=3600)
limiter.acquire()
threading.Thread(target=limiter.acquire, daemon=True).start()
permit = oc.CircuitBreaker("x").enter()
time.sleep(0.05)
"""
    out = subprocess.run([sys.executable, "-P", "-c", code], check=False, capture_output=True, text=True, timeout=30)
    assert (out.returncode, out.stderr) == (0, "")
