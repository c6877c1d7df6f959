"""Nanoseconds of the thread's own time a call, beside floors and peers, round by round in one process.  bench.py [ROUNDS]

A program to read, not a test: it always succeeds. Start it with `make bench-python`, which builds and installs what it needs.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
import warnings
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module, metadata
from statistics import median
from typing import Any

import floor

import overcurrent as oc

CALLS = 10_000


@dataclass
class Case:
    """Something to do `CALLS` times, and how many nanoseconds one of them took in each round."""

    name: str
    run: Callable[[int], Any]
    rounds: list[float] = field(default_factory=list)

    @property
    def least(self) -> float:
        return min(self.rounds)


CASES: dict[str, Case] = {}


def case(name: str, call: Callable[[], Any]) -> None:
    def run(times: int) -> None:
        for _ in range(times):
            call()

    CASES[name] = Case(name, run)


def case_of(name: str, call: Callable[[Any], Any], argument: Any) -> None:
    def run(times: int) -> None:
        for _ in range(times):
            call(argument)

    CASES[name] = Case(name, run)


def case_with_keyword(name: str, call: Callable[..., Any]) -> None:
    def run(times: int) -> None:
        for _ in range(times):
            call(1, b=3)

    CASES[name] = Case(name, run)


def awaited(name: str, call: Callable[[], Any]) -> None:
    async def run(times: int) -> None:
        for _ in range(times):
            await call()

    CASES[name] = Case(name, run)


def plain() -> None:
    pass


def plain_with(a: int, *, b: int) -> None:
    pass


async def aplain() -> None:
    pass


def floors() -> None:
    clock = floor.Clock()
    case("floor: Python call", plain)
    case_with_keyword("floor: Python call, keyword", plain_with)
    case("floor: native method", clock.nothing)
    case("floor: native method that reads the clock", clock.read)
    awaited("floor: await an empty coroutine", aplain)


def ours() -> None:
    many: dict[str, Any] = {"per": 1e-3, "burst": 10**6}
    breaker, limiter = oc.CircuitBreaker("bench"), oc.RateLimiter(10**6, **many)
    empty = oc.RateLimiter(1, per=3600)
    empty.try_acquire()
    pipeline = oc.Pipeline(oc.CircuitBreaker("bench"), oc.RateLimiter(10**6, **many), oc.Bulkhead(8))
    case("try_acquire", limiter.try_acquire)
    case("try_acquire, refused", empty.try_acquire)
    awaited("acquire_async, no wait", limiter.acquire_async)
    case("@breaker", breaker(plain))
    case_with_keyword("@breaker, keyword", breaker(plain_with))
    case("@bulkhead", oc.Bulkhead(8)(plain))
    case("@pipeline of three", pipeline(plain))
    awaited("@breaker, async", breaker(aplain))
    awaited("@pipeline of three, async", pipeline(aplain))
    case_of("breaker.call", breaker.call, plain)
    case_of("pipeline.call", pipeline.call, plain)

    def block(permit: Callable[[], oc.Permit] = breaker.permit) -> None:
        with permit():
            pass

    def block_of_three(permit: Callable[[], oc.Permit] = pipeline.permit) -> None:
        with permit():
            pass

    case("with breaker.permit()", block)
    case("with pipeline.permit()", block_of_three)


def peer_breakers() -> None:
    def circuitbreaker(it: Any) -> None:
        case("circuitbreaker @", it.CircuitBreaker(name="sync")(plain))
        case_with_keyword("circuitbreaker @, keyword", it.CircuitBreaker(name="keyword")(plain_with))
        awaited("circuitbreaker @, async", it.CircuitBreaker(name="async")(aplain))

    def purgatory(it: Any) -> None:
        case("purgatory @", it.SyncCircuitBreakerFactory()("sync")(plain))
        factory = it.AsyncCircuitBreakerFactory()
        awaited("purgatory @, async", factory("async")(aplain))

    peer("circuitbreaker", circuitbreaker)
    peer("pybreaker", lambda it: case("pybreaker @", it.CircuitBreaker()(plain)))
    peer("purgatory", purgatory)
    peer("aiobreaker", lambda it: awaited("aiobreaker @, async", it.CircuitBreaker()(aplain)))


def peer_limiters() -> None:
    def limits(it: Any) -> None:
        limit = it.parse("1000000000/second")
        for strategy in ("FixedWindow", "SlidingWindowCounter"):  # the moving window's list grows with every call
            case_of(
                f"limits {strategy}",
                getattr(it.strategies, f"{strategy}RateLimiter")(it.storage.MemoryStorage()).hit,
                limit,
            )

    def aiolimiter(it: Any) -> None:
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="aiolimiter")  # one loop for each round
        awaited("aiolimiter acquire", it.AsyncLimiter(10**9, 1).acquire)

    def pyrate_limiter(it: Any) -> None:
        limiter = it.Limiter(it.Rate(10**9, it.Duration.SECOND))
        case_of("pyrate-limiter try_acquire", limiter.try_acquire, "key")

    def throttled(it: Any) -> None:
        quota = it.per_sec(10**9, burst=10**9)
        for using in ("token_bucket", "gcra"):
            limit = it.Throttled(key="key", using=using, quota=quota).limit
            case(f"throttled-py {using}", limit)

    def rust_py_rate_limit(it: Any) -> None:
        case_of("rust-py-rate-limit allow", it.RateLimiter(limit=10**9, window_seconds=60).allow, "key")

    def floodgate(it: Any) -> None:
        case_of("floodgate-rs trigger", it.FixedMapping(10**9, timedelta(seconds=3600)).trigger, "key")

    peer("limits", limits)
    peer("aiolimiter", aiolimiter)
    peer("pyrate_limiter", pyrate_limiter)
    peer("throttled", throttled)
    peer("rust_py_rate_limit", rust_py_rate_limit)
    peer("floodgate", floodgate)


def peer(module: str, add: Callable[[Any], None]) -> None:
    try:
        add(import_module(module))
    except ImportError as error:
        print(f"left out: {module} ({error})")


def measure(rounds: int) -> None:
    async def timed(run: Callable[[int], Coroutine[Any, Any, None]], times: int) -> int:
        began = time.thread_time_ns()
        await run(times)
        return time.thread_time_ns() - began

    # Two to warm up, of which nothing is kept.
    for number in range(-2, rounds):
        for it in CASES.values():
            if inspect.iscoroutinefunction(it.run):
                took = asyncio.run(timed(it.run, CALLS))
            else:
                began = time.thread_time_ns()
                it.run(CALLS)
                took = time.thread_time_ns() - began
            if number >= 0:
                it.rounds.append(took / CALLS)


@dataclass
class Bar:
    """`what` is to take at most `times` as long as `beside`, or `beside` at least so much longer than `what`."""

    what: str
    beside: str
    times: float
    faster: bool = False

    def judge(self) -> str:
        what, beside = CASES.get(self.what), CASES.get(self.beside)
        if what is None or beside is None:
            return f"  not measured  {self.what} beside {self.beside}"
        over, under = (beside, what) if self.faster else (what, beside)
        ratio = over.least / under.least
        usual = median(a / b for a, b in zip(over.rounds, under.rounds, strict=True))
        met = ratio >= self.times if self.faster else ratio <= self.times
        said = f"{usual:.2f} x, bar {'>=' if self.faster else '<='} {self.times}"
        return f"  {'met   ' if met else 'MISSED'}  {self.what} / {self.beside}: {ratio:.2f} x (median {said})"


def bars() -> list[Bar]:
    call = 4.5 if sys.version_info < (3, 12) else 4.0
    return [
        Bar("try_acquire", "floor: native method that reads the clock", 1.3),
        Bar("try_acquire", "limits FixedWindow", 50, faster=True),
        Bar("try_acquire", "rust-py-rate-limit allow", 2.5, faster=True),
        Bar("try_acquire", "floodgate-rs trigger", 2.5, faster=True),
        Bar("@breaker", "floor: Python call", call),
        Bar("@breaker, keyword", "floor: Python call, keyword", call),
        Bar("@breaker", "circuitbreaker @", 5, faster=True),
        Bar("@breaker, keyword", "circuitbreaker @, keyword", 5, faster=True),
        Bar("@breaker, async", "circuitbreaker @, async", 4, faster=True),
        Bar("acquire_async, no wait", "aiolimiter acquire", 8, faster=True),
        Bar("@pipeline of three", "@breaker", 2),
        Bar("@pipeline of three, async", "@breaker, async", 2),
        Bar("pipeline.call", "breaker.call", 2),
        Bar("with pipeline.permit()", "with breaker.permit()", 2),
    ]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    floors()
    ours()
    peer_breakers()
    peer_limiters()
    measure(rounds)
    print(f"overcurrent {metadata.version('overcurrent')}, Python {sys.version.split()[0]}, {rounds} rounds")
    print(f"{'ns a call':44} {'least':>8} {'median':>8}")
    for it in CASES.values():
        print(f"{it.name:44} {it.least:8.0f} {median(it.rounds):8.0f}")
    print("\nbars, by the least of each, and the median of the rounds' ratios beside")
    for bar in bars():
        print(bar.judge())


if __name__ == "__main__":
    main()
