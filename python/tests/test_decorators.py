"""Decorated functions of every kind: what they keep, what counts."""

import asyncio
import functools
import inspect

import pytest

import overcurrent as oc


def breaker(clock):
    return oc.CircuitBreaker("it", window=oc.last_calls(100), min_calls=100, clock=clock)


def alone():
    """A guard and its breaker."""
    gate = breaker(oc.ManualClock())
    return gate, gate


def in_a_pipeline():
    clock = oc.ManualClock()
    gate = breaker(clock)
    return oc.Pipeline(gate, oc.RateLimiter(10_000, clock=clock), oc.Bulkhead(3)), gate


both = pytest.mark.parametrize("parts", [alone, in_a_pipeline])


@both
def test_functions(parts):
    guard, gate = parts()

    @guard
    def add(a: int, *, b: int = 2) -> int:
        """Adds."""
        if b == 0:
            raise OSError
        return a + b

    assert (add(1), add(1, b=4)) == (3, 5)
    with pytest.raises(OSError):
        add(1, b=0)
    assert (add.__name__, add.__doc__, add.__module__) == ("add", "Adds.", __name__)
    assert str(inspect.signature(add)) == "(a: int, *, b: int = 2) -> int"
    assert not inspect.iscoroutinefunction(add)
    assert (gate.stats().calls, gate.stats().failed) == (3, 1)


@both
def test_methods(parts):
    guard, gate = parts()

    class It:
        @guard
        def one(self):
            return self

        @staticmethod
        @guard
        def two():
            return 2

        @classmethod
        @guard
        def three(cls):
            return cls

        @guard
        async def four(self):
            return self

    it = It()
    assert it.one() is it
    assert (It.two(), it.three()) == (2, It)
    assert asyncio.run(it.four()) is it
    assert guard(it.one)() is it
    assert gate.stats().calls >= 5


@both
def test_coroutines(parts):
    guard, gate = parts()

    @guard
    async def work(wait=0.0, error=None):
        """Works."""
        await asyncio.sleep(wait)
        if error:
            raise error
        return wait

    assert inspect.iscoroutinefunction(work)
    assert work.__doc__ == "Works."
    assert inspect.iscoroutinefunction(guard(functools.partial(work, 0.0)))

    async def main():
        assert await work() == 0.0
        with pytest.raises(OSError):
            await work(error=OSError())
        task = asyncio.create_task(work(60))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await work(60)
        assert await guard.call_async(work, wait=0.0) == 0.0

    asyncio.run(main())
    assert gate.stats().failed == 1


@both
def test_generators(parts):
    guard, gate = parts()

    @guard
    def count(n):
        got = yield 0
        for i in range(1, n):
            got = yield (i, got)
        if n == 9:
            raise OSError
        return "end"

    assert inspect.isgeneratorfunction(count)
    numbers = count(3)
    assert gate.stats().calls == 0
    assert [next(numbers), numbers.send("x"), numbers.send("y")] == [0, (1, "x"), (2, "y")]
    with pytest.raises(StopIteration, match="end"):
        next(numbers)
    assert gate.stats().calls == 1
    with pytest.raises(OSError):
        list(count(9))
    half = count(5)
    next(half)
    half.close()
    assert (gate.stats().calls, gate.stats().failed) == (2, 1)


@both
def test_async_generators(parts):
    guard, gate = parts()
    closed = []

    @guard
    async def count(n):
        try:
            got = yield 0
            for i in range(1, n):
                got = yield (i, got)
            if n == 9:
                raise OSError
        finally:
            closed.append(n)

    assert inspect.isasyncgenfunction(count)

    async def main():
        numbers = count(2)
        assert await anext(numbers) == 0
        assert await numbers.asend("x") == (1, "x")
        assert [item async for item in numbers] == []
        with pytest.raises(OSError):
            [item async for item in count(9)]
        half = count(5)
        await anext(half)
        await half.aclose()
        thrown = count(6)
        await anext(thrown)
        with pytest.raises(KeyError):
            await thrown.athrow(KeyError("in"))

    asyncio.run(main())
    assert closed == [2, 9, 5, 6]
    assert (gate.stats().calls, gate.stats().failed) == (3, 2)


@both
def test_fallbacks_run_on_refusal_only(parts):
    guard, gate = parts()

    @guard.with_fallback(lambda key, *, error: (key, type(error).__name__))
    def load(key):
        if key == "bad":
            raise OSError
        return key

    async def other(key, *, error):
        return key

    @guard.with_fallback(other, on=OSError)
    async def aload(key):
        raise OSError

    assert load("a") == "a"
    with pytest.raises(OSError):
        load("bad")
    assert asyncio.run(aload("k")) == "k"
    gate.force_open()
    assert load("b") == ("b", "CircuitOpenError")
    assert asyncio.run(aload("k")) == "k"


@both
def test_async_with(parts):
    guard, gate = parts()

    async def main():
        async with guard.permit() as permit:
            assert isinstance(permit, oc.Permit)
        with pytest.raises(OSError):
            async with guard.permit():
                raise OSError

    asyncio.run(main())
    assert (gate.stats().calls, gate.stats().failed) == (2, 1)
