"""What a guarded coroutine function returns: a coroutine in all but the type."""

import asyncio
import collections.abc
import functools
import gc
import inspect
import types
import warnings
import weakref

import pytest
import trio

import overcurrent as oc


def breaker(**settings):
    return oc.CircuitBreaker("it", window=oc.last_calls(100), min_calls=100, clock=oc.ManualClock(), **settings)


def bare():
    """A guard, its breaker, and how many slots are held."""
    gate = breaker()
    return gate, gate, lambda: 0


def pooled():
    gate, pool = breaker(), oc.Bulkhead(1)
    return oc.Pipeline(gate, pool), gate, lambda: pool.in_flight


both = pytest.mark.parametrize("parts", [bare, pooled])


@types.coroutine
def once(value="there"):
    return (yield value)


def test_it_is_a_coroutine():
    gate = breaker()

    @gate
    async def work(x):
        """Works."""
        return x

    assert inspect.iscoroutinefunction(work)
    assert not inspect.isgeneratorfunction(work)
    assert inspect.iscoroutinefunction(functools.partial(work, 1))
    assert not inspect.iscoroutinefunction(gate(lambda: 0))
    made = work(1)
    assert isinstance(made, collections.abc.Coroutine)
    assert inspect.isawaitable(made)
    assert asyncio.iscoroutine(made)
    assert (made.__name__, made.__qualname__) == ("work", work.__qualname__)
    assert inspect.getcoroutinestate(made) == inspect.CORO_CREATED
    assert gate.stats().calls == 0  # it is begun when it is awaited
    assert asyncio.run(made) == 1
    assert gate.stats().calls == 1
    with pytest.raises(RuntimeError, match="already awaited"):
        made.send(None)
    with pytest.raises(RuntimeError, match="already awaited"):
        made.throw(OSError)
    made.close()
    with pytest.raises(TypeError, match="missing"):
        work()


@pytest.mark.parametrize("value", [None, 1, (1, 2), StopIteration(3), KeyError, ()])
def test_values_go_in_and_out(value):
    gate = breaker()

    @gate
    async def work():
        return await once(value)

    made = work()
    with pytest.raises(TypeError, match="non-None"):
        made.send(1)
    assert made.send(None) is value
    assert inspect.getcoroutinestate(made) == inspect.CORO_SUSPENDED
    with pytest.raises(StopIteration) as stop:
        made.send(value)
    assert stop.value.value is value

    async def main():
        return await work()

    outer = main()
    assert outer.send(None) is value
    with pytest.raises(StopIteration) as stop:
        outer.send(value)
    assert stop.value.value is value


def test_verdicts():
    gate = breaker(failure_result=lambda result: result == "bad", failures=OSError, ignore=KeyError)

    @gate
    async def work(result, error=None):
        await asyncio.sleep(0)
        if error:
            raise error
        return result

    async def main():
        assert await work("good") == "good"
        assert await work("bad") == "bad"
        for error in (OSError(), KeyError(), ValueError()):
            with pytest.raises(type(error)) as caught:
                await work(0, error)
            assert caught.value is error

    asyncio.run(main())
    assert (gate.stats().calls, gate.stats().failed) == (4, 2)


def test_a_refusal_comes_at_the_await_and_warns_of_nothing():
    gate = breaker()
    began = []

    @gate
    async def work():
        began.append(1)

    gate.force_open()
    made = work()

    async def main():
        with pytest.raises(oc.CircuitOpenError):
            await made
        assert all(
            isinstance(it, oc.CircuitOpenError) for it in await asyncio.gather(work(), work(), return_exceptions=True)
        )

    asyncio.run(main())
    assert began == []


@both
def test_throw_and_close(parts):
    guard, gate, held = parts()
    seen = []

    @guard
    async def work(go_on=False):
        try:
            await once()
        except BaseException as error:
            seen.append(type(error))
            if go_on:
                return await once("again")
            raise

    made = work()
    made.send(None)
    assert held() == (guard is not gate)
    with pytest.raises(OSError, match="in"):
        made.throw(OSError("in"))
    made = work(go_on=True)
    made.send(None)
    assert made.throw(OSError("in")) == "again"
    with pytest.raises(StopIteration, match="end"):
        made.send("end")
    assert (gate.stats().calls, gate.stats().failed, held()) == (2, 1, 0)
    made = work()
    made.send(None)
    made.close()
    made.close()
    assert (gate.stats().calls, held(), seen[-1]) == (2, 0, GeneratorExit)
    made = work(go_on=True)
    made.send(None)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        made.close()
    assert held() == 0
    with pytest.raises(StopIteration):
        made.send("end")
    # Before it began: nothing was taken, nothing is given back.
    made = work()
    with pytest.raises(OSError):
        made.throw(OSError)
    made = work()
    made.close()
    with pytest.raises(RuntimeError, match="already awaited"):
        made.send(None)
    assert (gate.stats().calls, held()) == (2, 0)


