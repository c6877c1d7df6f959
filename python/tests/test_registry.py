"""Gates by name, one by one or from a file."""

import json
import re
import threading
import tomllib
from datetime import timedelta

import pytest

import overcurrent as oc
from overcurrent import testing

TOML = """
[defaults.breaker]
min_calls = 5
open_for = "10s"

[breaker.payments]
window = { calls = 20 }
failure_rate = 0.25
open_for = { first = "5s", multiplier = 2, max = "2m" }
trial_timeout = { stay = 60, then = "closed" }
failures = ["OSError", "json.JSONDecodeError"]
failure_result = "operator.not_"

[breaker.search]
window = { time = "30s", buckets = 30 }
slow_call = "500ms"
slow_rate = 0.8
failure_rate = false

[limiter.api]
rate = 600
per = "m"
burst = 10

[cycle_limiter."old.api"]
limit = 5
period = 2

[bulkhead.pool]
max = 4

[retry_budget.shared]
ratio = 0.1

[retry.calls]
attempts = 2
on = "OSError"
first = "1ms"
jitter = "none"
budget = "shared"

[timeout.calls]
timeout = "1500ms"

[pipeline.payments]
gates = ["breaker.payments", "limiter.api", "cycle_limiter.old.api", "bulkhead.pool"]

[pipe.payments]
policies = ["retry.calls", "timeout.calls", "pipeline.payments"]
"""


def loaded(text=TOML, **settings):
    registry = oc.Registry(clock=oc.ManualClock(), **settings)
    registry.load(tomllib.loads(text))
    return registry


def test_a_file_makes_what_it_names():
    registry = loaded()
    payments, search = registry.breaker("payments"), registry.breaker("search")
    assert (payments.name, payments.explain().min_calls, payments.explain().failure_rate_threshold) == (
        "payments",
        5,
        0.25,
    )
    assert search.explain().slow_rate_threshold == 0.8
    assert search.explain().failure_rate_threshold is None
    api, cycles = registry.limiter("api"), registry.cycle_limiter("old.api")
    assert (api.rate, api.per, api.burst, cycles.limit, cycles.period) == (600, 60, 10, 5, 2)
    pool, guard = registry.bulkhead("pool"), registry.pipeline("payments")
    assert guard.gates == (payments, api, cycles, pool)
    assert (pool.max, registry.timeout("calls").timeout) == (4, 1.5)
    assert registry.pipe("payments").policies == (registry.retry("calls"), registry.timeout("calls"), guard)
    assert registry.pipe("payments", "retry.calls", "timeout.calls", "pipeline.payments") is registry["pipe.payments"]
    assert len(registry) == 10
    assert registry["breaker.payments"] is payments
    assert "breaker.nothing" not in registry


def test_rules_are_found_by_name():
    payments = loaded().breaker("payments")
    for error in (OSError(), json.JSONDecodeError("", "", 0), KeyError()):
        with pytest.raises(type(error)), payments.permit():
            raise error
    assert (payments.stats().calls, payments.stats().failed) == (3, 2)
    payments.call(lambda: None)
    payments.call(lambda: 1)
    assert payments.stats().failed == 3


def test_open_waits_grow_as_the_file_says():
    registry = loaded()
    payments = registry.breaker("payments")
    for wait in (5, 10):
        payments.open()
        assert payments.explain().retry_after == pytest.approx(wait)
        registry._clock.advance(wait + 0.001)
        payments.settle()
        payments.enter().ignore()
    assert payments.state == "half-open"
    registry._clock.advance(61)
    assert payments.state == "closed"


def test_retries_share_the_budget_of_that_name():
    registry = loaded()
    retry, budget = registry.retry("calls"), registry.retry_budget("shared")
    before = budget.available
    tried = []

    def fails():
        tried.append(1)
        raise OSError

    with testing.no_waits(), pytest.raises(OSError):
        retry.call(fails)
    assert len(tried) == 2
    assert budget.available < before


def test_the_same_name_is_the_same_gate():
    registry = oc.Registry({"breaker": {"min_calls": 3}, "limiter": {"per": "2s"}})
    db = registry.breaker("db", open_for=timedelta(seconds=7))
    assert registry.breaker("db") is db
    assert registry.breaker("db", open_for=timedelta(seconds=7)) is db
    assert db.explain().min_calls == 3
    assert registry.breaker("other") is not db
    assert registry.limiter("db", 5).per == 2
    assert registry.limiter("db", rate=5) is registry.limiter("db", 5)
    with pytest.raises(ValueError, match=r"breaker.db.open_for is .* already, not 8"):
        registry.breaker("db", open_for=8)
    with pytest.raises(ValueError, match=r"breaker.db.trial_calls is None already, not 8"):
        registry.breaker("db", trial_calls=8)
    assert repr(registry) == "<Registry of breaker.db, breaker.other, limiter.db>"


