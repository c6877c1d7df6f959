"""Nanoseconds a call, minima of interleaved rounds, beside the floors and whichever peers are installed.  bench.py [ROUNDS]"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import overcurrent as oc

CASES: dict[str, Callable[[int], Any]] = {}


def plain() -> None:
    pass


async def aplain() -> None:
    pass


def loop(name: str, call: Callable[[], Any]) -> None:
    def run(times: int) -> None:
        for _ in range(times):
            call()

    CASES[name] = run


def aloop(name: str, call: Callable[[], Any]) -> None:
    async def run(times: int) -> None:
        for _ in range(times):
            await call()

    CASES[name] = run


def peer(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        return None


def cases() -> None:
    many: dict[str, Any] = {"per": 1e-3, "burst": 10**6}
    breaker, limiter = oc.CircuitBreaker("bench"), oc.RateLimiter(10**6, **many)
    guard = oc.Pipeline(oc.CircuitBreaker("bench"), oc.RateLimiter(10**6, **many), oc.Bulkhead(8))
    empty = oc.RateLimiter(1, per=3600)
    empty.try_acquire()
    loop("floor: Python call", plain)
    loop("floor: time.monotonic", time.monotonic)
    aloop("floor: await an empty coroutine", aplain)
    loop("overcurrent try_acquire", limiter.try_acquire)
    loop("overcurrent try_acquire, refused", empty.try_acquire)
    aloop("overcurrent acquire_async, no wait", limiter.acquire_async)
    loop("overcurrent @breaker", breaker(plain))
    loop("overcurrent breaker.call", lambda call=breaker.call: call(plain))  # type: ignore[misc]
    loop("overcurrent @pipeline of three", guard(plain))
    aloop("overcurrent @breaker async", breaker(aplain))

    def block() -> None:
        with breaker.permit():
            pass

    loop("overcurrent with permit", block)
    if it := peer("circuitbreaker"):
        loop("circuitbreaker @", it.CircuitBreaker(name="s")(plain))
        aloop("circuitbreaker @ async", it.CircuitBreaker(name="a")(aplain))
    if it := peer("pybreaker"):
        loop("pybreaker @", it.CircuitBreaker()(plain))
    if it := peer("limits"):
        fixed = it.strategies.FixedWindowRateLimiter(it.storage.MemoryStorage())
        limit = it.parse("1000000000/second")
        loop("limits hit (fixed window)", lambda: fixed.hit(limit, "k"))
    if it := peer("aiolimiter"):
        aloop("aiolimiter acquire", it.AsyncLimiter(10**9, 1).acquire)


def measure(run: Callable[[int], Any], times: int) -> float:
    if asyncio.iscoroutinefunction(run):

        async def timed() -> float:
            began = time.perf_counter_ns()
            await run(times)
            return (time.perf_counter_ns() - began) / times

        return asyncio.run(timed())
    began = time.perf_counter_ns()
    run(times)
    return (time.perf_counter_ns() - began) / times


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    cases()
    best = dict.fromkeys(CASES, float("inf"))
    for _ in range(rounds):
        for name, run in CASES.items():
            best[name] = min(best[name], measure(run, 20_000))
    for name, time_ in best.items():
        print(f"{name:38} {time_:8.0f} ns")


if __name__ == "__main__":
    main()
