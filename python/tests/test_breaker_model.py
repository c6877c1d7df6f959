"""The breaker beside a naive one, through histories that hypothesis thinks up."""

from fractions import Fraction

import pytest
from breaker_model import Model, Plan
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

import overcurrent as oc

RATES = st.sampled_from([None, Fraction(1, 100), Fraction(1, 4), Fraction(1, 2), Fraction(1)])
WAITS = st.sampled_from([1, 100, 1_000, 5_000, 60_000])
STATES = ["closed", "open", "half-open", "disabled", "forced-open", "metrics-only"]


@st.composite
def plans(draw):
    kind = draw(st.sampled_from(["calls", "slices"]))
    length = draw(st.integers(1, 12 if kind == "calls" else 4))
    trial_calls = draw(st.integers(1, 4))
    first = draw(WAITS)
    return Plan(
        window=(kind, length),
        min_calls=draw(st.integers(1, length if kind == "calls" else 6)),
        failure_rate=draw(RATES),
        slow_rate=draw(RATES),
        slow_call=draw(st.sampled_from([1, 100, 1_000])),
        failure_count=draw(st.sampled_from([None, None, 1, length])) if kind == "calls" else None,
        consecutive_failures=draw(st.sampled_from([None, None, 1, min(3, length)])),
        first_wait=first,
        growth=draw(st.sampled_from([1, 2, 10])),
        longest_wait=first * draw(st.sampled_from([1, 7])),
        trial_calls=trial_calls,
        trial_min=draw(st.integers(1, trial_calls)),
        trial_timeout=draw(
            st.one_of(
                st.none(),
                st.tuples(st.just("lease"), WAITS),
                st.tuples(st.just("stay"), WAITS, st.sampled_from(["open", "closed"])),
            )
        ),
        auto_half_open=draw(st.booleans()),
    )


def built(plan, clock):
    kind, length = plan.window
    limit = plan.trial_timeout
    slow = {} if plan.slow_rate is None else {"slow_call": plan.slow_call / 1e3, "slow_rate": float(plan.slow_rate)}
    return oc.CircuitBreaker(
        "it",
        window=oc.last_calls(length) if kind == "calls" else oc.last_seconds(length, buckets=length),
        min_calls=plan.min_calls,
        failure_rate=plan.failure_rate and float(plan.failure_rate),
        failure_count=plan.failure_count,
        consecutive_failures=plan.consecutive_failures,
        open_for=oc.backoff(plan.first_wait / 1e3, multiplier=plan.growth, max=plan.longest_wait / 1e3),
        trial_calls=plan.trial_calls,
        trial_min=plan.trial_min,
        trial_timeout=limit
        and (limit[1] / 1e3 if limit[0] == "lease" else oc.longest_stay(limit[1] / 1e3, then=limit[2])),
        auto_half_open=plan.auto_half_open,
        clock=clock,
        **slow,
    )


