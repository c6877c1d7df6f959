"""Calls that need not wait: on trio they are checkpoints all the same, on asyncio they go straight on."""

import asyncio
import subprocess
import sys

import pytest
import trio
import trio.testing

import overcurrent as oc


async def within(manager):
    async with manager:
        pass


async def slot(pool):
    (await pool.acquire_async()).success()


def calls():
    """What can be awaited without waiting, and how much of it is left."""
    limiter, cycles, pool = oc.RateLimiter(1, per=3600, burst=5), oc.CycleLimiter(5, period=3600), oc.Bulkhead(1)
    breaker = oc.CircuitBreaker("db")
    guard = oc.Pipeline(oc.RateLimiter(1, per=3600, burst=5), oc.CircuitBreaker("db"))
    left = guard.gates[0]
    return {
        "limiter": (limiter.acquire_async, lambda: limiter.peek().remaining),
        "limiter, with a timeout": (lambda: limiter.acquire_async(2, timeout=0.5), lambda: limiter.peek().remaining),
        "async with limiter": (lambda: within(limiter), lambda: limiter.peek().remaining),
        "cycle limiter": (cycles.acquire_async, lambda: cycles.available),
        "async with cycle limiter": (lambda: within(cycles), lambda: cycles.available),
        "bulkhead": (lambda: slot(pool), lambda: pool.available),
        "async with breaker.permit()": (lambda: within(breaker.permit()), lambda: breaker.stats().calls),
        "async with pipeline.permit()": (lambda: within(guard.permit()), lambda: left.peek().remaining),
    }


@pytest.mark.parametrize("name", calls())
def test_on_trio_it_is_a_checkpoint(name):
    call, _ = calls()[name]

    async def main():
        with trio.testing.assert_checkpoints():
            await call()

    trio.run(main)


@pytest.mark.parametrize("name", calls())
def test_on_trio_a_cancelled_task_takes_nothing(name):
    call, left = calls()[name]
    before = left()

    async def main():
        with trio.CancelScope() as scope:
            scope.cancel()
            await call()
        assert scope.cancelled_caught

    trio.run(main)
    assert left() == before


def test_on_trio_a_loop_that_never_waits_hears_of_its_time_limit():
    limiter, others = oc.RateLimiter(10**9, burst=10**9), []

    async def other():
        while True:
            others.append(await trio.lowlevel.checkpoint())

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(other)
            with trio.move_on_after(0.02) as scope:
                for _ in range(10_000_000):
                    await limiter.acquire_async()
            nursery.cancel_scope.cancel()
        return scope.cancelled_caught

    assert trio.run(main)
    assert others


def test_on_trio_a_refusal_comes_at_once():
    limiter = oc.RateLimiter(1, per=3600)
    limiter.acquire()

    async def main():
        with pytest.raises(oc.RateLimitedError):
            await limiter.acquire_async(timeout=0.5)

    trio.run(main)


@pytest.mark.parametrize("name", calls())
def test_on_asyncio_it_goes_straight_on(name):
    call, left = calls()[name]
    before = left()

    async def main():
        asyncio.get_running_loop().call_soon(others.append, 1)
        await call()
        return list(others)

    others = []
    assert asyncio.run(main()) == []
    assert (left() == before) == (name == "bulkhead")


def test_trio_may_be_imported_when_all_is_set_up():
    code = """
import asyncio, sys, overcurrent as oc
limiter = oc.RateLimiter(1000, burst=1000)
async def some():
    for _ in range(10):
        await limiter.acquire_async()
asyncio.run(some())
assert "trio" not in sys.modules
import trio, trio.testing
async def main():
    with trio.testing.assert_checkpoints():
        await limiter.acquire_async()
trio.run(main)
asyncio.run(some())
print("done")
"""
    out = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout == "done\n"


@pytest.mark.thread_unsafe
def test_a_trio_that_is_half_imported_has_no_tasks(monkeypatch):
    class Half:
        pass

    limiter = oc.RateLimiter(1, per=3600)
    monkeypatch.setitem(sys.modules, "trio.lowlevel", Half())
    asyncio.run(limiter.acquire_async())
    with pytest.raises(RuntimeError, match="no event loop"):
        limiter.acquire_async().send(None)
