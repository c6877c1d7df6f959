"""Refusals explain themselves, by the gate that refused."""

import asyncio
import pickle

import pytest

import overcurrent as oc


def refusals():
    clock = oc.ManualClock()
    breaker = oc.CircuitBreaker("db", open_for=5, clock=clock)
    breaker.open()
    limiter = oc.RateLimiter(1, per=4, name="api", clock=clock)
    cycle = oc.CycleLimiter(1, period=4, name="cycle", clock=clock)
    pool = oc.Bulkhead(0, name="pool")
    limiter.try_acquire(), cycle.try_acquire()
    pipeline = oc.Pipeline(oc.CircuitBreaker("fine", clock=clock), limiter)

    async def guarded():
        pass

    return [
        (breaker, breaker.enter),
        (breaker, breaker.permit().__enter__),
        (breaker, breaker(len)),
        (breaker, lambda: breaker.call(len)),
        (breaker, lambda: asyncio.run(breaker(guarded)())),
        (limiter, lambda: limiter.acquire(timeout=1)),
        (limiter, lambda: limiter.reserve(max_wait=0)),
        (limiter, lambda: asyncio.run(limiter.acquire_async(timeout=1))),
        (limiter, pipeline.enter),
        (cycle, lambda: cycle.acquire(timeout=1)),
        (cycle, cycle.reserve),
        (cycle, lambda: asyncio.run(cycle.acquire_async(timeout=1))),
        (pool, pool.enter),
        (pool, lambda: pool.acquire(timeout=0)),
    ]


@pytest.mark.parametrize("number", range(14))
def test_a_refusal_knows_its_gate(number):
    gate, refused = refusals()[number]
    with pytest.raises(oc.OvercurrentError) as caught:
        refused()
    error = caught.value
    assert error.gate is gate
    assert error.name == gate.name
    said = error.explain()
    assert gate.name in said
    again = pickle.loads(pickle.dumps(error))
    assert again.gate is None
    assert again.explain() == str(again) == str(error)


def test_what_they_say():
    said = {type(gate): None for gate, _ in refusals()}
    for gate, refused in refusals():
        try:
            refused()
        except oc.OvercurrentError as error:
            said[type(gate)] = error.explain()
    assert "of 0 calls failed; the next call is refused (breaker-open), come back in 5.000 s" in said[oc.CircuitBreaker]
    assert "Peek(remaining=0, reset_after=4.0, retry_after=4.0)" in said[oc.RateLimiter]
    assert "CycleLimiter(1, period=4.0" in said[oc.CycleLimiter]
    assert "<Bulkhead 'pool' 0 of 0>" in said[oc.Bulkhead]