def test_threads_that_ask_at_once_get_one():
    for _ in range(50):
        registry, barrier, got = oc.Registry(), threading.Barrier(8), []

        def ask(registry=registry, barrier=barrier, got=got):
            barrier.wait()
            got.append(registry.breaker("db"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 8
        assert len(set(map(id, got))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fuse.x]", "fuse: there is no such kind; there are defaults, breaker, limiter, "),
        ("breaker = 3", "breaker is 3; it must be a table of settings"),
        ("[breaker]\nx = 3", "breaker.x is 3; it must be a table of settings"),
        ("[breaker.x]\nfailure_rates = 1", "breaker.x.failure_rates: there is no such setting; there are window, "),
        ("[breaker.x]\nfailure_rate = '1'", "breaker.x.failure_rate is '1'; it must be a number"),
        ("[breaker.x]\nfailure_rate = 7", "breaker.x.failure_rate is 7; allowed are 0 to 1"),
        ("[breaker.x]\nmin_calls = 1.5", "breaker.x.min_calls is 1.5; it must be a whole number"),
        ("[breaker.x]\nmin_calls = 101", "breaker.x.min_calls is 101; allowed are 1 to 100"),
        ("[breaker.x]\nmin_calls = true", "breaker.x.min_calls is True; it must be a whole number"),
        ("[breaker.x]\nopen_for = '5 parsecs'", "breaker.x.open_for is '5 parsecs'; it must be a number of seconds"),
        ("[breaker.x]\nopen_for = { first = 1, last = 2 }", "breaker.x.open_for.last: there is no such setting"),
        ("[breaker.x]\nopen_for = { max = 2 }", "breaker.x.open_for is {'max': 2}; it must be a length of time, or"),
        ("[breaker.x]\nopen_for = -1", "breaker.x.open_for is -1; it must not be negative"),
        ("[breaker.x]\nwindow = { calls = '9' }", "breaker.x.window.calls is '9'; it must be a whole number"),
        ("[breaker.x]\nwindow = { calls = 9, time = 3 }", "breaker.x.window is {'calls': 9, 'time': 3}; it must be { "),
        ("[breaker.x]\nwindow = 9", "breaker.x.window is 9; it must be a table of settings"),
        ("[breaker.x]\ntrial_timeout = { then = 'open' }", "breaker.x.trial_timeout is {'then': 'open'}; it must be"),
        ("[breaker.x]\nauto_half_open = 1", "breaker.x.auto_half_open is 1; it must be true or false"),
        ("[breaker.x]\nfailures = ['OSErrors']", "breaker.x.failures[0]: there is no 'OSErrors'"),
        ("[breaker.x]\nfailures = ['no.such.Error']", "breaker.x.failures[0]: there is no 'no.such.Error'"),
        ("[breaker.x]\nfailures = ['int']", "breaker.x.failures must be an exception class, a tuple of them, or"),
        ("[breaker.x]\nfailure_result = 'math.pi'", "breaker.x.failure_result is 'math.pi'; it must be a function"),
        ("[breaker.x]\nslow_rate = 0.5", "breaker.x.slow_rate needs slow_call"),
        ("[breaker.x]\nstate = 'ajar'", "breaker.x: there is no state"),
        ("[defaults.breaker]\ncolour = 1", "defaults.breaker.colour: there is no such setting"),
        ("[defaults.fuse]", "defaults.fuse: there is no such kind"),
        ("[limiter.x]\nrate = 0", "limiter.x.rate is 0; allowed are 1 to"),
        ("[limiter.x]\nper = '1s'", "limiter.x: "),
        ("[limiter.x]\nrate = -1", "limiter.x.rate is -1, which is out of range"),
        ("[bulkhead.x]", "bulkhead.x: "),
        ("[cycle_limiter.x]\nlimit = 1\nlimit_change = 'now'", 'cycle_limiter.x.limit_change is "now"; allowed are'),
        ("[retry.x]\nattempts = 0", "retry.x.attempts is 0; allowed are 1 and more"),
        ("[retry.x]\nbudget = 'none'", "retry.x.budget: there is no 'retry_budget.none'; there are limiter.kept"),
        ("[timeout.x]\ntimeout = 0", "timeout.x.timeout is 0.0; it must be more than 0"),
        ("[pipeline.x]\ngates = 'breaker.x'", "pipeline.x.gates is 'breaker.x'; it must be a list of names"),
        (
            "[bulkhead.y]\nmax = 1\n[pipeline.x]\ngates = ['bulkhead.y', 'pool']",
            "pipeline.x.gates[1]: there is no 'pool'",
        ),
        ("[pipe.x]\npolicies = ['pool']", "pipe.x.policies[0]: there is no 'pool'"),
        ("[pipe.x]", "pipe.x: a pipe needs at least one policy"),
        (
            "[timeout.y]\ntimeout = 1\n[pipeline.x]\ngates = ['timeout.y']",
            "pipeline.x: Timeout(1.0, name='y') is not a",
        ),
    ],
)
def test_errors_name_the_path(text, message):
    registry = loaded("[limiter.kept]\nrate = 1")
    with pytest.raises((TypeError, ValueError, OverflowError), match=f"^{re.escape(message)}"):
        registry.load(tomllib.loads(text + "\n[limiter.kept2]\nrate = 1"))
    assert list(registry) == ["limiter.kept"]  # nothing was made


