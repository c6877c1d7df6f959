"""The bulkhead, its queue, and pipelines."""

import asyncio
import gc
import threading

import pytest

import overcurrent as oc


def test_slots():
    gate = oc.Bulkhead(2, name="pool")
    one, two = gate.try_acquire(), gate.try_acquire()
    assert gate.try_acquire() is None
    with pytest.raises(oc.BulkheadFullError) as caught:
        gate.enter()
    assert (caught.value.name, caught.value.retry_after) == ("pool", None)
    one.success()
    with pytest.raises(RuntimeError):
        one.success()
    assert (gate.in_flight, gate.available, gate.max) == (1, 1, 2)
    del two
    gc.collect()
    assert gate.in_flight == 0
    gate.resize(0)
    assert gate.try_acquire() is None


def test_waiting_for_a_slot_in_order():
    gate = oc.Bulkhead(2)
    inside, most, order = 0, 0, []

    async def one(i):
        nonlocal inside, most
        async with await gate.acquire_async():
            order.append(i)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async def main():
        await asyncio.gather(*(one(i) for i in range(100)))

    asyncio.run(main())
    assert (most, order, gate.in_flight, gate.waiting) == (2, list(range(100)), 0, 0)


def test_waiting_ends_refused_or_cancelled_and_leaves_nothing():
    gate = oc.Bulkhead(1)
    with gate.permit():
        with pytest.raises(oc.BulkheadFullError):
            gate.acquire(timeout=0.01)

        async def main():
            with pytest.raises(oc.BulkheadFullError):
                await gate.acquire_async(timeout=0.01)
            tasks = [asyncio.create_task(gate.acquire_async()) for _ in range(1_000)]
            await asyncio.sleep(0)
            assert gate.waiting == 1_000
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(main())
        assert gate.waiting == 0
    assert gate.in_flight == 0
    assert gate.try_acquire() is not None


def test_cancelled_with_the_slot_granted_gives_it_back():
    gate = oc.Bulkhead(1)

    async def main():
        held = gate.enter()
        task = asyncio.create_task(gate.acquire_async())
        await asyncio.sleep(0)
        held.success()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert gate.in_flight == 0


def test_threads_wait_for_slots():
    gate = oc.Bulkhead(3)
    lock, inside, most = threading.Lock(), [0], [0]

    def run():
        for _ in range(200):
            with gate.acquire():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with lock:
                    inside[0] -= 1

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (gate.in_flight, gate.waiting) == (0, 0)
    assert most[0] <= 3


def parts():
    clock = oc.ManualClock()
    breaker = oc.CircuitBreaker("db", window=oc.last_calls(4), min_calls=2, open_for=5, clock=clock)
    limiter = oc.RateLimiter(4, name="api", clock=clock)
    pool = oc.Bulkhead(1, name="pool")
    return clock, breaker, limiter, pool, oc.Pipeline(breaker, limiter, pool)


def test_a_pipeline_takes_all_or_nothing():
    _clock, breaker, limiter, pool, guard = parts()
    with guard.permit():
        assert (pool.in_flight, limiter.peek().remaining) == (1, 3)
        with pytest.raises(oc.BulkheadFullError) as caught, guard.permit():
            pass
        assert caught.value.name == "pool"
        assert limiter.peek().remaining == 3
    assert (breaker.stats().calls, pool.in_flight) == (1, 0)
    limiter.drain()
    with pytest.raises(oc.RateLimitedError) as limited:
        guard.enter()
    assert (limited.value.name, limited.value.retry_after) == ("api", 0.25)
    breaker.force_open()
    with pytest.raises(oc.CircuitOpenError):
        guard.call(print)
    assert pool.in_flight == 0
    assert guard.gates == (breaker, limiter, pool)


def test_cancelled_in_a_pipeline_gives_everything_back():
    _clock, breaker, limiter, pool, guard = parts()

    @guard
    async def work():
        await asyncio.sleep(60)

    async def main():
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        assert pool.in_flight == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (pool.in_flight, breaker.stats().calls, limiter.peek().remaining) == (0, 0, 4)


def test_a_pipeline_has_its_breakers_rules_and_hears_retry_after():
    clock, breaker, _limiter, pool, guard = parts()
    guard.enter().fail(retry_after=60)
    assert breaker.explain().retry_after == pytest.approx(60)
    assert pool.in_flight == 0
    clock.advance(61)
    with guard.permit():
        pass


def test_a_pipeline_is_of_gates():
    with pytest.raises(TypeError):
        oc.Pipeline(3)
    with pytest.raises(ValueError):
        oc.Pipeline()
    with pytest.raises(ValueError, match="one clock"):
        oc.Pipeline(oc.RateLimiter(1), oc.RateLimiter(1, clock=oc.ManualClock()))


def test_a_slot_freed_by_a_pipeline_goes_to_who_waits():
    _clock, _breaker, _limiter, pool, guard = parts()

    async def main():
        permit = guard.enter()
        task = asyncio.create_task(pool.acquire_async())
        await asyncio.sleep(0)
        permit.success()
        (await asyncio.wait_for(task, 5)).success()

    asyncio.run(main())
    assert pool.in_flight == 0
