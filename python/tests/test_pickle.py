"""Over process borders: configuration goes, state goes by snapshot, and a copy is the same gate."""

import base64
import concurrent.futures
import copy
import json
import multiprocessing
import pickle

import pytest

import overcurrent as oc


def is_bad(answer):
    return answer is None


WINDOWS = [oc.last_calls(7), oc.last_seconds(30, buckets=15)]
SETTINGS = [
    *WINDOWS,
    oc.backoff(5, multiplier=1.5, max=120, jitter=0.25),
    oc.longest_stay(60, then="closed"),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=repr)
def test_settings(setting):
    again = pickle.loads(pickle.dumps(setting))
    assert again == setting
    assert repr(again) == repr(setting)
    assert copy.deepcopy(setting) == setting
    for other in SETTINGS:
        assert (setting == other) is (setting is other)


def gates():
    breaker = oc.CircuitBreaker(
        "db", window=oc.last_calls(7), min_calls=2, open_for=oc.backoff(5), failures=(OSError,), failure_result=is_bad
    )
    limiter = oc.RateLimiter(10, per=2, burst=5, initial=4, name="api")
    return [
        breaker,
        limiter,
        oc.CycleLimiter(3, period=2, timeout=1, limit_change="next-cycle", name="cycles"),
        oc.Bulkhead(4, name="pool"),
        oc.Pipeline(breaker, limiter, name="both", ignore=is_bad),
    ]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_a_gate_is_pickled_as_it_is_configured(number, protocol):
    gate = gates()[number]
    again = pickle.loads(pickle.dumps(gate, protocol))
    assert again is not gate
    assert type(again) is type(gate)
    assert again.name == gate.name
    assert again._configuration()[1].keys() == gate._configuration()[1].keys()
    assert copy.copy(gate) is gate
    assert copy.deepcopy({"gate": gate})["gate"] is gate


def test_what_was_reconfigured_goes_along():
    breaker, limiter, cycles, pool, _ = gates()
    breaker.reconfigure(min_calls=1)
    limiter.reconfigure(20, burst=3)
    cycles.set_limit(9)
    pool.resize(7)
    again = [pickle.loads(pickle.dumps(gate)) for gate in (breaker, limiter, cycles, pool)]
    with pytest.raises(OSError), again[0].permit():
        raise OSError
    assert again[0].state == "open"
    assert (again[1].rate, again[1].per, again[1].burst) == (20, 2, 3)
    assert (again[2].limit, again[2].period, again[2].timeout) == (9, 2, 1)
    assert again[3].max == 7


def test_rules_go_along_and_state_does_not():
    breaker = gates()[0]
    breaker.force_open()
    again = pickle.loads(pickle.dumps(breaker))
    assert again.state == "closed"
    assert again.call(lambda: None) is None
    with pytest.raises(KeyError), again.permit():
        raise KeyError
    assert (again.stats().calls, again.stats().failed) == (2, 1)


def test_what_cannot_be_pickled_says_why():
    for gate in (oc.RateLimiter(1, clock=oc.ManualClock()), oc.CircuitBreaker("x", clock=oc.ManualClock())):
        with pytest.raises(TypeError, match="clock that is moved by hand"):
            pickle.dumps(gate)
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(oc.CircuitBreaker("x", ignore=lambda error: False))


def test_a_subclass_stays_one():
    again = pickle.loads(pickle.dumps(Mine(2, name="mine")))
    assert (type(again), again.name, again.max) == (Mine, "mine", 2)


class Mine(oc.Bulkhead):
    pass


limiter = oc.RateLimiter(1, per=3600, burst=2)
breaker = oc.CircuitBreaker("work", window=oc.last_calls(4), min_calls=1)


@breaker
def work(number):
    return limiter.try_acquire(), number


class Client:
    """What users hand to a pool of processes."""

    def __init__(self):
        self.guard = oc.Pipeline(oc.CircuitBreaker("db", open_for=3600), oc.Bulkhead(2))

    def ask(self, number):
        return self.guard.call(work, number)


@pytest.mark.thread_unsafe(reason="one limiter for all of them")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_pools_of_processes(method):
    limiter.try_acquire()
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        assert pickle.loads(pickle.dumps(work)) is work  # by its name
        answers = list(pool.map(Client().ask, range(3), timeout=60))
    # A spawned process has its own limiter; a forked one goes on where its parent was.
    assert answers == [(True, 0), (method == "spawn", 1), (False, 2)]
    limiter.reset()


def test_state_goes_through_json():
    for gate in gates()[:3]:
        gate.restore(base64.b64decode(json.loads(json.dumps(base64.b64encode(gate.snapshot()).decode()))))
