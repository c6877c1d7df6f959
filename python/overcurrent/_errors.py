"""What a refused caller gets."""

from __future__ import annotations

from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from overcurrent._native import Breaker, Bulkhead, CycleLimiter, RateLimiter


class State(StrEnum):
    """The states of a circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    DISABLED = "disabled"
    FORCED_OPEN = "forced-open"
    METRICS_ONLY = "metrics-only"


_TEXTS = {
    "rate-limited": "no permit now",
    "cost-exceeds-burst": "asks for more permits than there can ever be",
    "breaker-open": "the circuit is open",
    "trials-taken": "the circuit is half-open and every trial call is out",
    "forced-open": "the circuit was forced open by hand",
    "bulkhead-full": "every slot is taken",
}


class OvercurrentError(Exception):
    """A gate refused a call: by whose name, for which reason, and after how many seconds to come back."""

    name: str
    reason: str
    retry_after: float | None
    gate: Breaker | RateLimiter | CycleLimiter | Bulkhead | None = None
    """The gate that refused; `None` once the error has been pickled, or made by hand."""

    def __init__(self, name: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(name, reason, retry_after)
        self.name = name
        self.reason = reason
        self.retry_after = retry_after

    def __str__(self) -> str:
        text = f"{self.name}: {_TEXTS.get(self.reason, self.reason)}"
        return text if self.retry_after is None else f"{text}; come back in {self.retry_after:.3f} s"

    def __reduce__(self) -> tuple[Any, ...]:
        # Not the gate: it stays where it is.
        return type(self), self.args, {key: value for key, value in self.__dict__.items() if key != "gate"}

    def explain(self) -> str:
        """The numbers behind it, as the gate has them now."""
        from overcurrent._native import Breaker, RateLimiter

        if self.gate is None:
            return str(self)
        if isinstance(self.gate, Breaker):
            return str(self.gate.explain())
        look = f", {self.gate.peek()!r}" if isinstance(self.gate, RateLimiter) else ""
        return f"{self}; {self.gate!r}{look}"


class CircuitOpenError(OvercurrentError):
    """The breaker lets no call through."""


class RateLimitedError(OvercurrentError):
    """The limiter has no permit."""


class BulkheadFullError(OvercurrentError):
    """The bulkhead has no slot."""


class TimedOutError(TimeoutError):
    """A call was not done in time. No refusal: it is a failure of what was called."""

    name: str
    timeout: float

    def __init__(self, name: str, timeout: float) -> None:
        super().__init__(f"{name}: no result within {timeout} s")
        self.name = name
        self.timeout = timeout

    def __reduce__(self) -> tuple[type[TimedOutError], tuple[str, float]]:
        return type(self), (self.name, self.timeout)


for _error in (OvercurrentError, CircuitOpenError, RateLimitedError, BulkheadFullError, TimedOutError):
    _error.__module__ = "overcurrent"  # as users know them, in their tracebacks
