"""The package as it is installed."""

import inspect
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import overcurrent as oc
from overcurrent import testing


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


def test_everything_public_says_what_it_is_for():
    silent = []
    for module in (oc, testing):
        for name in module.__all__:
            thing = getattr(module, name)
            if callable(thing) and not thing.__doc__:
                silent.append(name)
            for part in getattr(thing, "__mro__", ()):
                if part.__module__.startswith("overcurrent"):
                    for member in vars(part):
                        it = inspect.getattr_static(part, member)
                        says = inspect.getdoc(it) or not (callable(it) or inspect.isdatadescriptor(it))
                        if not member.startswith("_") and not says:
                            silent.append(f"{name}.{member}")
    assert not silent


@pytest.mark.parametrize("kind", [oc.OvercurrentError, oc.CircuitOpenError, oc.RateLimitedError, oc.BulkheadFullError])
def test_exceptions_pickle(kind):
    error = kind("it", "breaker-open", 1.5)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, again.retry_after) == (kind, error.args, 1.5)
    assert str(again) == str(error) == "it: the circuit is open; come back in 1.500 s"
    assert f"{kind.__module__}.{kind.__qualname__}" == f"overcurrent.{kind.__name__}"


@pytest.mark.parametrize(
    "left_behind",
    [
        "threading.Thread(target=limiter.acquire, daemon=True).start()",
        "threading.Thread(target=pool.acquire, daemon=True).start()",
        "threading.Thread(target=oc.Retry(first=20, jitter='none').call, args=(fails,), daemon=True).start()",
        "threading.Thread(target=oc.Retry(first=20, clock=clock).call, args=(fails,), daemon=True).start()",
        "permit = breaker.enter()",
        "half = breaker(lambda: (yield 1))(); next(half)",
        "coroutine = breaker.call_async(Never); coroutine.send(None)",
        "run = asyncio.run(leave())",
        "atexit.register(lambda: (breaker.force_open(), limiter.try_acquire(), oc.Registry().breaker('x')))",
        "breaker.on_event(print); handle = breaker.on_transition(print)",
        "testing.disabled().__enter__()",
    ],
)
def test_shutdown_is_quiet(left_behind):
    code = f"""
import asyncio, atexit, threading, time, overcurrent as oc
from overcurrent import testing
clock = oc.ManualClock()
limiter, pool, breaker = oc.RateLimiter(1, per=3600), oc.Bulkhead(0), oc.CircuitBreaker("x")
limiter.acquire()
class Never:
    def __await__(self):
        yield
def fails():
    raise OSError
async def leave():
    asyncio.create_task(limiter.acquire_async())
    await asyncio.sleep(0)
{left_behind}
time.sleep(0.05)
"""
    out = subprocess.run([sys.executable, "-P", "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert (out.returncode, out.stderr) == (0, "")
