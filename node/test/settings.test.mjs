// Settings: refused by name, changed while a gate runs, states kept over a restart, states set by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oc from 'overcurrent';

const fails = async (gate, calls) => {
  for (let n = 0; n < calls; n++) await assert.rejects(gate.call(() => Promise.reject(new Error('no'))));
};

const WRONG = [
  [() => oc.breaker({ minCalls: 101 }), 'minCalls is 101; allowed: 1 to 100'],
  [() => oc.breaker({ failureRate: 1.5 }), 'failureRate is 1.5; allowed: 0.00001 to 1'],
  [() => oc.breaker({ failureRate: Number.NaN }), 'failureRate is NaN; allowed: 0.00001 to 1'],
  [() => oc.breaker({ window: { calls: 0 } }), 'window.calls is 0; allowed: 1 to 32767'],
  [() => oc.breaker({ trialCalls: 70_000 }), 'trialCalls is 70000; allowed: 0 to 65535'],
  [() => oc.breaker({ openFor: 0 }), /^openFor is 0; /],
  [() => oc.breaker({ openFor: '3 weeks' }), /^openFor is '3 weeks'; allowed: a length of time/],
  [() => oc.breaker({ slowRate: 0.5 }), /^slowRate is 0.5; allowed: only with slowCall/],
  [() => oc.breaker({ state: 'ajar' }), /^state is 'ajar'; allowed: 'closed', 'open', /],
  [() => oc.breaker({ failureRat: 0.5 }), /^breaker option is 'failureRat'; allowed: window, /],
  [() => oc.limiter({ rate: 0 }), 'rate is 0; allowed: 1 to 1000000000'],
  [() => oc.limiter({ rate: 2, per: -1 }), /^per is -1; /],
  [() => oc.limiter({ rate: 10, burst: 0 }), /^burst is 0; allowed: 1 to /],
  [() => oc.limiter({ rate: 10, burst: 3, initial: 4 }), 'initial is 4; allowed: 0 to 3'],
  [() => oc.cycleLimiter({ limit: 0 }), /^limit is 0; allowed: 1 to /],
  [() => oc.bulkhead({ max: -1 }), /^max is -1; /],
  [() => oc.bulkhead({ max: 2 ** 31 }), 'max is 2147483648; allowed: 0 to 2147483647'],
  [() => oc.retry({ backoff: { factor: 0.5 } }), 'backoff.factor is 0.5; allowed: 1 to 1000'],
  [() => oc.retry({ budget: { ratio: 2 } }), 'budget.ratio is 2; allowed: 0 to 1'],
  [() => oc.timeout('soon'), /^timeout is 'soon'; /],
];

test('a wrong setting is named, with its value and what is allowed', () => {
  for (const [make, message] of WRONG) {
    assert.throws(make, (error) => {
      assert.ok(error instanceof oc.ConfigError && error instanceof RangeError, String(error));
      assert.equal(error.code, 'ERR_CONFIG');
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    });
  }
});

test('a breaker takes new settings and keeps its history', async () => {
  const clock = oc.manualClock();
  const db = oc.breaker({ window: { calls: 10 }, minCalls: 10, clock });
  await fails(db, 4);
  db.reconfigure({ minCalls: 5, consecutiveFailures: 0 });
  await fails(db, 1);
  assert.equal(db.state, 'open');
  assert.throws(() => db.reconfigure({ minCalls: 11 }), oc.ConfigError);
  db.reconfigure({ openFor: '1s' });
  db.close();
  db.reconfigure({ slowCall: 10, slowRate: 1, minCalls: 1 });
  await db.call(() => clock.advance(11));
  assert.equal(db.state, 'open', 'the new slow rule counts');
  assert.equal(db.explain().endsInMs, 1_000);
});

test('a limiter keeps what was used when its rate changes, and whoever waits asks again', async () => {
  const clock = oc.manualClock();
  const api = oc.limiter({ rate: 10, per: 'h', clock });
  assert.equal(api.tryAcquire(10), true);
  let got = false;
  const waits = api.acquire().then(() => (got = true));
  clock.advance(1_000);
  api.reconfigure({ rate: 10, per: 's' });
  clock.advance(100);
  await waits;
  assert.equal(got, true);
  assert.deepEqual(api.peek().remaining, 0);
});

test('a bulkhead grows for those who wait and shrinks without ending anybody', async () => {
  const slots = oc.bulkhead({ max: 1 });
  const first = slots.tryAcquire();
  const second = slots.acquire();
  slots.reconfigure({ max: 2 });
  (await second).release();
  slots.reconfigure({ max: 0 });
  assert.deepEqual([slots.inFlight, slots.available], [1, 0]);
  first.release();
  assert.equal(slots.tryAcquire(), undefined);
});

