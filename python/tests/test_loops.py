"""Waiting on asyncio and on trio alike, and without either."""

import asyncio
import random
import subprocess
import sys
import threading

import anyio
import pytest
import trio

import overcurrent as oc

pytestmark = pytest.mark.anyio


async def until(condition):
    """Lets the others run; the time is a limit for a machine that hangs, not a measure."""
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.001)


async def test_waiting_takes_its_time():
    limiter = oc.RateLimiter(200, burst=1)
    began = anyio.current_time()
    for _ in range(11):
        await limiter.acquire_async()
    assert anyio.current_time() - began >= 10 / 200 - 0.001


async def test_first_come_first_served_on_a_manual_clock():
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(1, clock=clock)
    limiter.acquire()
    order = []

    async def one(number):
        await limiter.acquire_async()
        order.append(number)

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(one, number)
            await until(lambda number=number: limiter.waiting == number + 1)
        for number in range(4):
            assert order == list(range(number))
            clock.advance(1)
            await until(lambda number=number: len(order) == number + 1)
    assert order == [0, 1, 2, 3]


@pytest.mark.parametrize("order", ["first", "last", "random"])
@pytest.mark.parametrize("gate", ["limiter", "bulkhead"])
async def test_a_thousand_cancelled_in_any_order_delay_nobody(gate, order):
    clock = oc.ManualClock()
    limiter, pool = oc.RateLimiter(1, clock=clock), oc.Bulkhead(1, clock=clock)
    limiter.acquire()
    held = pool.enter()
    what = limiter if gate == "limiter" else pool
    scopes, through = [anyio.CancelScope() for _ in range(1_001)], []

    async def one(scope):
        with scope:
            permit = await what.acquire_async()
            through.append(scope)
            if permit is not None:
                permit.success()

    async with anyio.create_task_group() as group:
        for scope in scopes:
            group.start_soon(one, scope)
        await until(lambda: what.waiting == 1_001)
        survivor = scopes.pop(random.Random(1).randrange(1_001) if order == "random" else -1)
        if order == "last":
            scopes.reverse()
        elif order == "random":
            random.Random(2).shuffle(scopes)
        for scope in scopes:
            scope.cancel()
        await until(lambda: what.waiting == 1)
        assert not through
        if gate == "limiter":
            clock.advance(1)
        else:
            held.success()
        await until(lambda: through == [survivor])
    assert what.waiting == 0
    clock.advance(1)
    assert what.try_acquire()


async def test_cancelled_with_the_permit_granted_gives_it_back():
    clock = oc.ManualClock()
    limiter, pool = oc.RateLimiter(1, clock=clock), oc.Bulkhead(1)
    limiter.acquire()
    held = pool.enter()
    for what, grant in ((limiter, lambda: clock.advance(1)), (pool, held.success)):
        async with anyio.create_task_group() as group:
            group.start_soon(what.acquire_async)
            await until(lambda what=what: what.waiting == 1)
            grant()
            group.cancel_scope.cancel()
        assert what.waiting == 0
        assert what.try_acquire()


async def test_an_exception_that_is_kept_keeps_no_place():
    """Nor does the traceback with the frames of those who waited."""
    limiter, pool, kept = oc.RateLimiter(1, per=3600), oc.Bulkhead(0), []
    limiter.acquire()

    async def one(what):
        try:
            await what.acquire_async()
        except BaseException as error:
            kept.append(error)
            raise

    async with anyio.create_task_group() as group:
        for what in (limiter, pool):
            group.start_soon(one, what)
            await until(lambda what=what: what.waiting == 1)
        group.cancel_scope.cancel()
    assert len(kept) == 2
    assert (limiter.waiting, pool.waiting) == (0, 0)


async def test_a_cancelled_call_gives_its_permits_back_and_is_no_failure():
    breaker = oc.CircuitBreaker("db", window=oc.last_calls(4), min_calls=1, clock=oc.ManualClock())
    pool = oc.Bulkhead(2)
    guard = oc.Pipeline(breaker, pool)

    @guard
    async def work():
        await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        group.start_soon(guard.call_async, anyio.sleep, 60)
        await until(lambda: pool.in_flight == 2)
        group.cancel_scope.cancel()
    assert (pool.in_flight, breaker.stats().calls) == (0, 0)


async def test_another_thread_wakes_a_task():
    pool = oc.Bulkhead(1)
    held = pool.enter()
    thread = threading.Thread(target=lambda: held.success())

    async def release():
        await until(lambda: pool.waiting == 1)
        thread.start()

    async with anyio.create_task_group() as group:
        group.start_soon(release)
        with anyio.fail_after(30):
            (await pool.acquire_async()).success()
    thread.join()
    assert pool.in_flight == 0


