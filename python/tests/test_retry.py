"""Trying again: how often, how long between, and when not."""

import asyncio
import threading
import time

import pytest

import overcurrent as oc


class Flaky:
    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_it_waits_longer_each_time_and_ends():
    waits = []
    retry = oc.Retry(4, first=0.1, multiplier=2, max=0.3, jitter="none", sleep=waits.append)
    assert retry.call(Flaky(OSError(), KeyError(), OSError())) == "done"
    assert waits == pytest.approx([0.1, 0.2, 0.3])
    flaky = Flaky(*(OSError(i) for i in range(9)))
    with pytest.raises(OSError, match="3"):
        retry(flaky)()
    assert flaky.calls == 4


def test_jitter_stays_within_the_step():
    waits = []
    retry = oc.Retry(200, first=0.1, multiplier=1, sleep=waits.append)
    retry.call(Flaky(*(OSError() for _ in range(199))))
    assert all(0 <= wait <= 0.1 for wait in waits)
    assert len(set(waits)) > 100


def test_what_is_tried_again():
    refused = oc.CircuitOpenError("db", "breaker-open", 3.0)
    waits = []
    with pytest.raises(oc.CircuitOpenError):
        oc.Retry(sleep=waits.append).call(Flaky(refused))
    assert oc.Retry(on=oc.CircuitOpenError, sleep=waits.append).call(Flaky(refused)) == "done"
    assert waits == [3.0]
    for on in (OSError, (OSError, TimeoutError), lambda error: isinstance(error, OSError)):
        flaky = Flaky(KeyError())
        with pytest.raises(KeyError):
            oc.Retry(on=on, sleep=waits.append).call(flaky)
        assert flaky.calls == 1
    with pytest.raises(KeyboardInterrupt):
        oc.Retry(sleep=waits.append).call(Flaky(KeyboardInterrupt()))
    assert len(waits) == 1


def test_a_budget_stops_storms():
    clock = oc.ManualClock(1)
    budget = oc.RetryBudget(ratio=0.1, min_per_second=1, clock=clock)
    retry = oc.Retry(2, budget=budget, sleep=lambda wait: None)
    calls = 0
    for _ in range(1_000):
        flaky = Flaky(OSError(), OSError())
        with pytest.raises(OSError) as caught:
            retry.call(flaky)
        calls += flaky.calls
    assert 1_000 < calls <= 1_210
    assert caught.value.__notes__ == ["not tried again: the retry budget is spent"]


def test_async():
    waits = []

    async def sleep(wait):
        waits.append(wait)

    flaky = Flaky(OSError(), OSError())

    @oc.Retry(3, sleep_async=sleep)
    async def work():
        return flaky()

    assert asyncio.run(work()) == "done"
    assert len(waits) == 2

    async def main():
        with pytest.raises(RuntimeError, match="block the running event loop"):
            oc.Retry().call(Flaky(OSError()))
        return await oc.Retry(first=0.001).call_async(work)

    assert asyncio.run(main()) == "done"


def test_settings_are_checked():
    for bad in ({"attempts": 0}, {"multiplier": 0.5}, {"jitter": "some"}, {"first": -1}):
        with pytest.raises(ValueError):
            oc.Retry(**bad)
    for bad in ({"on": 3}, {"on": int}, {"on": (OSError, 3)}, {"failure_result": 3}, {"on_retry": 3}):
        with pytest.raises(TypeError, match=f"^{next(iter(bad))} must be"):
            oc.Retry(**bad)


def test_it_gives_up_rather_than_wait_too_long():
    waits = []
    for retry, error, calls in (
        (oc.Retry(9, first=1, multiplier=2, jitter="none", max_wait=3, sleep=waits.append), OSError(), 3),
        (oc.Retry(9, max_wait=3, sleep=waits.append, on=oc.RateLimitedError), oc.RateLimitedError("x", "y", 4.0), 1),
    ):
        flaky = Flaky(*[error] * 9)
        with pytest.raises(type(error)) as caught:
            retry.call(flaky)
        assert flaky.calls == calls
        assert caught.value.__notes__ == ["not tried again: the next wait would be 4.000 s"]
    assert waits == [1, 2]


