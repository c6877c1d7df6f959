"""The circuit breaker: what it admits, what counts, what it says."""

import asyncio
import gc
import pickle
import threading
import time
import weakref
from datetime import timedelta

import pytest

import overcurrent as oc


def breaker(clock=None, **settings):
    settings = {"window": oc.last_calls(4), "min_calls": 2, "open_for": 5, "trial_calls": 2} | settings
    return oc.CircuitBreaker("db", clock=clock or oc.ManualClock(), **settings)


def fail(gate, times=1):
    for _ in range(times):
        gate.enter().fail()


def test_it_trips_refuses_tries_and_closes():
    clock = oc.ManualClock()
    gate = breaker(clock)
    fail(gate, 2)
    assert gate.state is oc.State.OPEN
    with pytest.raises(oc.CircuitOpenError) as caught:
        gate.enter()
    assert caught.value.name == "db"
    assert caught.value.reason == "breaker-open"
    assert caught.value.retry_after == pytest.approx(5)
    assert "come back in 5.000 s" in str(caught.value)
    clock.advance(caught.value.retry_after)
    trials = [gate.enter(), gate.enter()]
    assert gate.state == "half-open"
    with pytest.raises(oc.CircuitOpenError, match="every trial call is out"):
        gate.enter()
    for trial in trials:
        trial.success()
    assert gate.state == "closed"
    assert gate.stats().calls == 0


def test_settings_are_checked_when_it_is_built():
    for bad in (
        {"failure_rate": 0},
        {"failure_rate": 1.1},
        {"failure_rate": float("nan")},
        {"min_calls": 5},
        {"open_for": -1},
        {"slow_rate": 0.5},
        {"window": oc.last_calls(0)},
        {"state": "ajar"},
    ):
        with pytest.raises(ValueError):
            breaker(**bad)
    for bad in (
        {"failure_rates": 0.5},
        {"open_for": "long"},
        {"failures": 3},
        {"ignore": (OSError, 3)},
        {"failures": int},
    ):
        with pytest.raises(TypeError):
            breaker(**bad)
    for key, bad, message in (
        ("open_for", 0, "open_for is 0; allowed are 0.000000001 to"),
        ("min_calls", "2", "min_calls is '2': "),
        ("min_calls", -1, "min_calls is -1, which is out of range"),
        ("failure_rate", 0, "failure_rate is 0; allowed are 0.00001 to 1"),
        ("window", oc.last_seconds(0), r"window \(seconds per bucket\) is 0; allowed are 0.001 to 86400"),
        ("window", 9, "window is 9: "),
    ):
        with pytest.raises((TypeError, ValueError), match=f"^{message}"):
            breaker(**{key: bad})
    breaker(open_for=timedelta(seconds=2), trial_timeout=None, failure_rate=None, consecutive_failures=3)


def test_slow_calls_and_their_rate():
    clock = oc.ManualClock()
    gate = breaker(clock, slow_call=1, slow_rate=0.5)
    for length in (0.5, 2):
        with gate.permit():
            clock.advance(length)
    assert gate.state == "open"
    assert gate.stats().slow == 1
    assert gate.explain().rule_met is None or gate.explain().rule_met == "slow-rate"


def test_a_server_says_when_to_come_back():
    clock = oc.ManualClock()
    gate = breaker(clock, min_calls=4)
    gate.enter().fail(retry_after=60)
    assert gate.state == "open"
    assert gate.explain().retry_after == pytest.approx(60)
    assert gate.stats().slow == 0


def test_late_results_change_nothing():
    clock = oc.ManualClock()
    gate = breaker(clock)
    late = [gate.enter() for _ in range(3)]
    fail(gate, 2)
    late[0].success()
    assert gate.state == "open"
    clock.advance(6)
    trial = gate.enter()
    late[1].fail()
    assert gate.state == "half-open"
    trial.success()
    gate.enter().success()
    late[2].fail()
    assert gate.state == "closed"
    assert gate.stats().calls == 0


