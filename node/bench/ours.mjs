// The package's own cases, once for each engine.

import { work } from './floors.mjs';
import { bench } from './harness.mjs';

const PLENTY = { rate: 1_000_000, per: 'ms', burst: 1_000_000 };

/** A sliding window, and rules that a real service would have. */
const RULES = { window: { calls: 100 }, failureRate: 0.5, minCalls: 20, openFor: '1h' };

const open = (oc) => {
  const db = oc.breaker(RULES);
  db.open();
  return db;
};

/** Cases of a gate with `call`, each in a loop of its own. */
function calls(name, gate) {
  bench(name, async (times) => {
    for (let i = 0; i < times; i++) await gate.call(work);
  });
}

export function ours(oc, engine) {
  const calls100 = oc.limiter(PLENTY);
  bench(`${engine}: tryAcquire`, (times) => {
    for (let i = 0; i < times; i++) calls100.tryAcquire();
  });
  const used = oc.limiter({ rate: 1, per: 'd', burst: 1 });
  used.tryAcquire();
  bench(`${engine}: tryAcquire, refused`, (times) => {
    for (let i = 0; i < times; i++) used.tryAcquire();
  });
  bench(`${engine}: await acquire`, async (times) => {
    for (let i = 0; i < times; i++) await calls100.acquire();
  });
  calls(`${engine}: breaker, count window`, oc.breaker(RULES));
  calls(`${engine}: breaker, time window`, oc.breaker({ ...RULES, window: { time: '30s' } }));
  calls(`${engine}: breaker, slow-call rule`, oc.breaker({ ...RULES, slowCall: '2s', slowRate: 0.8 }));
  const wrapped = oc.breaker(RULES).wrap(work);
  bench(`${engine}: breaker, wrapped function`, async (times) => {
    for (let i = 0; i < times; i++) await wrapped();
  });
  const byHand = oc.breaker(RULES);
  bench(`${engine}: breaker, permit by hand`, async (times) => {
    for (let i = 0; i < times; i++) {
      const permit = byHand.enter();
      await work();
      permit.success();
    }
  });
  const value = open(oc);
  bench(`${engine}: refused, as a value`, async (times) => {
    for (let i = 0; i < times; i++) await value.tryCall(work);
  });
  const thrown = open(oc);
  bench(`${engine}: refused, thrown`, async (times) => {
    for (let i = 0; i < times; i++) {
      try {
        await thrown.call(work);
      } catch {}
    }
  });
  calls(`${engine}: bulkhead`, oc.bulkhead({ max: 8 }));
  calls(
    `${engine}: pipe(breaker, bulkhead, limiter)`,
    oc.pipe(oc.breaker(RULES), oc.bulkhead({ max: 8 }), oc.limiter(PLENTY)),
  );
  const all = () => oc.pipe(oc.retry({ attempts: 3 }), oc.breaker(RULES), oc.timeout('2s'), oc.bulkhead({ max: 8 }));
  calls(`${engine}: pipe(retry, breaker, timeout, bulkhead)`, all());
  const looking = all();
  const look = async ({ signal }) => signal.aborted;
  bench(`${engine}: the same, with a look at the signal`, async (times) => {
    for (let i = 0; i < times; i++) await looking.call(look);
  });
}
