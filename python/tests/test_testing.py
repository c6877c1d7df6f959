"""The switches for other people's test suites."""

import threading
import time

import anyio
import pytest

import overcurrent as oc
from overcurrent import testing

pytestmark = pytest.mark.thread_unsafe(reason="switches for the whole process")


def closed_gates():
    breaker = oc.CircuitBreaker("db")
    breaker.force_open()
    limiter, cycles, pool = oc.RateLimiter(1, per=3600), oc.CycleLimiter(1, period=3600), oc.Bulkhead(0)
    limiter.acquire()
    cycles.acquire()
    return breaker, limiter, cycles, pool


def test_disabled_lets_everything_through_and_leaves_no_trace():
    breaker, limiter, cycles, pool = closed_gates()
    guard = oc.Pipeline(breaker, limiter, cycles, pool)
    failing = oc.CircuitBreaker("x", window=oc.last_calls(2), min_calls=1)
    heard = []
    breaker.on_event(heard.append)
    with testing.disabled():
        assert guard.call(len, "abc") == 3
        assert [gate(len)("ab") for gate in (breaker, pool, guard)] == [2, 2, 2]
        with breaker.permit(), pool.permit(), guard.permit():
            assert pool.in_flight == 0
        for what in (limiter, cycles):
            assert what.try_acquire(1_000)
            what.acquire(timeout=0)
            promise = what.reserve(1_000)
            assert (promise.wait, promise.cancel()) == (0, False)
        assert limiter.acquire_up_to(1_000) == 1_000
        pool.acquire(timeout=0).success()
        pool.try_acquire().success()
        with pytest.raises(OSError):
            failing.call(fails)
        with failing.permit() as permit:
            permit.fail(retry_after=60)
    assert not heard
    assert failing.stats().calls == 0
    assert failing.state == "closed"
    assert pool.in_flight == 0
    assert not limiter.try_acquire()
    assert not cycles.try_acquire()
    assert pool.try_acquire() is None
    with pytest.raises(oc.CircuitOpenError):
        guard.call(len, "abc")
    assert len(heard) == 1


def fails():
    raise OSError


def test_permits_taken_on_one_side_are_given_back_on_the_other():
    pool = oc.Bulkhead(1)
    outside = pool.enter()
    with testing.disabled():
        inside = pool.enter()
        outside.success()
    assert pool.in_flight == 0
    inside.success()
    assert pool.in_flight == 0


def test_disabled_goes_for_all_threads_and_nests():
    pool = oc.Bulkhead(0)
    answers = []

    @testing.disabled()
    def everything():
        with testing.disabled():
            pass
        thread = threading.Thread(target=lambda: answers.append(pool.try_acquire() is not None))
        thread.start()
        thread.join()

    everything()
    with pytest.raises(KeyError), testing.disabled():
        raise KeyError
    answers.append(pool.try_acquire() is not None)
    assert answers == [True, False]


@pytest.mark.anyio
async def test_disabled_async():
    breaker, limiter, _cycles, pool = closed_gates()
    with testing.disabled():
        await limiter.acquire_async(timeout=0)
        (await pool.acquire_async(timeout=0)).success()
        assert await breaker.call_async(oc.Timeout(1e-9).call_async, sleeps) == "slept"
        tried = []

        async def fails_async():
            tried.append(1)
            raise OSError

        with pytest.raises(OSError):
            await oc.Retry(first=20).call_async(fails_async)
        assert len(tried) == 1


async def sleeps():
    await anyio.sleep(0.01)
    return "slept"


def test_disabled_retry_tries_once():
    tried = []
    with testing.disabled(), pytest.raises(ZeroDivisionError):
        oc.Retry(first=20)(lambda: tried.append(1) or 1 / 0)()
    assert len(tried) == 1


@pytest.mark.anyio
async def test_no_waits():
    tried = []

    def fails():
        tried.append(1)
        raise OSError

    async def fails_async():
        fails()

    retry = oc.Retry(5, first=3600, max=3600, jitter="none")
    began = time.monotonic()
    with testing.no_waits():
        with pytest.raises(OSError):
            retry.call(fails)
        with pytest.raises(OSError):
            await retry.call_async(fails_async)
        assert len(tried) == 10
        with testing.no_waits(attempts=2), pytest.raises(OSError):
            retry.call(fails)
        assert len(tried) == 12
        with testing.no_waits(attempts=100), pytest.raises(OSError):
            retry.call(fails)
        assert len(tried) == 17
    assert time.monotonic() - began < 600
    with testing.no_waits(attempts=1), pytest.raises(OSError):
        await retry.call_async(fails_async)
    with pytest.raises(ValueError, match="attempts is 0"), testing.no_waits(attempts=0):
        pass


def test_the_clock_is_the_same():
    assert testing.ManualClock is oc.ManualClock