def test_a_permit_that_is_lost_is_given_back():
    clock = oc.ManualClock()
    gate = breaker(clock)
    gate.open()
    clock.advance(6)
    lost = [gate.enter(), gate.enter()]
    assert gate.explain().trials_left == 0
    del lost[:]
    gc.collect()
    assert gate.explain().trials_left == 2


def test_a_permit_is_for_one_call():
    gate = breaker()
    permit = gate.permit()
    with pytest.raises(RuntimeError):
        permit.success()
    with permit:
        permit.fail()
    assert gate.stats().failed == 1
    with pytest.raises(RuntimeError), permit:
        pass
    assert gate.stats().calls == 1


def test_with_while_open_does_not_run_the_block():
    gate = breaker()
    gate.force_open()
    ran = False
    with pytest.raises(oc.CircuitOpenError), gate.permit():
        ran = True
    assert not ran


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, SystemExit, asyncio.CancelledError])
def test_cancellation_is_no_failure_and_gives_the_permit_back(error):
    clock = oc.ManualClock()
    gate = breaker(clock)
    for _ in range(10):
        with pytest.raises(error), gate.permit():
            raise error
    assert gate.stats().calls == 0
    gate.open()
    clock.advance(6)
    for _ in range(10):
        with pytest.raises(error):
            gate.call(raises, error())
    assert gate.explain().trials_left == 2


def raises(error):
    raise error


def test_what_is_a_failure():
    gate = breaker(failures=(OSError, TimeoutError), ignore=lambda e: getattr(e, "errno", 0) == 7, min_calls=4)
    for error in (OSError(7, "ignored"), OSError(8, "counts"), KeyError("success"), TimeoutError()):
        with pytest.raises(type(error)):
            gate.call(raises, error)
    assert (gate.stats().calls, gate.stats().failed) == (3, 2)

    by_result = breaker(failure_result=lambda answer: answer >= 500)
    assert by_result.call(lambda: 503) == 503
    assert by_result.stats().failed == 1


def test_a_rule_that_raises_gives_the_permit_back():
    clock = oc.ManualClock()
    gate = breaker(clock, failure_result=lambda answer: 1 / answer)
    gate.open()
    clock.advance(6)
    with pytest.raises(ZeroDivisionError):
        gate.call(lambda: 0)
    assert gate.explain().trials_left == 2


def test_the_refusal_of_another_gate_is_no_failure():
    outer, inner = breaker(), breaker()
    inner.force_open()
    for _ in range(5):
        with pytest.raises(oc.CircuitOpenError):
            outer.call(inner.call, print)
    assert outer.stats().calls == 0


def test_by_hand():
    gate = breaker()
    for change, state in (
        (gate.disable, "disabled"),
        (gate.force_open, "forced-open"),
        (gate.metrics_only, "metrics-only"),
        (gate.close, "closed"),
        (gate.open, "open"),
        (gate.half_open, "half-open"),
        (gate.reset, "closed"),
    ):
        change()
        assert gate.state == state
    with pytest.raises(ValueError, match="cannot go from closed to half-open"):
        gate.half_open()
    gate.open_for(timedelta(minutes=1))
    assert gate.explain().retry_after == pytest.approx(60)


def test_open_until_reads_the_clock_of_python():
    gate = oc.CircuitBreaker("db")
    gate.open_until(time.monotonic() + 10)
    assert gate.explain().retry_after == pytest.approx(10, abs=0.5)


def test_events_and_handles():
    gate = breaker()
    journal, changes = oc.Journal(), []
    every = gate.on_event(journal)
    handle = gate.on_transition(changes.append)
    fail(gate, 2)
    with pytest.raises(oc.CircuitOpenError):
        gate.enter()
    assert [event.kind for event in journal.drain()] == ["tripped", "transition", "refused"]
    assert [(event.name, event.old, event.new) for event in changes] == [("db", "closed", "open")]
    handle.close()
    handle.close()
    every.close()
    gate.reset()
    assert len(changes) == 1
    assert len(journal) == 0


