"""Many threads at one object, with totals that must come out exactly. Most telling on a free-threaded interpreter."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import overcurrent as oc

THREADS = 8


def hammer(work, threads=THREADS):
    """Runs `work(number)` in each thread, all let go together; what they returned."""
    start = threading.Barrier(threads)

    def run(number):
        start.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_a_limiter_gives_exactly_its_burst():
    for limiter in (
        oc.RateLimiter(1, per=3600, burst=10_000, clock=oc.ManualClock()),
        oc.CycleLimiter(10_000, period=3600, clock=oc.ManualClock()),
    ):
        taken = hammer(lambda _, limiter=limiter: sum(limiter.try_acquire() for _ in range(2_500)))
        assert sum(taken) == 10_000


def test_a_limiter_gives_exactly_its_burst_to_awaiting_tasks():
    limiter = oc.RateLimiter(1, per=3600, burst=4_000, clock=oc.ManualClock())

    async def take():
        taken = 0
        for _ in range(1_000):
            try:
                await limiter.acquire_async(timeout=0)
            except oc.RateLimitedError:
                continue
            taken += 1
        return taken

    assert sum(hammer(lambda _: asyncio.run(take()))) == 4_000


@pytest.mark.parametrize("window", [oc.last_calls(30_000), oc.last_seconds(60)])
def test_a_breaker_counts_every_call(window):
    gate = oc.CircuitBreaker("it", window=window, min_calls=30_000, clock=oc.ManualClock())

    @gate
    def call(n):
        if n % 5 == 0:
            raise OSError
        return n

    @gate
    async def acall(n):
        if n % 5 == 0:
            raise OSError

    def work(number):
        for n in range(1_000):
            try:
                call(n)
            except OSError:
                pass

        async def main():
            for n in range(1_000):
                try:
                    await acall(n)
                except OSError:
                    pass

        asyncio.run(main())

    hammer(work)
    assert (gate.stats().calls, gate.stats().failed) == (THREADS * 2_000, THREADS * 400)


def test_a_bulkhead_holds_no_more_than_it_has():
    pool = oc.Bulkhead(3)
    inside, most, lock = 0, 0, threading.Lock()

    @pool
    def call():
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1

    def work(number):
        refused = 0
        for _ in range(1_000):
            try:
                call()
            except oc.BulkheadFullError:
                refused += 1
        return refused

    hammer(work)
    assert most <= 3
    assert (pool.in_flight, inside) == (0, 0)


def test_a_pipeline_takes_all_or_nothing():
    clock = oc.ManualClock()
    gate = oc.CircuitBreaker("it", window=oc.last_calls(30_000), min_calls=30_000, clock=clock)
    limiter, pool = oc.RateLimiter(1, per=3600, burst=5_000, clock=clock), oc.Bulkhead(2)
    guard = oc.Pipeline(gate, pool, limiter)
    call = guard(lambda: None)

    def work(number):
        admitted = 0
        for _ in range(2_000):
            try:
                call()
            except oc.OvercurrentError:
                continue
            admitted += 1
        return admitted

    admitted = sum(hammer(work))
    assert gate.stats().calls == admitted
    assert pool.in_flight == 0
    # A limiter may forfeit what it cannot take back; it never gives more.
    assert admitted <= 5_000
    assert limiter.peek().remaining <= 5_000 - admitted


def test_everything_at_once():
    """Settings, listeners, snapshots and looks while others call: nothing is lost, nothing hangs."""
    clock = oc.ManualClock()
    gate = oc.CircuitBreaker("it", window=oc.last_calls(1_000), min_calls=1_000, clock=clock)
    pool = oc.Bulkhead(100)
    guard = oc.Pipeline(gate, pool)
    call = guard(lambda: None)
    heard = []

    def work(number):
        for n in range(300):
            if number == 0:
                handle = gate.on_event(heard.append)
                gate.snapshot()
                handle.close()
            elif number == 1:
                try:
                    gate.reconfigure(failure_rate=0.5 + n % 2 / 10)
                except RuntimeError:
                    pass  # another thread is at it
            elif number == 2:
                clock.advance(0.001)
                str(gate.explain()), gate.stats(), gate.state, repr(pool)
            elif number == 3:
                gate.open_for(0.001)
            else:
                try:
                    with guard.permit() if n % 2 else guard.enter():
                        call()
                except oc.CircuitOpenError:
                    pass

    hammer(work)
    assert pool.in_flight == 0
    clock.advance(60)
    gate.reset()
    call()


def test_a_coroutine_is_run_by_one_thread_at_a_time():
    gate = oc.CircuitBreaker("it", window=oc.last_calls(1_000), min_calls=1_000, clock=oc.ManualClock())

    @gate
    async def work():
        return 1

    for _ in range(200):
        made = work()

        def step(number, made=made):
            try:
                made.send(None)
            except StopIteration as stop:
                return stop.value
            except (ValueError, RuntimeError):
                return 0

        assert sum(hammer(step, 4)) == 1
    assert gate.stats().calls == 200


def test_a_manual_clock_moves_by_the_sum():
    clock = oc.ManualClock()
    hammer(lambda _: [clock.advance(1) for _ in range(1_000)])
    assert clock.now == THREADS * 1_000