def test_loading_again_changes_in_place():
    registry = loaded()
    before = {path: registry[path] for path in registry}
    registry.breaker("payments").call(len, "a")
    registry.load(
        {
            "breaker": {"payments": {"min_calls": 1}},
            "limiter": {"api": {"rate": 1, "per": 1, "burst": 2}, "new": {"rate": 1}},
            "cycle_limiter": {"old.api": {"limit": 7, "timeout": "1s"}},
            "bulkhead": {"pool": {"max": 9}},
        }
    )
    assert all(registry[path] is thing for path, thing in before.items())
    assert registry.breaker("payments").explain().min_calls == 1
    assert registry.breaker("payments").stats().calls == 1
    assert registry.breaker("payments").explain().failure_rate_threshold == 0.25
    assert (registry.limiter("api").rate, registry.limiter("api").per, registry.limiter("api").burst) == (1, 1, 2)
    assert (registry.cycle_limiter("old.api").limit, registry.cycle_limiter("old.api").timeout) == (7, 1)
    assert registry.bulkhead("pool").max == 9
    assert registry.limiter("new").rate == 1
    registry.breaker("payments", min_calls=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"breaker": {"payments": {"failures": "KeyError"}}}, "breaker.payments.failures cannot change while it runs"),
        (
            {"retry_budget": {"shared": {"ratio": 0.2}}},
            "retry_budget.shared.ratio cannot change while it runs: it is 0.1",
        ),
        (
            {"pipeline": {"payments": {"gates": ["bulkhead.pool"]}}},
            "pipeline.payments.gates cannot change while it",
        ),
        ({"pipe": {"payments": {"policies": []}}}, "pipe.payments.policies cannot change while it runs"),
        (
            {"cycle_limiter": {"old.api": {"period": 3}}},
            "cycle_limiter.old.api.period cannot change while it runs: it is 2",
        ),
        ({"retry": {"calls": {"attempts": 0}}}, "retry.calls.attempts is 0; allowed are 1 and more"),
        ({"retry": {"calls": {"budget": "other"}}}, "retry.calls.budget: there is no 'retry_budget.other'"),
        ({"timeout": {"calls": {"timeout": 0}}}, "timeout.calls.timeout is 0.0; it must be more than 0"),
        ({"breaker": {"payments": {"min_calls": 10**6}}}, "breaker.payments.min_calls is 1000000; allowed are 1 to 20"),
        ({"breaker": {"payments": {"window": {"calls": 9000}}}}, "breaker.payments"),
    ],
)
def test_a_change_that_is_not_possible_changes_nothing(change, message):
    registry = loaded()
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        registry.load({"defaults": {"breaker": {"min_calls": 9}}, "limiter": {"x": {"rate": 1}}} | change)
    assert "limiter.x" not in registry
    assert registry.breaker("search").explain().min_calls == 5
    assert registry.breaker("later").explain().min_calls == 5
    assert registry.breaker("payments", min_calls=5).explain().min_calls == 5


def test_what_was_changed_before_the_impossible_goes_back():
    """Also what was never set: it is as usual again. The window of `z` has no room for so many calls."""
    registry = loaded(TOML + "\n[breaker.z]\nwindow = { calls = 10 }\n[limiter.z]\nrate = 1")
    paths = [path for path in registry if path != "pipe.payments"]
    before = {path: dict(registry._entries[path].settings) for path in paths}
    payments, pool, calls = registry.breaker("payments"), registry.bulkhead("pool"), registry.retry("calls")
    change = {
        "breaker": {"payments": {"min_calls": 3, "trial_calls": 2, "slow_call": 1}, "z": {"window": {"calls": 9000}}},
        "limiter": {"api": {"rate": 1, "per": 9, "burst": 3}},
    }
    with pytest.raises(ValueError, match=r"^breaker\.z"):
        registry.load(change)
    assert {path: registry._entries[path].settings for path in paths} == before
    assert (payments.explain().min_calls, payments.explain().slow_rate_threshold) == (5, None)
    payments.open()
    payments.half_open()
    assert payments.explain().trials_left == 5
    assert (pool.max, calls._given["attempts"], registry.limiter("api").per) == (4, 2, 60)