def test_a_listener_that_raises_changes_nothing(monkeypatch):
    unraisable = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    gate, heard = breaker(), []
    gate.on_event(lambda event: 1 / 0)
    gate.on_event(heard.append)
    fail(gate, 2)
    assert gate.state == "open"
    assert len(heard) == 2
    assert {it.exc_type for it in unraisable} == {ZeroDivisionError}


@pytest.mark.thread_unsafe(reason="sees what others log")
def test_state_changes_are_logged(caplog):
    with caplog.at_level("INFO", logger="overcurrent"):
        gate = breaker()
        fail(gate, 2)
        gate.close()
    assert [(it.levelname, it.getMessage()) for it in caplog.records] == [
        ("WARNING", "db: closed -> open"),
        ("INFO", "db: open -> closed"),
    ]


@pytest.mark.parametrize("window", [oc.last_calls(20), oc.last_seconds(10)])
def test_snapshots_go_on_in_another_breaker(window):
    clock = oc.ManualClock(100)
    settings = {"window": window, "min_calls": 4}
    one = breaker(clock, **settings)
    fail(one, 3)
    other = breaker(oc.ManualClock(7), **settings)
    other.restore(pickle.loads(pickle.dumps(one.snapshot())))
    assert other.stats().failed == 3
    fail(other)
    assert other.state == "open"
    third = breaker(clock, **settings)
    third.restore(other.snapshot(), age=2)
    assert third.explain().retry_after == pytest.approx(3)
    with pytest.raises(ValueError):
        one.restore(b"nonsense")


def test_reconfigure_keeps_state_and_what_is_not_given():
    gate = breaker(window=oc.last_calls(16), min_calls=10)
    fail(gate, 4)
    gate.reconfigure(min_calls=5)
    assert gate.stats().failed == 4
    fail(gate)
    assert gate.state == "open"
    with pytest.raises(ValueError):
        gate.reconfigure(window=oc.last_calls(10_000))
    with pytest.raises(TypeError):
        gate.reconfigure(colour="red")
    gate.reset()
    fail(gate, 4)
    assert gate.state == "closed"


def test_threads_at_half_open_never_exceed_the_trials():
    clock = oc.ManualClock()
    gate = breaker(clock, trial_calls=3, trial_timeout=None)
    threads, rounds = 16, 1_000
    barrier = threading.Barrier(threads + 1)
    admitted = [[] for _ in range(threads)]

    def run(mine):
        for _ in range(rounds):
            barrier.wait()
            try:
                mine.append(gate.enter())
            except oc.CircuitOpenError:
                pass
            barrier.wait()

    workers = [threading.Thread(target=run, args=(mine,), daemon=True) for mine in admitted]
    for worker in workers:
        worker.start()
    for _ in range(rounds):
        gate.open()
        clock.advance(6)
        barrier.wait()
        barrier.wait()
        assert sum(map(len, admitted)) == 3
        for mine in admitted:
            for permit in mine:
                permit.ignore()
            mine.clear()
    for worker in workers:
        worker.join()


def test_tasks_at_half_open_never_exceed_the_trials():
    clock = oc.ManualClock()
    gate = breaker(clock, trial_calls=3)
    inside = most = 0

    @gate
    async def work():
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1

    async def main():
        for _ in range(1_000):
            gate.open()
            clock.advance(6)
            answers = await asyncio.gather(*(work() for _ in range(16)), return_exceptions=True)
            assert sum(isinstance(answer, oc.CircuitOpenError) for answer in answers) == 13

    asyncio.run(main())
    assert most == 3


def test_garbage_is_collected():
    gate = breaker(ignore=lambda error: gate is None)
    gate.on_event(lambda event: gate)
    seen = weakref.ref(gate)
    del gate
    gc.collect()
    assert seen() is None