def test_it_ends_in_time():
    clock = oc.ManualClock()
    retry = oc.Retry(9, first=1, multiplier=1, jitter="none", timeout=4.5, clock=clock, sleep=clock.advance)
    flaky = Flaky(*[OSError()] * 9)
    with pytest.raises(OSError) as caught:
        retry.call(flaky)
    assert (clock.now, flaky.calls) == (4, 5)
    assert caught.value.__notes__ == ["not tried again: the time of 4.5 s would be over"]
    # The calls themselves take time, too.
    slow = oc.Retry(9, first=1, multiplier=1, jitter="none", timeout=4.5, clock=clock, sleep=clock.advance)
    calls = []
    with pytest.raises(OSError):
        slow.call(lambda: calls.append(clock.advance(2)) or raises(OSError()))
    assert len(calls) == 2


def raises(error):
    raise error


def test_a_result_can_be_a_failure():
    answers = iter([503, 503, 200])
    retry = oc.Retry(4, failure_result=lambda status: status >= 500, sleep=lambda wait: None)
    assert retry.call(lambda: next(answers)) == 200
    assert retry.call(lambda: 503) == 503  # the last one, when there is no attempt left

    async def work():
        return 503

    async def sleep(wait):
        waits.append(wait)

    waits = []
    again = oc.Retry(3, failure_result=lambda status: status >= 500, sleep_async=sleep)
    assert asyncio.run(again.call_async(work)) == 503
    assert len(waits) == 2


def test_retries_are_told():
    told = []
    retry = oc.Retry(3, jitter="none", on_retry=lambda *args: told.append(args), sleep=lambda wait: None)
    errors = [OSError(1), OSError(2), OSError(3)]
    with pytest.raises(OSError):
        retry.call(Flaky(*errors))
    assert told == [(1, errors[0], 0.1), (2, errors[1], 0.2)]


def test_it_waits_on_the_clock_that_it_is_given():
    clock = oc.ManualClock()
    flaky = Flaky(OSError())
    thread = threading.Thread(target=oc.Retry(first=3600, max=3600, jitter="none", clock=clock).call, args=(flaky,))
    thread.start()
    while thread.is_alive():
        clock.advance(600)
        time.sleep(0.001)
    assert clock.now >= 3600
    assert flaky.calls == 2


def test_what_it_decorates():
    def items():
        yield 1

    with pytest.raises(TypeError, match="generator cannot be tried again"):
        oc.Retry()(items)
    with pytest.raises(TypeError, match="3 is not a function"):
        oc.Retry()(3)
    assert repr(oc.Retry(4)) == "<Retry up to 4 attempts>"


def test_fallbacks_stand_on_their_own():
    refused = oc.CircuitOpenError("db", "breaker-open", 3.0)
    cached = oc.Fallback(lambda key, *, error: (key, type(error).__name__), on=(TimeoutError, KeyError))
    by_two = oc.Fallback(lambda key, asked, *, error: (key, type(error).__name__), on=TimeoutError)

    @cached
    def read(key, error=None):
        """Reads."""
        if error is not None:
            raise error
        return key

    assert (read.__name__, read.__doc__) == ("read", "Reads.")
    assert read("a") == "a"
    assert by_two.call(raises_for, "k", refused) == ("k", "CircuitOpenError")
    assert by_two.call(raises_for, "k", oc.TimedOutError("x", 1)) == ("k", "TimedOutError")
    with pytest.raises(OSError):
        by_two.call(raises_for, "k", OSError())

    async def other(key, *, error):
        return f"other {key}"

    @oc.Fallback(other)
    async def aread(key):
        raise refused

    assert asyncio.run(aread("k")) == "other k"
    assert asyncio.run(oc.Fallback(lambda key, *, error: key).call_async(aread.__wrapped__, "k")) == "k"
    for bad in (lambda: oc.Fallback(3), lambda: oc.Fallback(len, on=3), lambda: oc.Fallback(len, on=(OSError, 3))):
        with pytest.raises(TypeError):
            bad()
    with pytest.raises(TypeError, match="generator cannot fall back"):
        cached(lambda: (yield))


def raises_for(key, error):
    raise error
