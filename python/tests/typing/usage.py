"""Checked by `mypy --strict`, never run."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import assert_type

import overcurrent as oc

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


@db.with_fallback(lambda user_id, *, error: "cached")
def cached(user_id: int) -> str:
    return str(user_id)


assert_type(load(1, fresh=True), str)
assert_type(cached(1), str)
assert_type(db.call(load, 1), str)
assert_type(api.try_acquire(), bool)
assert_type(db.state, oc.State)
assert_type(api.peek().retry_after, float | None)
load("no")  # type: ignore[arg-type]
oc.CircuitBreaker("x", failure_rates=0.5)  # type: ignore[call-arg]


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
