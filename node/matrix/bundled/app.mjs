// What people write: names from the package. What it answers must be the same, whatever has bundled it.

import { breaker, bulkhead, engine, limiter, manualClock, pipe, retry, timeout } from 'overcurrent';

async function answer() {
  const clock = manualClock();
  const db = breaker({ window: { calls: 4 }, minCalls: 4, openFor: '5s', trialCalls: 1, clock });
  const calls = limiter({ rate: 1, per: 's', burst: 2, clock });
  const all = pipe(retry({ attempts: 2, backoff: { initial: 1 } }), timeout('1s'), bulkhead({ max: 1 }));

  const answers = { engine, permits: [calls.tryAcquire(), calls.tryAcquire(), calls.tryAcquire()] };
  for (const well of [true, false, true, false]) {
    await db.call(async () => well || Promise.reject(new Error('no'))).catch(() => {});
  }
  answers.open = await db.tryCall(() => 1);
  clock.advance(5_001);
  answers.trial = await db.call(() => 'well');
  answers.state = db.state;
  let attempts = 0;
  answers.attempts = await all.call(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('once');
    return attempts;
  });
  return answers;
}

answer().then((answers) => console.log(JSON.stringify(answers)));