class Breaker(RuleBasedStateMachine):
    permits = Bundle("permits")

    @initialize(plan=plans(), start=st.integers(0, 10_000))
    def build(self, plan, start):
        self.now = start
        self.clock = oc.ManualClock(start / 1e3)
        self.model = Model(plan)
        self.breaker = built(plan, self.clock)
        self.changes = []
        self.breaker.on_transition(lambda event: self.changes.append((str(event.old), str(event.new))))

    @rule(target=permits, times=st.integers(1, 4), how=st.sampled_from(["enter", "with"]))
    def enter(self, times, how):
        entered = []
        for _ in range(times):
            ticket, why_not = self.model.enter(self.now)
            try:
                permit = self.breaker.enter() if how == "enter" else self.breaker.permit().__enter__()
            except oc.CircuitOpenError as error:
                assert ticket is None
                self.same_refusal(why_not, error)
            else:
                assert why_not is None
                entered.append([permit, ticket])
        return multiple(*entered)

    @rule(pair=consumes(permits), outcome=st.sampled_from(["success", "failure", "ignored", "dropped"]))
    def leave(self, pair, outcome):
        permit, ticket = pair
        pair.clear()
        self.model.leave(ticket, "ignored" if outcome == "dropped" else outcome, self.now)
        if outcome == "dropped":
            del permit
        else:
            {"success": permit.success, "failure": permit.fail, "ignored": permit.ignore}[outcome]()

    @rule(pair=consumes(permits), error=st.sampled_from([None, OSError, KeyboardInterrupt]))
    def leave_the_block(self, pair, error):
        permit, ticket = pair
        pair.clear()
        outcome = {None: "success", OSError: "failure", KeyboardInterrupt: "ignored"}[error]
        self.model.leave(ticket, outcome, self.now)
        permit.__exit__(error, error and error(), None)

    @rule(pair=consumes(permits), wait=WAITS)
    def the_server_says_when_to_come_back(self, pair, wait):
        permit, ticket = pair
        pair.clear()
        self.model.leave(ticket, "failure", self.now, hold=wait)
        permit.fail(retry_after=wait / 1e3)

    @rule(outcomes=st.lists(st.booleans(), max_size=8))
    def calls(self, outcomes):
        for failed in outcomes:
            ticket, _ = self.model.enter(self.now)
            if ticket is None:
                with pytest.raises(oc.CircuitOpenError):
                    self.breaker.call(int)
                continue
            self.model.leave(ticket, "failure" if failed else "success", self.now)
            if failed:
                with pytest.raises(ValueError):
                    self.breaker.call(int, "no")
            else:
                self.breaker.call(int)

    @rule(step=st.sampled_from([1, 99, 100, 101, 900, 1_000, 2_000, 5_000, 60_000, 10**9]))
    def time_passes(self, step):
        self.now += step
        self.clock.set(self.now / 1e3)

    @rule(past=st.sampled_from([0, 1]))
    def the_end_of_a_wait_comes(self, past):
        if self.model.deadline is not None:
            self.time_passes(max(self.model.deadline + past - self.now, 0))

    @rule(before=st.sampled_from([0, 1]))
    def the_oldest_outcome_leaves_the_window(self, before):
        kind, length = self.model.plan.window
        if kind == "slices" and self.model.outcomes:
            self.time_passes(max((self.model.outcomes[0][0] + length) * 1000 - before - self.now, 0))

    @rule(state=st.sampled_from([*STATES, "open", "half-open"]))
    def by_hand(self, state):
        change = {
            "closed": self.breaker.close,
            "open": self.breaker.open,
            "half-open": self.breaker.half_open,
            "disabled": self.breaker.disable,
            "forced-open": self.breaker.force_open,
            "metrics-only": self.breaker.metrics_only,
        }[state]
        if self.model.by_hand(state, self.now):
            change()
        else:
            with pytest.raises(ValueError, match="cannot go from"):
                change()

    @rule()
    def reset(self):
        self.model.time_passes(self.now)
        self.model.turn("closed", 0)
        self.breaker.reset()

    @rule(min_calls=st.integers(1, 6), rate=RATES)
    def reconfigure(self, min_calls, rate):
        kind, length = self.model.plan.window
        self.model.plan.min_calls = min(min_calls, length) if kind == "calls" else min_calls
        self.model.plan.failure_rate = rate
        self.breaker.reconfigure(min_calls=self.model.plan.min_calls, failure_rate=rate and float(rate))

    def same_refusal(self, why_not, seen):
        reason, wait = why_not
        assert seen.reason == reason
        assert (seen.retry_after is None) is (wait is None)
        assert wait is None or seen.retry_after == pytest.approx(wait / 1e3, rel=1e-9, abs=2e-9)

    @invariant()
    def they_agree(self):
        if not hasattr(self, "model"):
            return
        model = self.model
        model.time_passes(self.now)
        seen = self.breaker.stats()
        refused = model.refused.get(model.generation, 0)
        assert [seen.calls, seen.failed, seen.slow, seen.slow_failed, seen.refused] == [
            *model.numbers(self.now),
            refused,
        ]
        assert (seen.state, seen.trips) == (model.state, model.trips)
        explained, why_not = self.breaker.explain(), model.why_not(self.now)
        assert (explained.reason is None) is (why_not is None)
        if why_not:
            self.same_refusal(why_not, explained)
        # One touch can lead through a long chain of changes; a breaker's journal has room for the newest 64.
        told, done = self.changes, model.changes
        assert told[-64:] == done[-64:]
        assert len(told) == len(done) or len(told) >= 64
        told.clear()
        done.clear()


TestBreaker = Breaker.TestCase
TestBreaker.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
