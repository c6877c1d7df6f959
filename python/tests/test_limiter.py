"""The limiters against a model in fractions, and waiting in threads and tasks."""

import asyncio
import inspect
import pickle
import random
import threading
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import overcurrent as oc


class Limiter(RuleBasedStateMachine):
    """A bucket that leaks, in exact fractions of a nanosecond."""

    # Rates whose permit takes a whole number of nanoseconds: others are kept to parts in a billion.
    @initialize(
        rate=st.sampled_from([1, 2, 4, 5, 8, 10, 20, 50]),
        per=st.sampled_from([1, 10, 60]),
        burst=st.integers(1, 60),
    )
    def build(self, rate, per, burst):
        self.clock = oc.ManualClock(1)
        self.limiter = oc.RateLimiter(rate, per=per, burst=burst, clock=self.clock)
        self.now = Fraction(10**9)
        self.unit = Fraction(per * 10**9, rate)
        self.burst = burst
        self.full_at = self.now  # when the bucket is full again
        self.newest = None

    @rule(n=st.integers(0, 70))
    def try_acquire(self, n):
        due = max(self.full_at, self.now) + n * self.unit
        fits = n <= self.burst and due - self.burst * self.unit <= self.now
        assert self.limiter.try_acquire(n) is fits
        if fits:  # also with none: the word moves up to now
            self.full_at, self.newest = due, None

    @rule(n=st.integers(1, 5), wait=st.integers(0, 30))
    def reserve(self, n, wait):
        due = max(self.full_at, self.now) + n * self.unit
        ready = due - self.burst * self.unit - self.now
        if n <= self.burst and ready <= wait * 10**9:
            promise = self.limiter.reserve(n, max_wait=wait)
            assert abs(promise.wait * 10**9 - max(ready, 0)) <= 2
            self.newest = (promise, self.full_at)
            self.full_at = due
        else:
            with pytest.raises(oc.RateLimitedError) as refused:
                self.limiter.reserve(n, max_wait=wait)
            if n > self.burst:
                assert refused.value.retry_after is None
            else:
                assert abs(refused.value.retry_after * 10**9 - (ready - wait * 10**9)) <= 2

    @rule()
    def cancel(self):
        if self.newest:
            promise, before = self.newest
            assert promise.cancel()
            assert not promise.cancel()
            self.full_at, self.newest = before, None

    @rule(step=st.integers(0, 5_000))
    def time_passes(self, step):
        self.now += step * 10**6
        self.clock.advance(step / 1000)

    @rule()
    def drain(self):
        self.limiter.drain()
        self.full_at = max(self.full_at, self.now + self.burst * self.unit)
        self.newest = None

    @rule()
    def restart(self):
        other = oc.RateLimiter(self.limiter.rate, per=self.limiter.per, burst=self.limiter.burst, clock=self.clock)
        other.restore(self.limiter.snapshot())
        assert abs(other.peek().reset_after - self.limiter.peek().reset_after) < 1e-6

    @invariant()
    def it_says_what_is_there(self):
        if hasattr(self, "limiter"):
            debt = max(self.full_at - self.now, 0)
            peek = self.limiter.peek()
            assert peek.remaining == max(int(self.burst - debt / self.unit), 0)
            assert abs(peek.reset_after * 10**9 - debt) <= 2


TestLimiter = Limiter.TestCase
TestLimiter.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(st.integers(1, 1_000), st.integers(1, 100), st.integers(1, 100))
@settings(max_examples=100, deadline=None)
def test_never_more_than_burst_and_rate(rate, burst, steps):
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(rate, burst=burst, clock=clock)
    taken = 0
    for step in range(steps + 1):
        clock.set(step / 100)
        taken += limiter.acquire_up_to(1_000)
        assert taken <= burst + rate * step / 100


@pytest.mark.parametrize("kind", [oc.RateLimiter, oc.CycleLimiter])
def test_what_try_acquire_is_called_with(kind):
    """Calls with nothing or one number are answered by themselves, all others by PyO3's method."""
    limiter = kind(9, clock=oc.ManualClock(1))
    for args, kwargs in [((), {}), ((2,), {}), ((), {"n": 3}), ((True,), {})]:
        assert limiter.try_acquire(*args, **kwargs)
    assert not limiter.try_acquire(3)
    assert not limiter.try_acquire(n=3)
    assert limiter.try_acquire(2)
    assert str(inspect.signature(limiter.try_acquire)) == "(n=1)"
    assert limiter.try_acquire.__doc__.startswith("Takes `n` permits")
    for args, kwargs, error, said in [
        (("x",), {}, TypeError, "'str' object cannot be interpreted as an integer"),
        ((), {"n": None}, TypeError, "'NoneType' object cannot be interpreted as an integer"),
        ((-1,), {}, OverflowError, "out of range"),
        ((1, 2), {}, TypeError, "takes from 0 to 1 positional arguments but 2 were given"),
        ((1,), {"n": 1}, TypeError, "multiple values for argument 'n'"),
        ((), {"m": 1}, TypeError, "unexpected keyword argument 'm'"),
        ((), {"n": 1, "m": 1}, TypeError, "unexpected keyword argument 'm'"),
    ]:
        with pytest.raises(error, match=said):
            limiter.try_acquire(*args, **kwargs)
    with pytest.raises(TypeError, match="descriptor 'try_acquire'"):
        kind.try_acquire(object())


def test_settings_are_checked():
    for bad in ({"rate": 0}, {"rate": 1, "per": 0}, {"rate": 1, "burst": 0}, {"rate": 1, "burst": 2, "initial": 3}):
        with pytest.raises(ValueError):
            oc.RateLimiter(**bad)
    for bad in (-1, 1 << 70):
        with pytest.raises(ValueError, match=f"rate is {bad}, which is out of range"):
            oc.RateLimiter(bad)


