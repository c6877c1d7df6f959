"""Circuit breakers, rate limiters and bulkheads for sync and async Python.

One object serves threads and event loops alike, without holding either. The engine below decides, this package
translates.
"""

from overcurrent import _fork  # noqa: F401 - says what a forked child has to do
from overcurrent._errors import (
    BulkheadFullError,
    CircuitOpenError,
    OvercurrentError,
    RateLimitedError,
    State,
    TimedOutError,
)
from overcurrent._fallback import Fallback
from overcurrent._gates import Bulkhead, CircuitBreaker, CycleLimiter, Journal, Pipeline, RateLimiter
from overcurrent._native import (
    Backoff,
    Event,
    Explanation,
    ManualClock,
    Peek,
    Permit,
    Reservation,
    RetryBudget,
    Stats,
    Stay,
    Subscription,
    Window,
    __version__,
    backoff,
    last_calls,
    last_seconds,
    longest_stay,
)
from overcurrent._pipe import Pipe, pipe
from overcurrent._registry import Registry
from overcurrent._retry import Retry
from overcurrent._timeout import Deadline, Timeout

__all__ = [
    "Backoff",
    "Bulkhead",
    "BulkheadFullError",
    "CircuitBreaker",
    "CircuitOpenError",
    "CycleLimiter",
    "Deadline",
    "Event",
    "Explanation",
    "Fallback",
    "Journal",
    "ManualClock",
    "OvercurrentError",
    "Peek",
    "Permit",
    "Pipe",
    "Pipeline",
    "RateLimitedError",
    "RateLimiter",
    "Registry",
    "Reservation",
    "Retry",
    "RetryBudget",
    "State",
    "Stats",
    "Stay",
    "Subscription",
    "TimedOutError",
    "Timeout",
    "Window",
    "__version__",
    "backoff",
    "last_calls",
    "last_seconds",
    "longest_stay",
    "pipe",
]
