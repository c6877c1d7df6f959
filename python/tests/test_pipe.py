"""Several policies as one callable."""

import asyncio
import inspect

import anyio
import anyio.lowlevel
import pytest

import overcurrent as oc
from overcurrent import testing

pytestmark = pytest.mark.anyio


def parts(clock=None):
    db = oc.CircuitBreaker("db", window=oc.last_calls(10), min_calls=10, clock=clock)
    api, pool = oc.RateLimiter(1, per=3600, burst=20, clock=clock), oc.Bulkhead(2)
    return db, api, pool


class Flaky:
    """Fails so often, then answers."""

    def __init__(self, failures=0, error=OSError):
        self.left, self.calls, self.error = failures, 0, error

    def __call__(self, *args, **kwargs):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error("no")
        return args, kwargs

    async def ask(self, *args, **kwargs):
        await anyio.lowlevel.checkpoint()
        return self(*args, **kwargs)


def test_it_decorates_and_calls_sync_functions():
    db, api, pool = parts()
    calls = oc.pipe(
        oc.Fallback(lambda *args, error, **kwargs: "else", on=OSError), oc.Retry(3, first=0.001), db, api, pool
    )
    flaky = Flaky(2)

    @calls
    def work(a, *, function):
        """What it does."""
        return flaky(a, function=function)

    assert work(1, function=2) == ((1,), {"function": 2})
    assert (flaky.calls, db.stats().calls, db.stats().failed, api.peek().remaining) == (3, 3, 2, 17)
    assert (work.__name__, work.__doc__, str(inspect.signature(work))) == ("work", "What it does.", "(a, *, function)")
    flaky = Flaky(2)
    assert calls.call(flaky, 1, function=2) == ((1,), {"function": 2})
    assert (db.stats().calls, api.peek().remaining, pool.in_flight) == (6, 14, 0)
    flaky = Flaky(9)
    assert calls.call(flaky, 1, error_of_mine=2) == "else"
    assert work(1, function=2) == "else"
    assert db.stats().calls == 10


async def test_it_decorates_and_calls_async_functions():
    db, api, pool = parts()
    calls = oc.pipe(oc.Retry(3, first=0.001), oc.Timeout(5), db, api, pool, oc.Timeout(1))
    flaky = Flaky(2)

    @calls
    async def work(a, *, function):
        return await flaky.ask(a, function=function)

    assert inspect.iscoroutinefunction(work)
    assert await work(1, function=2) == ((1,), {"function": 2})
    flaky = Flaky(2)
    assert await calls.call_async(flaky.ask, 1, function=2) == ((1,), {"function": 2})
    assert (db.stats().calls, db.stats().failed, api.peek().remaining, pool.in_flight) == (6, 4, 14, 0)


async def test_the_first_is_outermost():
    """A time limit inside the breaker is a failure of the other side; outside of it, a cancelled call."""
    for inside in (True, False):
        clock = oc.ManualClock()
        db, limit = oc.CircuitBreaker("db", clock=clock), oc.Timeout(1, clock=clock)
        calls = oc.pipe(db, limit) if inside else oc.pipe(limit, db)

        async def late(clock=clock):
            clock.advance(2)
            await anyio.sleep_forever()

        with pytest.raises(oc.TimedOutError):
            await calls.call_async(late)
        assert (db.stats().calls, db.stats().failed) == ((1, 1) if inside else (0, 0))


def test_gates_that_stand_together_are_asked_together():
    db, api, pool = parts()
    db.force_open()
    for calls in (oc.pipe(api, pool, db), oc.pipe(oc.Retry(1), oc.pipe(api, pool), db)):
        with pytest.raises(oc.CircuitOpenError, match=r"^db: ") as refused:
            calls.call(len, "abc")
        assert refused.value.gate is db
        assert (api.peek().remaining, pool.in_flight) == (20, 0)


def test_a_lone_limiter_is_a_guard_in_a_pipe():
    api = oc.RateLimiter(1, per=3600)
    calls = oc.pipe(oc.Fallback(lambda _, error: error.name), api)
    assert [calls.call(len, "abc") for _ in range(2)] == [3, "limiter"]


def test_only_gates_cost_no_more_than_their_pipeline():
    db, api, pool = parts()
    assert type(oc.pipe(db, api, pool)(len)) is type(oc.Pipeline(db, api, pool)(len))
    assert type(oc.pipe(oc.pipe(db))(len)) is type(db(len))


async def test_what_cannot_be_guarded_says_so():
    db, _, _ = parts()
    calls = oc.pipe(oc.Retry(), oc.Timeout(1), db)
    with pytest.raises(TypeError, match="nothing can stop a sync call for Timeout"):
        calls.call(len, "abc")
    with pytest.raises(TypeError, match=r"nothing can stop <.*>, which is not async"):
        calls(len)
    with pytest.raises(TypeError, match="a generator cannot be tried again"):

        @oc.pipe(oc.Retry(), db)
        def numbers():
            yield 1

    for wrong in (None, len, oc.RetryBudget()):
        with pytest.raises(TypeError, match=r" is not a breaker, a limiter, a bulkhead, a pipeline, a Retry, "):
            oc.pipe(db, wrong)
    with pytest.raises(TypeError, match="a pipe needs at least one policy"):
        oc.pipe()
    with pytest.raises(TypeError, match=r"<Retry up to 3 attempts> is not a breaker, .*; `pipe` takes others"):
        oc.Pipeline(oc.Retry(), db)
    with pytest.raises(ValueError, match="9 gates; allowed are 1 to 8"):
        oc.pipe(*[oc.Bulkhead(1) for _ in range(9)])
    with pytest.raises(ValueError, match="must have one clock"):
        oc.pipe(db, oc.RateLimiter(1, clock=oc.ManualClock()))


async def test_cancelled_it_gives_everything_back():
    db, api, pool = parts()
    calls = oc.pipe(oc.Retry(3), db, api, pool)
    with anyio.move_on_after(0.01):
        await calls.call_async(anyio.sleep, 60)
    assert (db.stats().calls, pool.in_flight, api.peek().remaining) == (0, 0, 20)


def test_it_says_what_it_is_made_of():
    db, _, pool = parts()
    retry = oc.Retry(3)
    calls = oc.pipe(oc.pipe(retry, oc.Timeout(1.5)), db, pool)
    assert calls.policies == (retry, calls.policies[1], db, pool)
    assert repr(calls) == (
        "pipe(<Retry up to 3 attempts>, Timeout(1.5, name='timeout'), <CircuitBreaker 'db' closed>, "
        "<Bulkhead 'bulkhead' 0 of 2>)"
    )
    assert isinstance(calls, oc.Pipe)


@pytest.mark.thread_unsafe
def test_switched_off_it_lets_through():
    db, api, pool = parts()
    db.force_open()
    with testing.disabled():
        assert oc.pipe(oc.Retry(), db, api, pool).call(len, "abc") == 3
        assert asyncio.run(oc.pipe(oc.Timeout(1e-9), db).call_async(anyio.sleep, 0)) is None
    assert api.peek().remaining == 20