@both
def test_dropped_half_way_gives_the_permit_back(parts):
    guard, gate, held = parts()
    ended = []

    @guard
    async def work():
        try:
            await once()
        finally:
            ended.append(1)

    made = work()
    made.send(None)
    del made
    gc.collect()
    assert (ended, held(), gate.stats().calls) == ([1], 0, 0)
    # In a cycle of its own.
    made = work()
    made.send(None)
    cycle = [made]
    cycle.append(cycle)
    del made, cycle
    gc.collect()
    assert (ended, held(), gate.stats().calls) == ([1, 1], 0, 0)


def test_dropped_without_an_await_says_so():
    gate = breaker()

    @gate
    async def forgotten():
        pass

    with pytest.warns(RuntimeWarning, match="forgotten.* was never awaited"):
        forgotten()
        gc.collect()
    assert gate.stats().calls == 0


def test_it_does_not_run_in_itself():
    gate = breaker()

    @gate
    async def work():
        box[0].send(None)

    box = [work()]
    with pytest.raises(ValueError, match="already executing"):
        box[0].send(None)
    box.clear()

    @gate
    async def closes():
        box[0].close()

    box = [closes()]
    with pytest.raises(ValueError, match="already executing"):
        box[0].send(None)


def test_awaitables_that_are_no_coroutines():
    gate = breaker()

    class Call:
        async def __call__(self, x):
            await asyncio.sleep(0)
            return x

        async def method(self):
            return self

    it = Call()
    assert asyncio.run(gate(it)(3)) == 3
    assert asyncio.run(gate(it.method)()) is it
    assert asyncio.run(gate(gate(it.method))()) is it
    assert inspect.iscoroutinefunction(gate(gate(it.method)))

    calls = []

    def lazy():  # a function that is only marked: what it does at once is guarded, too
        calls.append(1)
        return asyncio.sleep(0, "slept")

    lazy._is_coroutine = asyncio.coroutines._is_coroutine if hasattr(asyncio.coroutines, "_is_coroutine") else None
    if hasattr(inspect, "markcoroutinefunction"):
        inspect.markcoroutinefunction(lazy)
    guarded = gate(lazy)
    assert inspect.iscoroutinefunction(guarded)
    assert asyncio.run(guarded()) == "slept"
    gate.force_open()
    with pytest.raises(oc.CircuitOpenError):
        asyncio.run(guarded())
    assert calls == [1]


def test_tasks_show_where_they_are():
    gate = breaker()

    @gate
    async def sleeper():
        await asyncio.sleep(60)

    async def main():
        task = asyncio.create_task(sleeper(), name="it")
        await asyncio.sleep(0)
        assert "sleeper" in repr(task)
        assert [frame.f_code.co_name for frame in task.get_stack()] == ["sleeper"]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main(), debug=True)
    assert gate.stats().calls == 0


def test_permits_are_taken_at_the_await():
    clock = oc.ManualClock()
    for limiter in (oc.RateLimiter(1, burst=2, clock=clock), oc.CycleLimiter(2, clock=clock)):
        unused = limiter.acquire_async(2)
        assert isinstance(unused, collections.abc.Coroutine)
        unused.close()
        del unused

        async def main(limiter=limiter):
            await limiter.acquire_async(2)
            with pytest.raises(oc.RateLimitedError):
                await limiter.acquire_async(timeout=0)
            task = asyncio.create_task(limiter.acquire_async())
            await asyncio.sleep(0)
            assert limiter.waiting == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert limiter.waiting == 0
            task = asyncio.create_task(limiter.acquire_async(n=1, timeout=60))
            await asyncio.sleep(0)
            clock.advance(5)
            assert await task is None

        asyncio.run(main())
    with pytest.raises(TypeError):
        limiter.acquire_async("many")
    with pytest.raises(ValueError):
        limiter.acquire_async(timeout=-1)


def test_waiting_tasks_that_nobody_finishes_are_collected():
    loop = asyncio.new_event_loop()
    limiter = oc.RateLimiter(1, clock=oc.ManualClock())
    limiter.try_acquire()
    task = loop.create_task(limiter.acquire_async())
    loop.run_until_complete(asyncio.sleep(0))
    assert limiter.waiting == 1
    loop.close()
    gone = weakref.ref(limiter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        task._log_destroy_pending = False
        del task, limiter, loop
        gc.collect()
        gc.collect()
    assert gone() is None


def test_trio_runs_it():
    gate = breaker()

    @gate
    async def work():
        await trio.lowlevel.checkpoint()
        return 5

    async def main():
        with trio.move_on_after(0.01):
            await gate(trio.sleep)(60)
        return await work()

    assert trio.run(main) == 5
    assert gate.stats().calls == 1
