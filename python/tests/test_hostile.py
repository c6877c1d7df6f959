"""Whatever is handed in, and whatever calls back: an exception at most, of a kind that is meant to be caught."""

import asyncio
import gc
import inspect
import itertools
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

import overcurrent as oc
from overcurrent import _native, testing


class Refuses:
    """Raises at everything that it is asked."""

    def no(self, *_, **__):
        raise ZeroDivisionError("no")

    __eq__ = __lt__ = __hash__ = __bool__ = __str__ = __repr__ = __call__ = __len__ = __iter__ = no
    __float__ = __index__ = __int__ = __getattr__ = total_seconds = no


class Meta(type):
    def __instancecheck__(cls, _):
        raise ZeroDivisionError("no")

    __subclasscheck__ = __instancecheck__


class UnclearError(Exception, metaclass=Meta):
    pass


NUMBERS = [-1, 0, 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, 2**200, 1e-300, 1e300, float("nan"), float("inf"), -0.0]
OTHERS = [None, True, "", "x\ud800", b"", (), {}, int, Refuses(), UnclearError, (OSError, 3), len, oc.State.OPEN]
LENGTHS = [timedelta.max, timedelta.min, timedelta(microseconds=1)]
VALUES = [
    *NUMBERS,
    *OTHERS,
    *LENGTHS,
    oc.last_calls(2**32 - 1),
    oc.last_seconds(1e18),
    oc.backoff(1e9),
    oc.ManualClock(),
]


def things():
    clock = oc.ManualClock()
    db, api = oc.CircuitBreaker("db", clock=clock), oc.RateLimiter(3, burst=2**32, clock=clock)
    cycles, pool = oc.CycleLimiter(3, clock=clock), oc.Bulkhead(2, clock=clock)
    return [
        db, api, cycles, pool, oc.Pipeline(db, api, cycles, pool), oc.Retry(1), oc.Timeout(1), oc.Fallback(len),
        oc.pipe(db, api), oc.RetryBudget(clock=clock), clock, db.stats(), db.explain(), api.peek(), api.reserve(),
        oc.Deadline(1), oc.Journal(), db.enter(), oc.last_calls(3), oc.longest_stay(3), db.on_event(len),
        api._wait(2**31, None) or pool._wait(1), _native.Delays(1, 2, 3, "full"), oc.Registry(),
    ]  # fmt: skip


MADE = [
    oc.CircuitBreaker, oc.RateLimiter, oc.CycleLimiter, oc.Bulkhead, oc.Pipeline, oc.Retry, oc.RetryBudget, oc.Timeout,
    oc.Fallback, oc.Deadline, oc.ManualClock, oc.last_calls, oc.last_seconds, oc.backoff, oc.longest_stay, oc.pipe,
    oc.Registry, _native.Delays, _native.guarded, _native.ring_after,
]  # fmt: skip
BLOCKS = {"acquire", "__enter__", "_pause"}  # for as long as it is told


def survive(call, /, *args, **kwargs):
    """An exception is fine. One of Python's own making about us is not, nor one that nobody catches."""
    try:
        made = call(*args, **kwargs)
    except SystemError:
        raise
    except Exception:
        return
    if inspect.iscoroutine(made):
        made.close()
    for say in (repr, str):
        try:
            say(made)
        except ZeroDivisionError:
            pass


def keywords(call):
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]


SETTINGS = [
    "window", "failure_rate", "min_calls", "slow_call", "slow_rate", "failure_count", "consecutive_failures",
    "open_for", "trial_calls", "trial_min", "trial_timeout", "auto_half_open", "no_such", "failures", "ignore",
    "failure_result",
]  # fmt: skip


def attack(call, first=()):
    names = keywords(call) + (SETTINGS if "settings" in str(keywords(call)) or call is oc.CircuitBreaker else [])
    survive(call)
    for value in VALUES:
        survive(call, value)
        survive(call, *first, value)
        for name in names:
            survive(call, *first, **{name: value})
    for pair in itertools.product(VALUES[::3], repeat=2):
        survive(call, *pair)


