"""Checked by mypy and pyright, both strict; never run."""
# pyright: strict

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import assert_type

import overcurrent as oc
from overcurrent import testing

db = oc.CircuitBreaker(
    "db",
    window=oc.last_seconds(timedelta(seconds=30)),
    failure_rate=0.25,
    open_for=oc.backoff(1, max=60),
    failures=(OSError, TimeoutError),
    ignore=lambda error: getattr(error, "status", 500) < 500,
)
api = oc.RateLimiter(100, per=1.0, burst=20)
guard = oc.Pipeline(db, api, oc.Bulkhead(16))


@db
def load(user_id: int, *, fresh: bool = False) -> str:
    return str(user_id)


@guard
async def fetch(url: str) -> bytes:
    return url.encode()


@db
def rows() -> Iterator[int]:
    yield 1


@db
async def stream() -> AsyncIterator[int]:
    yield 1


def instead(number: int, *, error: Exception) -> str:
    return f"{number}: {error}"


@db.with_fallback(instead)
def cached(user_id: int) -> str:
    return str(user_id)


assert_type(load(1, fresh=True), str)
assert_type(cached(1), str)
assert_type(db.call(load, 1), str)
assert_type(api.try_acquire(), bool)
assert_type(db.state, oc.State)
assert_type(api.peek().retry_after, float | None)
load("no")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
oc.CircuitBreaker("x", failure_rates=0.5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
oc.RateLimiter("5/s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def main() -> None:
    assert_type(await fetch("x"), bytes)
    assert_type(await guard.call_async(fetch, "x"), bytes)
    assert_type(await api.acquire_async(2, timeout=1.5), None)
    async with db.permit() as permit:
        assert_type(permit, oc.Permit)
        permit.fail(retry_after=3)
    async with await oc.Bulkhead(2).acquire_async():
        pass
    async for number in stream():
        assert_type(number, int)


retry = oc.Retry(3, on=(OSError,), budget=oc.RetryBudget(), failure_result=lambda answer: answer is None)
names = oc.Registry({"breaker": {"min_calls": 20}})


@retry
@guard
@oc.Timeout(timedelta(seconds=1.5))
async def carefully(url: str) -> bytes:
    return url.encode()


calls = oc.pipe(oc.Fallback(instead), retry, oc.pipe(guard), db, api, oc.Timeout(1))


@calls
async def through_all(url: str) -> bytes:
    return url.encode()


retry.reconfigure(attempts=4, max_wait=timedelta(seconds=1))
oc.Timeout(1).reconfigure(timedelta(seconds=2))
retry.reconfigure(attempt=4)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
oc.pipe(oc.RetryBudget())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@oc.Fallback(instead, on=TimeoutError)
def other(number: int) -> str:
    return str(number)


class Client:
    @db
    def ask(self, number: int) -> str:
        return str(number)

    @guard
    async def ask_async(self, number: int) -> str:
        return str(number)


def told(event: oc.Event) -> None:
    assert_type(event.old, oc.State | None)


async def more() -> None:
    assert_type(await carefully("x"), bytes)
    assert_type(await retry.call_async(fetch, "x"), bytes)
    assert_type(await oc.Timeout(1).call_async(fetch, "x"), bytes)
    assert_type(retry.call(load, 1), str)
    assert_type(await through_all("x"), bytes)
    assert_type(calls.call(load, 1), str)
    assert_type(await calls.call_async(fetch, "x"), bytes)
    assert_type(other(1), str)
    assert_type(Client().ask(1), str)
    assert_type(await Client().ask_async(1), str)
    assert_type(oc.Deadline(2).remaining(), float)
    assert_type(names.breaker("db"), oc.CircuitBreaker)
    assert_type(names.limiter("api", 5), oc.RateLimiter)
    assert_type(names.snapshot(), dict[str, str])
    assert_type(db.on_event(told), oc.Subscription)
    assert_type(db.on_event(oc.Journal()), oc.Subscription)
    assert_type(db.snapshot(), bytes)
    with testing.disabled(), testing.no_waits(attempts=2):
        pass
    async with api, api:
        pass
    with api:
        pass
    assert_type(api.reserve(2, max_wait=1).wait, float)
    assert_type(guard.gates, tuple[oc.CircuitBreaker | oc.RateLimiter | oc.CycleLimiter | oc.Bulkhead, ...])
    try:
        await fetch("x")
    except oc.TimedOutError as late:
        assert_type(late.timeout, float)
    except oc.OvercurrentError as refused:
        assert_type(refused.retry_after, float | None)
