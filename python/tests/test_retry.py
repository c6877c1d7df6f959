"""Trying again: how often, how long between, and when not."""

import asyncio

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
    with pytest.raises(TypeError):
        oc.Retry(on=3)