def test_the_rest_of_it():
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(10, per=1, burst=5, initial=2, name="api", clock=clock)
    assert (limiter.acquire_up_to(9), limiter.rate, limiter.per, limiter.burst) == (2, 10, 1.0, 5)
    with pytest.raises(oc.RateLimitedError) as caught:
        limiter.acquire(timeout=0)
    assert caught.value.retry_after == pytest.approx(0.1)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.name, again.reason, again.retry_after, str(again)) == (
        oc.RateLimitedError,
        "api",
        "rate-limited",
        caught.value.retry_after,
        str(caught.value),
    )
    assert isinstance(again, oc.OvercurrentError)
    limiter.penalize_for(30)
    clock.advance(29)
    assert not limiter.try_acquire()
    clock.advance(5)
    limiter.reconfigure(100, burst=50)
    assert limiter.peek().remaining <= 50
    limiter.reset()
    assert limiter.try_acquire(50)
    with pytest.raises(oc.RateLimitedError, match="more permits than there can ever be"):
        limiter.reserve(51)


def test_cycles():
    clock = oc.ManualClock(10)
    limiter = oc.CycleLimiter(2, period=1, clock=clock)
    assert [limiter.try_acquire() for _ in range(3)] == [True, True, False]
    assert limiter.wait_for(1) == pytest.approx(1)
    promise = limiter.reserve(max_wait=2)
    assert promise.wait == pytest.approx(1)
    assert limiter.balance == -1
    assert promise.cancel()
    clock.advance(1)
    assert limiter.available == 2
    other = oc.CycleLimiter(2, period=1, clock=clock)
    limiter.drain()
    other.restore(limiter.snapshot())
    assert not other.try_acquire()
    limiter.set_limit(5)
    assert limiter.limit == 5


def test_waiting_takes_as_long_as_the_rate_says():
    limiter = oc.RateLimiter(200, burst=1)
    began = time.monotonic()
    for _ in range(21):
        limiter.acquire()
    assert 0.1 <= time.monotonic() - began < 2


def test_a_refused_caller_is_told_at_once():
    limiter = oc.RateLimiter(1, per=3600)
    limiter.acquire()
    began = time.monotonic()
    with pytest.raises(oc.RateLimitedError) as caught:
        limiter.acquire(timeout=1)
    assert caught.value.retry_after == pytest.approx(3599, abs=1)
    with pytest.raises(oc.RateLimitedError):
        asyncio.run(limiter.acquire_async(timeout=1))
    assert time.monotonic() - began < 5


def test_waiting_in_a_loop_must_not_block_it():
    limiter = oc.RateLimiter(1, per=3600)
    limiter.acquire()

    async def main():
        with pytest.raises(RuntimeError, match="acquire_async"):
            limiter.acquire()
        assert limiter.waiting == 0

    asyncio.run(main())


def test_threads_on_a_manual_clock_in_order():
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(1, clock=clock)
    limiter.acquire()
    order = []

    def wait(i):
        limiter.acquire()
        order.append(i)

    threads = []
    for i in range(4):
        threads.append(threading.Thread(target=wait, args=(i,), daemon=True))
        threads[-1].start()
        until = time.monotonic() + 5
        while limiter.waiting != i + 1 and time.monotonic() < until:
            time.sleep(0.001)
    for i in range(4):
        assert order == list(range(i))
        assert not limiter.try_acquire()  # out of turn
        clock.advance(1)
        threads[i].join(5)
    assert order == [0, 1, 2, 3]


def test_tasks_in_two_loops_and_threads_share_one_limiter():
    limiter = oc.RateLimiter(2_000, burst=1)
    done = []

    async def tasks():
        async def one():
            await limiter.acquire_async()
            done.append(1)

        await asyncio.gather(*(one() for _ in range(60)))

    def blocking():
        for _ in range(60):
            limiter.acquire()
            done.append(1)

    began = time.monotonic()
    threads = [threading.Thread(target=asyncio.run, args=(tasks(),)) for _ in range(2)]
    threads += [threading.Thread(target=blocking)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 180
    assert time.monotonic() - began >= 179 / 2_000
    assert limiter.waiting == 0


@pytest.mark.parametrize("order", ["first", "last", "random"])
def test_cancelling_1000_waiters_delays_nobody(order):
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(1, clock=clock)
    limiter.acquire()

    async def main():
        tasks = [asyncio.create_task(limiter.acquire_async()) for _ in range(1_001)]
        await asyncio.sleep(0)
        assert limiter.waiting == 1_001
        survivor = tasks.pop(random.Random(1).randrange(1_001) if order == "random" else -1)
        if order == "last":
            tasks.reverse()
        elif order == "random":
            random.Random(2).shuffle(tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limiter.waiting == 1
        assert not survivor.done()
        clock.advance(1)
        await asyncio.wait_for(survivor, 5)

    asyncio.run(main())
    assert limiter.waiting == 0
    clock.advance(1)
    assert limiter.try_acquire()


def test_cancelled_with_the_permit_granted_gives_it_back():
    clock = oc.ManualClock()
    limiter = oc.RateLimiter(1, clock=clock)
    limiter.acquire()

    async def main():
        task = asyncio.create_task(limiter.acquire_async())
        await asyncio.sleep(0)
        clock.advance(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert limiter.try_acquire()


def test_async_with_waits():
    limiter = oc.RateLimiter(100, burst=1)

    async def main():
        async with limiter, limiter:
            pass

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began >= 0.01
