"""Nothing is kept longer than somebody needs it."""

import asyncio
import gc
import threading
import tracemalloc
import weakref

import anyio
import pytest

import overcurrent as oc

pytestmark = pytest.mark.thread_unsafe(reason="counts what the whole process has")


class Thing:
    """What is referred to by whatever should go."""


def test_what_refers_to_itself_is_collected():
    def breaker(thing):
        gate = oc.CircuitBreaker("x", ignore=lambda error: (thing, gate), failure_result=lambda answer: (thing, gate))
        gate.on_event(lambda event: (thing, gate))
        thing.gate = gate

    def pipeline(thing):
        guard = oc.Pipeline(oc.CircuitBreaker("x", ignore=lambda error: (thing, guard)), oc.Bulkhead(1))
        thing.guard = guard

    def decorated(thing):
        for guard in (oc.CircuitBreaker("x"), oc.Retry(), oc.Fallback(len), oc.Timeout(1)):

            async def function():
                return thing

            thing.functions = [*getattr(thing, "functions", []), guard(function)]

    def retry(thing):
        thing.retry = oc.Retry(on=lambda error: thing, on_retry=lambda *args: thing, sleep=lambda wait: thing)

    def registry(thing):
        names = oc.Registry()
        names.breaker("x", ignore=lambda error: (thing, names))
        thing.names = names

    def permit(thing):
        gate = oc.CircuitBreaker("x", ignore=lambda error: thing)
        thing.permit = gate.enter()

    def listener(thing):
        gate = oc.CircuitBreaker("x")
        thing.handle = gate.on_event(lambda event: thing)

    for make in (breaker, pipeline, decorated, retry, registry, permit, listener):
        thing = Thing()
        seen = weakref.ref(thing)
        make(thing)
        del thing
        gc.collect()
        assert seen() is None, make.__name__


def test_a_closed_handle_forgets_its_listener_at_once():
    gate, thing = oc.CircuitBreaker("x"), Thing()
    seen = weakref.ref(thing)
    handle = gate.on_event(lambda event, thing=thing: None)
    del thing
    assert seen() is not None
    handle.close()
    assert seen() is None


def rounds():
    clock = oc.ManualClock()
    breaker = oc.CircuitBreaker("db", window=oc.last_calls(10), clock=clock)
    limiter, pool = oc.RateLimiter(10, burst=5, clock=clock), oc.Bulkhead(2)
    guard = oc.Pipeline(breaker, limiter, pool)
    shut = oc.CircuitBreaker("shut")
    shut.force_open()
    retry = oc.Retry(3, on=ValueError, sleep=lambda wait: None)
    journal = oc.Journal(8)
    breaker.on_event(journal)

    def call():
        guard.call(int)

    def fail():
        with pytest.raises(ValueError):
            retry.call(breaker.call, int, "no")
        breaker.reset()

    def refused():
        with pytest.raises(oc.CircuitOpenError):
            shut.enter()

    def permits():
        with breaker.permit():
            pass
        breaker.enter().ignore()
        pool.enter()

    def promises():
        limiter.reserve(1).cancel()
        breaker.snapshot(), breaker.stats(), breaker.explain(), limiter.peek()
        breaker.on_event(len).close()

    def all_of_it():
        for step in (call, fail, refused, permits, promises):
            step()
        clock.advance(1)

    return all_of_it


def test_calls_leave_nothing_behind():
    step = rounds()
    for _ in range(300):
        step()
    # The smallest object, left behind each time, is 16,000; free-threaded Pythons keep a little for themselves.
    assert grown(step, 1_000) < 4_000


def grown(step, times):
    """Bytes that `times` steps leave behind."""
    gc.collect()
    tracemalloc.start()
    try:
        step()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(times):
            step()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.anyio
async def test_waiters_leave_nothing_behind():
    """Granted, cancelled, refused and timed out."""
    clock = oc.ManualClock()
    limiter, pool = oc.RateLimiter(1, clock=clock), oc.Bulkhead(1)

    async def one_round():
        held = pool.enter()
        async with anyio.create_task_group() as group:
            for what in (limiter, pool):
                group.start_soon(what.acquire_async)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        async with anyio.create_task_group() as group:
            group.start_soon(pool.acquire_async)
            await anyio.wait_all_tasks_blocked()
            held.success()
        with anyio.move_on_after(0):
            await oc.Timeout(60).call_async(anyio.sleep_forever)
        clock.advance(1)

    for _ in range(20):
        await one_round()
    gc.collect()
    tracemalloc.start()
    try:
        await one_round()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            await one_round()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 20_000  # the loops keep a little themselves
    finally:
        tracemalloc.stop()
    assert (limiter.waiting, pool.waiting, pool.in_flight) == (0, 0, 0)


def test_a_dead_loop_s_waiters_are_collected():
    pool, seen = oc.Bulkhead(0), []

    async def waits(thing):
        await pool.acquire_async()
        return thing

    loop = asyncio.new_event_loop()
    thing = Thing()
    seen.append(weakref.ref(thing))
    task = loop.create_task(waits(thing))
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert pool.waiting == 1
    task._log_destroy_pending = False
    loop.close()
    del loop, task, thing
    gc.collect()
    assert seen[0]() is None
    assert pool.waiting == 0


def test_threads_that_end_leave_nothing_behind():
    pool = oc.Bulkhead(4)

    def step():
        thread = threading.Thread(target=lambda: pool.acquire().success())
        thread.start()
        thread.join()

    for _ in range(50):
        step()
    assert grown(step, 200) < 5_000
