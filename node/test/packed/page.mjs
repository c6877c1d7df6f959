// What the page does; its answers go to the test. `overcurrent` is whatever the page was built with.

import * as overcurrent from 'overcurrent/wasm';

const { BreakerOpenError, breaker, limiter, manualClock } = overcurrent;

async function aBreaker(origin) {
  const clock = manualClock();
  const db = breaker({ window: { calls: 4 }, minCalls: 4, failureRate: 0.5, openFor: '5s', trialCalls: 1, clock });
  const get = async (path) => {
    const response = await fetch(origin + path);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  };
  const seen = [];
  for (const path of ['/well', '/failing', '/well', '/failing']) {
    await db
      .call(() => get(path))
      .then(
        (body) => seen.push(body),
        (error) => seen.push(error.message),
      );
  }
  const refused = await db.call(() => get('/well')).catch((error) => error);
  const open = { state: db.state, isError: refused instanceof BreakerOpenError, retryAfterMs: refused.retryAfterMs };
  clock.advance(6_000);
  const trial = await db.call(() => get('/well'));
  return { seen, open, trial, after: db.state };
}

async function aLimiter() {
  const calls = limiter({ rate: 100, per: 's', burst: 3 });
  const taken = [1, 2, 3, 4].map(() => calls.tryAcquire());
  await calls.acquire();
  const given = new AbortController();
  const waiting = limiter({ rate: 1, per: 'h', burst: 1, initial: 0 }).acquire({ signal: given.signal, timeout: '2h' });
  given.abort(new Error('enough'));
  return { taken, aborted: await waiting.catch((error) => error.message) };
}

globalThis.run = async (origin) => ({
  engine: overcurrent.engine,
  breaker: await aBreaker(origin),
  limiter: await aLimiter(),
});