@pytest.mark.thread_unsafe
@pytest.mark.parametrize("fails", ["retry", "timeout", "bulkhead", "cycle_limiter", "limiter"])
def test_each_kind_takes_a_change_back(fails, monkeypatch):
    """As when the change after it was not possible."""
    registry = loaded()
    changes = {
        "limiter": ("api", {"rate": 9, "burst": 2}),
        "cycle_limiter": ("old.api", {"limit": 9, "timeout": 3}),
        "bulkhead": ("pool", {"max": 9}),
        "retry": ("calls", {"attempts": 9, "budget": False, "max": 7}),
        "timeout": ("calls", {"timeout": 9}),
    }

    def numbers():
        api, cycles = registry.limiter("api"), registry.cycle_limiter("old.api")
        calls, pool = registry.retry("calls"), registry.bulkhead("pool")
        limits = api.rate, api.burst, cycles.limit, cycles.timeout, pool.max, registry.timeout("calls").timeout
        return *limits, repr(calls), (calls._changed or calls)._budget

    before, gates = numbers(), registry._kinds

    def impossible(gate, settings):
        assert numbers() != before or fails == "limiter"
        raise RuntimeError("it is busy")

    monkeypatch.setattr(gates[fails], "change", impossible)
    with pytest.raises(RuntimeError, match=rf"^{fails}\..*: it is busy"):
        registry.load({kind: {name: change} for kind, (name, change) in changes.items()})
    assert numbers() == before
    monkeypatch.undo()
    registry.load({kind: {name: change} for kind, (name, change) in changes.items()})
    assert numbers() == (9, 2, 9, 3, 9, 9, "<Retry up to 9 attempts>", None)


@pytest.mark.thread_unsafe
def test_a_retry_and_a_time_limit_change_for_calls_that_begin_later():
    registry = loaded("[retry.calls]\nattempts = 2\n[timeout.calls]\ntimeout = 60")
    retry, tried = registry.retry("calls"), []

    @retry
    def work():
        tried.append(1)
        if len(tried) == 1:
            registry.load({"retry": {"calls": {"attempts": 5}}, "timeout": {"calls": {"timeout": "1ms"}}})
        raise OSError

    with testing.no_waits():
        for attempts in (2, 2 + 5):
            with pytest.raises(OSError):
                work()
            assert len(tried) == attempts
    assert repr(retry) == "<Retry up to 5 attempts>"
    assert registry.timeout("calls").timeout == 0.001


def test_numbers_of_everything():
    registry = loaded()
    registry.pipeline("payments").enter().fail()
    stats = json.loads(json.dumps(registry.stats()))
    assert stats["breaker.payments"] == {
        "state": "closed", "calls": 1, "failed": 1, "slow": 0, "slow_failed": 0, "refused": 0, "trips": 0,
    }  # fmt: skip
    assert stats["limiter.api"] == {"remaining": 9, "waiting": 0}
    assert stats["cycle_limiter.old.api"] == {"available": 4, "waiting": 0}
    assert stats["bulkhead.pool"] == {"in_flight": 0, "max": 4, "waiting": 0}
    assert stats["retry_budget.shared"].keys() == {"available"}
    assert stats.keys() == registry.keys() - {"retry.calls", "timeout.calls", "pipeline.payments", "pipe.payments"}


def test_state_over_a_restart():
    registry = loaded()
    registry.breaker("payments").open()
    registry.limiter("api").drain()  # full again after a second
    registry.cycle_limiter("old.api").drain()
    kept = json.dumps(registry.snapshot())
    after = loaded(TOML.replace("[breaker.search]", "[breaker.find]"))
    assert after.restore(json.loads(kept), age=0.5) == ["breaker.search"]
    assert after.breaker("payments").explain().retry_after == pytest.approx(4.5)
    assert not after.cycle_limiter("old.api").try_acquire(5)
    assert after.limiter("api").peek().reset_after == pytest.approx(0.5)
    for broken in ("?", "AAAA"):
        with pytest.raises(ValueError, match=r"^breaker\.payments: "):
            after.restore({"breaker.payments": broken})