test('a snapshot goes on where it was, as much later as it is old', async () => {
  const clock = oc.manualClock(5_000);
  const db = oc.breaker({ window: { calls: 1_000 }, minCalls: 2, openFor: '30s', clock });
  await fails(db, 2);
  const api = oc.limiter({ rate: 1, per: 's', burst: 5, clock });
  api.tryAcquire(5);
  const cycles = oc.cycleLimiter({ limit: 3, clock });
  cycles.tryAcquire(2);
  const saved = [db, api, cycles].map((gate) => gate.snapshot());
  const later = oc.manualClock();
  const db2 = oc.breaker({ window: { calls: 1_000 }, minCalls: 2, openFor: '30s', clock: later });
  db2.restore(saved[0], { age: '10s' });
  assert.deepEqual([db2.state, db2.explain().endsInMs, db2.metrics().failed], ['open', 20_000, 2]);
  const api2 = oc.limiter({ rate: 1, per: 's', burst: 5, clock: later });
  api2.restore(saved[1], { age: '2s' });
  assert.equal(api2.peek().remaining, 2);
  const cycles2 = oc.cycleLimiter({ limit: 3, clock: later });
  cycles2.restore(saved[2]);
  assert.equal(cycles2.peek().balance, 1);
  assert.throws(() => db2.restore(saved[1]), /the snapshot cannot be used: it is of another kind of gate/);
  saved[0][9] ^= 1;
  assert.throws(() => db2.restore(saved[0]), /bytes have changed/);
  assert.throws(() => db2.restore(new Uint8Array(3)), /it is not a snapshot/);
  assert.equal(db2.state, 'open');
});

test('a snapshot of the largest window fits', async () => {
  const clock = oc.manualClock();
  const wide = () => oc.breaker({ window: { calls: 32_767 }, minCalls: 32_767, slowCall: 1, clock });
  const from = wide();
  for (let n = 0; n < 33_000; n++) from.recordUntracked(n % 3 ? 'success' : 'failure', n % 2);
  const to = wide();
  to.restore(from.snapshot());
  assert.deepEqual(to.metrics().failed, from.metrics().failed);
  assert.deepEqual(to.metrics().calls, 32_767);
});

test('by hand', async () => {
  const clock = oc.manualClock(1_000);
  const db = oc.breaker({ clock });
  const after = (act) => {
    act();
    return db.state;
  };
  assert.deepEqual(
    [
      after(() => db.forceOpen()),
      after(() => db.disable()),
      after(() => db.metricsOnly()),
      after(() => db.close()),
      after(() => db.open()),
      after(() => db.halfOpen()),
      after(() => db.reset()),
      after(() => db.openFor('3s')),
    ],
    ['forced-open', 'disabled', 'metrics-only', 'closed', 'open', 'half-open', 'closed', 'open'],
  );
  assert.equal(db.explain().endsInMs, 3_000);
  db.openUntil(9_000);
  assert.equal(db.explain().endsInMs, 8_000);
  db.openUntil(new Date(Date.now() + 60_000));
  assert.ok(Math.abs(db.explain().endsInMs - 60_000) < 1_000);
  db.metricsOnly();
  assert.throws(
    () => db.open(),
    (error) => error instanceof oc.TransitionError && error.code === 'ERR_TRANSITION',
  );
  const api = oc.limiter({ rate: 5, clock });
  api.penalizeUntil(4_000);
  assert.equal(api.peek().retryAfterMs, 3_000);
  api.reset();
  assert.equal(api.peek().remaining, 5);
  assert.deepEqual([api.acquireUpTo(3), api.acquireUpTo(3)], [3, 2]);
  api.reset();
  assert.deepEqual([api.tryAcquireDebt(8), api.peek().retryAfterMs], [true, 800]);
});

test('the same name in a registry is the same gate, and the same settings', () => {
  const gates = oc.registry({ breaker: { failureRate: 0.25, window: { calls: 50 } } });
  const db = gates.breaker('db', { openFor: '5s' });
  assert.equal(gates.breaker('db'), db);
  assert.equal(gates.breaker('db', { openFor: '5s' }), db);
  assert.throws(
    () => gates.breaker('db', { openFor: '6s' }),
    /^ConfigError: openFor is '6s'; allowed: what 'db' was made with: 5s$/,
  );
  assert.throws(() => gates.limiter('db', { rate: 1 }), oc.ConfigError);
  assert.equal(db.explain().failureRateThreshold, 0.25);
  const api = gates.limiter('api', { rate: 3 });
  gates.bulkhead('slots', { max: 2 });
  gates.cycleLimiter('cycles', { limit: 4 });
  assert.deepEqual(
    gates.metrics().map(({ kind, name }) => [kind, name]),
    [
      ['breaker', 'db'],
      ['limiter', 'api'],
      ['bulkhead', 'slots'],
      ['cycle-limiter', 'cycles'],
    ],
  );
  assert.deepEqual(
    [...gates].map(([name]) => name),
    ['db', 'api', 'slots', 'cycles'],
  );
  assert.equal(gates.get('api'), api);
  assert.equal(gates.delete('api'), true);
  assert.notEqual(gates.limiter('api', { rate: 9 }), api);
});

test('a shared gate of other settings is an error that names the first that differs', () => {
  if (oc.engine === 'wasm') {
    // WebAssembly has no threads to share with, and says so instead of admitting too much.
    assert.throws(() => oc.limiter({ name: 'quota', rate: 3, shared: true }), /needs the native engine/);
    return;
  }
  oc.limiter({ name: 'quota', rate: 3, shared: true });
  assert.throws(
    () => oc.limiter({ name: 'quota', rate: 4, shared: true }),
    /^ConfigError: rate is 4; allowed: 3, which the 'quota' of the other thread has$/,
  );
  assert.throws(
    () => oc.limiter({ name: 'quota', rate: 3, burst: 9, shared: true }),
    /^ConfigError: burst is 9; allowed: not set/,
  );
  assert.equal(oc.limiter({ name: 'quota', rate: 3, shared: true }).tryAcquire(3), true);
  assert.equal(oc.limiter({ name: 'quota', rate: 3, shared: true }).tryAcquire(), false);
});
