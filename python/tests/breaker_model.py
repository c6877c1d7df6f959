"""A circuit breaker as one would write it on an afternoon: a list of outcomes and a string. Times are milliseconds."""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Plan:
    window: tuple = ("calls", 4)  # or ("slices", 3) of a second each
    min_calls: int = 2
    failure_rate: Fraction | None = Fraction(1, 2)
    slow_rate: Fraction | None = None
    slow_call: int = 100
    failure_count: int | None = None
    consecutive_failures: int | None = None
    first_wait: int = 5_000
    growth: int = 1
    longest_wait: int = 5_000
    trial_calls: int = 2
    trial_min: int = 2
    trial_timeout: tuple | None = None  # ("lease", ms), or ("stay", ms, "open" or "closed")
    auto_half_open: bool = False


@dataclass
class Ticket:
    generation: int
    trial: bool
    counts: bool
    entered: int


@dataclass
class Model:
    plan: Plan
    state: str = "closed"
    generation: int = 0
    trips: int = 0
    outcomes: list = field(default_factory=list)  # (slice, failed, slow)
    of_trials: bool = False
    in_a_row: int = 0
    taken: int = 0
    deadline: int | None = None
    refused: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)

    # The window

    def in_window(self, now):
        kind, length = self.plan.window
        if self.of_trials:
            return self.outcomes[-self.plan.trial_calls :]
        if kind == "calls":
            return self.outcomes[-length:]
        return [outcome for outcome in self.outcomes if outcome[0] > now // 1000 - length]

    def numbers(self, now):
        calls = self.in_window(now)
        failed, slow = sum(call[1] for call in calls), sum(call[2] for call in calls)
        return len(calls), failed, slow, sum(call[1] and call[2] for call in calls)

    # Changes of state

    def go(self, state):
        if state != self.state:
            self.changes.append((self.state, state))
        self.state = state

    def turn(self, state, trips):
        self.go(state)
        self.generation += 1
        self.trips = trips
        self.outcomes = []
        self.of_trials = state == "half-open"
        self.in_a_row = self.taken = 0
        self.deadline = None

    def open(self, now):
        wait = min(self.plan.first_wait * self.plan.growth**self.trips, self.plan.longest_wait)
        self.trips = min(self.trips + 1, 127)  # it is counted no further
        self.open_until(now + wait)

    def open_until(self, deadline):
        self.go("open")
        self.deadline = deadline

    def hold_open(self, deadline, now):
        """An answer that asks for peace: until the later of that time and what holds already."""
        generation = self.generation
        self.time_passes(now)
        if generation == self.generation and self.state == "closed":
            self.open_until(deadline)
        elif generation == self.generation and self.state == "open":
            self.deadline = max(self.deadline, deadline)

    def half_open(self, now):
        self.turn("half-open", self.trips)
        if self.plan.trial_timeout and self.plan.trial_timeout[0] == "stay":
            self.deadline = now + self.plan.trial_timeout[1]

    def time_passes(self, now):
        """What time alone does, step by step; a chain of more than 64 steps is cut short."""
        for step in range(128):
            limit, at = self.plan.trial_timeout, self.deadline if step < 64 else now
            if self.state == "open" and self.plan.auto_half_open and now >= self.deadline:
                self.half_open(at)
            elif self.state == "half-open" and limit and limit[0] == "stay" and now >= self.deadline:
                if limit[2] == "open":
                    self.open(at)
                else:
                    self.turn("closed", 0)
            elif self.state == "half-open" and limit and self.deadline is not None and now > self.deadline:
                self.decide(at, missing=self.plan.trial_calls - len(self.in_window(now)))
            else:
                return

    # Rules

    def must_open(self, now):
        calls, failed, slow, _ = self.numbers(now)
        plan = self.plan
        if calls >= plan.min_calls:
            for part, rate in ((failed, plan.failure_rate), (slow, plan.slow_rate)):
                if rate is not None and part and Fraction(part, calls) >= rate:
                    return True
        return (plan.failure_count is not None and failed >= plan.failure_count) or (
            plan.consecutive_failures is not None and self.in_a_row >= plan.consecutive_failures
        )

    def decide(self, now, missing=0):
        calls, failed, slow, _ = self.numbers(now)
        calls, failed = calls + missing, failed + missing
        rate = self.plan.failure_rate if self.plan.failure_rate is not None else Fraction(1, 2)
        bad = failed and Fraction(failed, calls) >= rate
        if bad or (self.plan.slow_rate is not None and slow and Fraction(slow, calls) >= self.plan.slow_rate):
            self.open(now)
        else:
            self.turn("closed", 0)

    # Calls

    def why_not(self, now):
        """The reason for which the next call would be refused, and the milliseconds to come back in."""
        if self.state == "forced-open":
            return "forced-open", None
        if self.state == "open" and now <= self.deadline:
            return "breaker-open", self.deadline - now
        if self.state == "half-open" and self.taken >= self.plan.trial_calls:
            return "trials-taken", None if self.deadline is None else self.deadline - now
        return None

    def enter(self, now):
        self.time_passes(now)
        if self.state == "half-open" and self.why_not(now) and len(self.in_window(now)) >= self.plan.trial_min:
            self.decide(now)
        why_not = self.why_not(now)
        if why_not:
            self.refused[self.generation] = self.refused.get(self.generation, 0) + 1
            return None, why_not
        if self.state == "open":
            self.half_open(now)
        trial = self.state == "half-open"
        if trial:
            self.taken += 1
            limit = self.plan.trial_timeout
            if limit and limit[0] == "lease" and self.taken == self.plan.trial_calls:
                self.deadline = now + limit[1]
        return Ticket(self.generation, trial, self.state != "disabled", now), None

    def leave(self, ticket, outcome, now, hold=None):
        if outcome == "ignored" or not ticket.counts:
            if ticket.trial and ticket.generation == self.generation and self.state == "half-open":
                self.taken -= 1
                if self.plan.trial_timeout and self.plan.trial_timeout[0] == "lease":
                    self.deadline = None
            return
        if ticket.trial:
            self.time_passes(now)
        if ticket.generation != self.generation:
            return
        plan = self.plan
        deciding = ticket.trial and self.state == "half-open"
        if not (deciding and len(self.in_window(now)) >= plan.trial_min):
            slow = plan.slow_rate is not None and now - ticket.entered > plan.slow_call
            self.outcomes.append((now // 1000, outcome == "failure", slow))
            self.in_a_row = self.in_a_row + 1 if outcome == "failure" else 0
        if self.state == "closed" and self.must_open(now):
            self.open(now)
        elif self.state == "half-open" and len(self.in_window(now)) >= plan.trial_min:
            self.decide(now)
        if hold is not None and ticket.generation == self.generation:
            self.hold_open(now + hold, now)

    def by_hand(self, state, now):
        self.time_passes(now)
        if (self.state, state) in {
            ("closed", "half-open"),
            ("metrics-only", "open"),
            ("metrics-only", "half-open"),
        }:
            return False
        if state == "open":
            self.open(now)
        elif state == "half-open":
            self.half_open(now)
        else:
            self.turn(state, min(self.trips + 1, 127) if state == "forced-open" else 0)
        return True
