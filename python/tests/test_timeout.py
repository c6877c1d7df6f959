"""Time limits: what they stop, what they leave alone, and what a breaker and a retry make of them."""

import copy
import pickle
from datetime import timedelta

import anyio
import pytest

import overcurrent as oc


@pytest.mark.anyio
async def test_what_takes_too_long_is_cancelled():
    ended = []

    @oc.Timeout(0.02, name="api")
    async def work(seconds, answer="done"):
        try:
            await anyio.sleep(seconds)
        finally:
            ended.append(seconds)
        return answer

    assert await work(0) == "done"
    with pytest.raises(oc.TimedOutError) as caught:
        await work(60, answer="never")
    assert ended == [0, 60]
    assert isinstance(caught.value, TimeoutError)
    assert not isinstance(caught.value, oc.OvercurrentError)
    assert (caught.value.name, caught.value.timeout) == ("api", 0.02)
    assert str(caught.value) == "api: no result within 0.02 s"


@pytest.mark.anyio
async def test_on_a_manual_clock():
    clock = oc.ManualClock()
    timeout = oc.Timeout(timedelta(seconds=5), clock=clock)
    ended = []

    async def work():
        try:
            await timeout.call_async(anyio.sleep_forever)
        except TimeoutError:
            ended.append(clock.now)

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await anyio.sleep(0.01)
        clock.advance(4.9)
        await anyio.sleep(0.01)
        assert not ended
        clock.advance(0.1)
    assert ended == [5]
    assert await timeout.call_async(anyio.sleep, 0) is None
    clock.advance(10)  # rings for a call that has ended
    await anyio.sleep(0.01)


@pytest.mark.anyio
async def test_errors_of_the_call_are_its_own():
    mine = TimeoutError("mine")

    async def work():
        raise mine

    with pytest.raises(TimeoutError) as caught:
        await oc.Timeout(60).call_async(work)
    assert caught.value is mine


@pytest.mark.anyio
async def test_cancellation_from_outside_is_not_a_timeout():
    seen = []

    async def work():
        try:
            await oc.Timeout(60).call_async(anyio.sleep_forever)
        except BaseException as error:
            seen.append(type(error))
            raise

    with anyio.move_on_after(0.01) as scope:
        await work()
    assert scope.cancelled_caught
    assert seen == [anyio.get_cancelled_exc_class()]


@pytest.mark.anyio
async def test_the_inner_of_two_limits_is_told_apart():
    inner, outer = oc.Timeout(0.01, name="inner"), oc.Timeout(60, name="outer")
    with pytest.raises(oc.TimedOutError, match="inner"):
        await outer.call_async(inner.call_async, anyio.sleep, 60)
    with pytest.raises(oc.TimedOutError, match="inner"):
        await inner.call_async(outer.call_async, anyio.sleep, 60)


@pytest.mark.anyio
async def test_it_is_a_failure_for_a_breaker_and_each_attempt_of_a_retry_has_its_own():
    breaker = oc.CircuitBreaker("db", window=oc.last_calls(8), min_calls=8)
    tried = []

    @oc.Retry(3, first=0.001)
    @breaker
    @oc.Timeout(0.01)
    async def work():
        tried.append(1)
        await anyio.sleep(0 if len(tried) == 3 else 60)
        return "third"

    assert await work() == "third"
    assert (breaker.stats().calls, breaker.stats().failed) == (3, 2)


def test_what_cannot_be_stopped_is_not_decorated():
    timeout = oc.Timeout(1)

    def sync():
        pass

    async def items():
        yield 1

    with pytest.raises(TypeError, match="not async: give it what a Deadline has left"):
        timeout(sync)
    with pytest.raises(TypeError, match="generator"):
        timeout(items)
    with pytest.raises(TypeError, match="not a function"):
        timeout(3)


@pytest.mark.parametrize("what", [oc.Timeout, oc.Deadline])
def test_settings_are_checked(what):
    for bad in (0, -1, float("nan"), timedelta(0)):
        with pytest.raises(ValueError, match="timeout is"):
            what(bad)
    for bad in ("1", None, True):
        with pytest.raises(TypeError, match="timeout must be"):
            what(bad)


def test_a_deadline_is_asked_about():
    clock = oc.ManualClock()
    deadline = oc.Deadline(2, name="report", clock=clock)
    assert (deadline.remaining(), deadline.check()) == (2, 2)
    clock.advance(1.5)
    assert deadline.check() == 0.5
    clock.advance(1.5)
    assert deadline.remaining() == 0
    with pytest.raises(oc.TimedOutError, match="report: no result within 2"):
        deadline.check()
    assert 0 < oc.Deadline(60).remaining() <= 60


def test_it_pickles_and_copies():
    error = pickle.loads(pickle.dumps(oc.TimedOutError("api", 1.5)))
    assert (type(error), error.name, error.timeout, str(error)) == (
        oc.TimedOutError,
        "api",
        1.5,
        "api: no result within 1.5 s",
    )
    assert repr(pickle.loads(pickle.dumps(oc.Timeout(2, name="x")))) == repr(copy.copy(oc.Timeout(2, name="x")))