@pytest.mark.filterwarnings("ignore")  # coroutines that nobody awaits
@pytest.mark.thread_unsafe
@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_what_is_made_of_anything(made, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # told of what cannot be printed
    attack(made, ("x",) if made is oc.CircuitBreaker else (1,))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.thread_unsafe
@pytest.mark.parametrize("place", range(len(things())), ids=lambda place: type(things()[place]).__name__)
def test_methods_that_are_called_with_anything(place, caplog, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    caplog.set_level(100)
    for name in dir(things()[place]):
        thing = things()[place]
        if name in BLOCKS or name in dir(object):
            continue
        method = getattr(thing, name, None)
        if callable(method):
            with testing.no_waits():
                attack(method)
            if isinstance(thing, oc.CircuitBreaker):
                for setting in SETTINGS * (name in ("reconfigure", "_revert")):
                    for value in VALUES:
                        survive(method, **{setting: value})
    gc.collect()


def test_a_listener_that_is_no_function_is_refused_when_it_comes():
    db = oc.CircuitBreaker("db")
    for add in (db.on_event, db.on_transition):
        with pytest.raises(TypeError, match="listener must be a function, not 5"):
            add(5)


def breaker(**settings):
    return oc.CircuitBreaker(
        "db", window=oc.last_calls(4), min_calls=1, trial_calls=2, clock=oc.ManualClock(), **settings
    )


def test_listeners_that_do_everything_to_the_same_breaker():
    db, heard, depth = breaker(), [], [0]
    subscriptions = []

    def everything(event):
        heard.append(event.kind)
        if depth[0] == 3:
            return
        depth[0] += 1
        subscriptions.append(db.on_event(lambda _: subscriptions and subscriptions.pop().close()))
        for do in (
            db.stats, db.explain, db.reset, db.open, db.half_open, db.settle, db.snapshot, db.force_open, db.close,
            db.release_untracked, lambda: db.reconfigure(min_calls=2), lambda: db.restore(db.snapshot()),
            lambda: db.record_untracked("failure", 1), lambda: db.call(len, "a"), lambda: db.enter().fail(),
            subscriptions[0].close, lambda: oc.Pipeline(db, oc.Bulkhead(1)).call(len, "a"), gc.collect,
        ):  # fmt: skip
            try:
                do()
            except (ValueError, oc.OvercurrentError):
                pass
        depth[0] -= 1

    subscriptions.append(db.on_event(everything))
    for _ in range(3):
        db.enter().fail()
        db.reset()
    assert len(heard) > 10
    assert db.state in list(oc.State)


def test_predicates_that_use_the_same_breaker_and_permit():
    permits = []

    def judge(_):
        db.force_open()
        db.reset()
        with pytest.raises(RuntimeError, match="this permit is not held"):
            permits[-1].success()
        db.call(len, "a")
        return True

    db = breaker(failures=judge)
    permits.append(db.enter())
    permits[-1].raised(OSError())
    assert db.stats().failed == 0  # of a generation that is over
    db = breaker(failure_result=lambda result: db.call(lambda: 0) + result, ignore=UnclearError)
    with pytest.raises(RecursionError):
        db.call(lambda: 0)
    with pytest.raises(ZeroDivisionError, match="no"):
        db.call(int, "x")
    assert db.enter() is not None
    assert db.stats().calls == 0


@pytest.mark.thread_unsafe
def test_objects_that_use_a_gate_as_they_go():
    """Deleted by the last call of a guard, in the arms of the collector, or with an exception on its way."""
    db, pool = breaker(ignore=KeyError), oc.Bulkhead(3)
    guard = oc.Pipeline(db, pool)

    class Last:
        def __init__(self):
            self.me = self
            self.permit = guard.enter()

        def __del__(self):
            gone.append(guard.call(len, "abc"))
            self.permit.success()
            db.open()
            db.reset()

    gone = []
    for _ in range(20):
        guard.call(Last)
        gc.collect()
    assert (pool.in_flight, gone) == (0, [3] * 20)

    def unwinds():
        it = Last()
        it.me = None
        raise KeyError(1)

    with pytest.raises(KeyError):
        guard.call(unwinds)
    gc.collect()
    assert (pool.in_flight, gone) == (0, [3] * 21)


def test_a_place_that_is_lost_while_an_exception_passes_wakes_the_next():
    """Who is woken then finds no exception at hand, and the exception is not lost."""
    pool, woken = oc.Bulkhead(1), []
    held, first, second = pool.enter(), pool._wait(None), pool._wait(None)
    first.poll(lambda: None)
    second.poll(lambda: woken.append(int("7")))
    held.success()
    places = [first]
    del first
    with pytest.raises(ZeroDivisionError):
        [places.pop(), 1 / 0]
    assert woken == [7]
    assert second.poll(lambda: None) is None
    second.permit().success()
    assert pool.in_flight == 0


@pytest.mark.thread_unsafe
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_in_a_listener_is_not_lost():
    db = breaker()
    db.on_transition(lambda _: signal.raise_signal(signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            db.enter().fail()
            for _ in range(1_000):
                pass
    finally:
        signal.signal(signal.SIGINT, before)
    assert db.state == "open"


def test_at_the_end_of_the_interpreter():
    code = """
import asyncio, atexit, threading, overcurrent as oc
db, api, pool = oc.CircuitBreaker("db", min_calls=1), oc.RateLimiter(1, per=3600), oc.Bulkhead(1)
guard = oc.Pipeline(db, pool)
class Last:
    def __del__(self):
        api.try_acquire(); db.stats(); db.explain(); db.settle()
        try:
            db.call(int, "x")
        except ValueError:
            pass
kept = [Last(), db.enter(), pool.enter(), db.on_event(lambda event: api.peek()), Last()]
kept.append(kept)
@guard
async def sleeps():
    await asyncio.sleep(60)
api.acquire()
coroutines = [sleeps(), api.acquire_async(), pool.acquire_async()]
async def main():
    for coroutine in coroutines:
        asyncio.ensure_future(coroutine)
    await asyncio.sleep(0.01)
    for thread in (api.acquire, pool.acquire, lambda: oc.Retry(2, first=60).call(lambda: 1 / 0)):
        threading.Thread(target=thread, daemon=True).start()
    await asyncio.sleep(0.05)
half = db(sleeps)()
half.send
atexit.register(lambda: (db.open(), Last()))
asyncio.run(main())
half.close()
print("done")
"""
    out = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (out.returncode, out.stdout) == (0, "done\n"), out.stderr
    assert "panicked" not in out.stderr
    assert "SystemError" not in out.stderr


@pytest.mark.thread_unsafe
def test_a_loop_that_fails_to_wake_keeps_nobody_else_waiting(monkeypatch):
    """What a waiter's waker raises is reported; the others are woken."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    pool = oc.Bulkhead(1)
    held, first, second = pool.enter(), pool._wait(None), pool._wait(None)
    first.poll(lambda: 1 / 0)
    second.poll(lambda: None)
    held.success()
    assert [type(it.exc_value) for it in told] == [ZeroDivisionError]
    assert first.poll(lambda: None) is None
    first.close()
    assert second.poll(lambda: None) is None
    second.permit().success()
    assert (pool.in_flight, pool.waiting) == (0, 0)


def test_settings_that_change_while_they_are_read():
    """A mapping of keywords cannot change, but what is in it can run code that uses the gate."""

    class Longer(timedelta):
        def total_seconds(self):
            db.reconfigure(min_calls=2)
            return 7.0

    db = breaker()
    db.reconfigure(slow_call=Longer(1), slow_rate=0.5)
    explained = db.explain()
    assert (explained.min_calls, explained.slow_rate_threshold) == (2, 0.5)  # neither change is lost


def test_coroutines_that_touch_themselves_while_a_listener_runs():
    db = breaker()
    touched = []

    @db
    async def work():
        raise OSError

    def touch(_):
        for do in (coroutine.close, lambda: coroutine.send(None), lambda: coroutine.throw(KeyError)):
            with pytest.raises((ValueError, RuntimeError)) as raised:
                do()
            touched.append(str(raised.value))

    db.on_event(touch)
    coroutine = work()
    with pytest.raises(OSError):
        coroutine.send(None)
    assert set(touched) == {"coroutine already executing"}
    with pytest.raises(RuntimeError, match="cannot reuse"):
        asyncio.run(coroutine)