async def test_a_task_wakes_a_thread():
    pool = oc.Bulkhead(1)
    held = pool.enter()
    thread = threading.Thread(target=lambda: pool.acquire().success())
    thread.start()
    await until(lambda: pool.waiting == 1)
    held.success()
    await until(lambda: not thread.is_alive())
    assert pool.in_flight == 0


async def test_a_waiter_whose_loop_is_over_is_passed_over():
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(1, clock=clock)
    limiter.acquire()

    async def leave():
        with anyio.move_on_after(0.01):
            await limiter.acquire_async()

    thread = threading.Thread(target=trio.run, args=(leave,))
    thread.start()
    await until(lambda: not thread.is_alive())
    clock.advance(1)  # rings for a loop that is gone
    assert limiter.try_acquire()


async def test_retry():
    tried = []

    @oc.Retry(3, first=0.001)
    async def work():
        tried.append(anyio.current_time())
        if len(tried) < 3:
            raise OSError
        return "done"

    assert await work() == "done"
    assert len(tried) == 3


async def test_retry_waits_on_the_clock_that_it_is_given():
    clock = oc.ManualClock()
    retry = oc.Retry(2, first=3600, max=3600, jitter="none", clock=clock)
    tried = []

    async def work():
        tried.append(clock.now)
        if len(tried) < 2:
            raise OSError

    async with anyio.create_task_group() as group:
        group.start_soon(retry.call_async, work)
        await until(lambda: len(tried) == 1)
        clock.advance(3599.5)
        await anyio.sleep(0.01)
        assert len(tried) == 1
        clock.advance(0.5)
    assert tried == [0, 3600]


async def test_blocking_a_loop_is_refused():
    limiter = oc.RateLimiter(1, per=3600)
    limiter.acquire()
    with pytest.raises(RuntimeError, match="block the running event loop"):
        limiter.acquire()
    with pytest.raises(RuntimeError, match="block the running event loop"):
        oc.Retry().call(lambda: 1 / 0)
    assert limiter.waiting == 0


async def test_in_a_worker_thread_blocking_is_fine():
    limiter = oc.RateLimiter(200, burst=1)
    limiter.acquire()
    await anyio.to_thread.run_sync(limiter.acquire)


def test_a_coroutine_without_a_loop_says_so():
    limiter = oc.RateLimiter(1, per=3600)
    limiter.acquire()
    with pytest.raises(RuntimeError, match="no event loop of asyncio or trio"):
        limiter.acquire_async().send(None)
    assert limiter.waiting == 0


def test_loops_of_both_kinds_share_one_limiter():
    limiter = oc.RateLimiter(2_000, burst=1)
    done = []

    async def tasks():
        async def one():
            await limiter.acquire_async()
            done.append(1)

        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(one)

    threads = [threading.Thread(target=run, args=(tasks,)) for run in (trio.run, lambda f: asyncio.run(f()))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), limiter.waiting) == (80, 0)


def test_trio_as_a_guest_of_asyncio():
    """Both loops in one thread: each task waits in its own way."""
    limiter = oc.RateLimiter(500, burst=1)

    async def guest():
        for _ in range(5):
            await limiter.acquire_async()
        return "guest"

    async def host():
        loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        trio.lowlevel.start_guest_run(
            guest, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=done.set_result
        )
        for _ in range(5):
            await limiter.acquire_async()
        return (await done).unwrap()

    assert asyncio.run(host()) == "guest"


@pytest.mark.parametrize(("mine", "other"), [("asyncio", "trio"), ("trio", "asyncio")])
def test_only_the_loop_that_runs_is_imported(mine, other):
    run = {"asyncio": "import asyncio; asyncio.run(main())", "trio": "import trio; trio.run(main)"}[mine]
    code = f"""
import sys, overcurrent as oc
limiter, pool = oc.RateLimiter(500, burst=1), oc.Bulkhead(1)
async def main():
    await limiter.acquire_async(); await limiter.acquire_async()
    (await pool.acquire_async()).success()
    await oc.Timeout(60).call_async(oc.Retry().call_async, limiter.acquire_async)
{run}
print(*(name in sys.modules for name in ("overcurrent._{mine}", "overcurrent._{other}", "trio")))
"""
    out = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.split() == ["True", "False", str(mine == "trio")]
