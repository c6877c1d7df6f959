// How calls go through policies: outcomes, retries, timeouts, fallbacks, several as one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oc from 'overcurrent';

const soon = () => new Promise((resolve) => setImmediate(resolve));
const counts = (gate) => {
  const { calls, failed } = gate.metrics();
  return [calls, failed];
};

test('outcomes: values, rejections, throws, thenables', async () => {
  const db = oc.breaker({ clock: oc.manualClock() });
  assert.equal(await db.call(() => 1), 1);
  assert.equal(await db.call(async () => 2), 2);
  assert.equal(await db.call(() => ({ then: (resolve) => resolve(3) })), 3);
  const error = new Error('thrown');
  await assert.rejects(
    db.call(() => {
      throw error;
    }),
    (same) => same === error,
  );
  await assert.rejects(
    db.call(() => Promise.reject(error)),
    (same) => same === error,
  );
  await assert.rejects(
    db.call(() => ({ then: (_, reject) => reject(error) })),
    (same) => same === error,
  );
  assert.deepEqual(counts(db), [6, 3]);
});

test('rules say what a failure is; one that throws counts a failure and is heard', async () => {
  const db = oc.breaker({
    clock: oc.manualClock(),
    isFailure: ({ code }) => (code === 404 ? 'ignore' : code >= 500),
    isFailureResult: (value) => {
      if (value === 'odd') throw new Error('of the rule');
      return value === 'bad';
    },
  });
  for (const code of [400, 404, 503]) await assert.rejects(db.call(() => Promise.reject({ code })));
  assert.deepEqual(counts(db), [2, 1]);
  await db.call(() => 'bad');
  await db.call(() => 'good');
  await assert.rejects(
    db.call(() => 'odd'),
    /of the rule/,
  );
  await assert.rejects(
    db.call(async () => 'odd'),
    /of the rule/,
  );
  assert.deepEqual(counts(db), [6, 4]);
});

test('a refusal by another gate says nothing about the other side', async () => {
  const db = oc.breaker({ clock: oc.manualClock() });
  const full = oc.bulkhead({ max: 0 });
  await assert.rejects(
    db.call(() => full.call(() => 1)),
    oc.BulkheadFullError,
  );
  assert.deepEqual(counts(db), [0, 0]);
});

test('errors have a code, a wait and no stack, until they are asked for one', async () => {
  const db = oc.breaker({ name: 'db', clock: oc.manualClock() });
  db.openFor('2s');
  const refused = () => db.call(() => 1).then(assert.fail, (error) => error);
  const error = await refused();
  assert.ok(error instanceof oc.BreakerOpenError && error instanceof oc.RefusedError && error instanceof Error);
  const { name, code, gate, reason, message } = error;
  assert.deepEqual(
    { name, code, gate, reason, message },
    {
      name: 'BreakerOpenError',
      code: 'ERR_BREAKER_OPEN',
      gate: 'db',
      reason: 'breaker-open',
      message: 'db: breaker-open, retry after 2001 ms',
    },
  );
  assert.equal(Math.floor(error.retryAfterMs), 2_000);
  assert.doesNotMatch(String(error.stack), /\n/); // its first line, or in Bun nothing
  const { stackTraceLimit } = Error;
  oc.captureStacks(true);
  assert.match((await refused()).stack, /policies\.test\.mjs/);
  oc.captureStacks(false);
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
  assert.deepEqual(await db.tryCall(() => 1), {
    ok: false,
    gate: 'db',
    reason: 'breaker-open',
    retryAfterMs: error.retryAfterMs,
  });
  db.close();
  assert.deepEqual(await db.tryCall(() => 1), { ok: true, value: 1 });
});

test('wrap hands on this, arguments, name and length', async () => {
  const db = oc.breaker();
  class Users {
    prefix = 'user ';
    get = db.wrap(async function get(id, suffix) {
      return this.prefix + id + suffix;
    });
  }
  const users = new Users();
  assert.equal(await users.get(7, '!'), 'user 7!');
  assert.deepEqual([users.get.name, users.get.length], ['get', 2]);
});

test('a permit by hand ends once, and with `using` in any case', async () => {
  const slots = oc.bulkhead({ max: 2 });
  const [permit, another] = [slots.tryAcquire(), slots.tryAcquire()];
  assert.equal(slots.tryAcquire(), undefined);
  permit.release();
  permit.release();
  permit.success();
  assert.equal(slots.inFlight, 1, 'the slot of the other is its own');
  another.release();
  assert.equal(slots.inFlight, 0);
  const other = await slots.acquire();
  other[Symbol.dispose]();
  await (await slots.acquire())[Symbol.asyncDispose]();
  assert.equal(slots.inFlight, 0);
  const db = oc.breaker({ clock: oc.manualClock() });
  db.enter().failure();
  db.enter().success();
  db.enter().ignore();
  assert.deepEqual(counts(db), [2, 1]);
  db.forceOpen();
  assert.throws(() => db.enter(), oc.BreakerOpenError);
});

test('a server that says when to come back is left alone until then', async () => {
  const clock = oc.manualClock();
  const db = oc.breaker({ clock, holdFor: ({ retryAfter }) => retryAfter });
  const api = oc.limiter({ rate: 100, clock });
  const both = oc.pipe(db, api);
  await assert.rejects(both.call(() => Promise.reject({ retryAfter: '7s' })));
  assert.equal(db.explain().endsInMs, 7_000);
  assert.equal(api.peek().retryAfterMs, 7_000);
  clock.advance(7_001);
  assert.equal(await both.call(() => 'again'), 'again');
});

test('retry: attempts, waits, what is not worth it, the budget', async () => {
  const clock = oc.manualClock();
  const again = oc.retry({ attempts: 4, backoff: { initial: 100, factor: 2, jitter: 'none' }, clock });
  const at = [];
  const answer = again.call(async ({ attempt }) => {
    at.push([attempt, clock.now()]);
    if (attempt < 4) throw new Error('not yet');
    return 'there';
  });
  for (let n = 0; n < 800; n += 50, clock.advance(50)) await soon();
  assert.equal(await answer, 'there');
  assert.deepEqual(at, [
    [1, 0],
    [2, 100],
    [3, 300],
    [4, 700],
  ]);
  let calls = 0;
  const boom = () => {
    calls += 1;
    return Promise.reject(new Error('boom'));
  };
  const quick = { backoff: { initial: 1, max: 1 } };
  await assert.rejects(oc.retry({ attempts: 3, ...quick }).call(boom), /boom/);
  await assert.rejects(oc.retry({ attempts: 3, retryIf: () => false, ...quick }).call(boom), /boom/);
  assert.equal(calls, 4);
  const open = oc.breaker();
  open.forceOpen();
  await assert.rejects(
    oc.retry(quick).call(() => open.call(boom)),
    oc.BreakerOpenError,
  );
  assert.equal(calls, 4);
  const budget = new oc.RetryBudget({ ratio: 0, minPerSecond: 0, cap: 2 });
  for (let n = 0; n < 3; n++) await assert.rejects(oc.retry({ attempts: 2, budget, ...quick }).call(boom));
  assert.deepEqual([calls, budget.available], [4 + 2 + 2 + 1, 0]);
});

test('retry waits as long as it was told to, where that is longer', async () => {
  const clock = oc.manualClock();
  const again = oc.retry({ attempts: 2, backoff: { initial: 100, jitter: 'none' }, clock });
  let second;
  const answer = again.call(({ attempt }) => {
    if (attempt === 2) second = clock.now();
    return attempt === 1 ? Promise.reject({ retryAfterMs: 900 }) : attempt;
  });
  for (let n = 0; n < 10; n++, clock.advance(100)) await soon();
  assert.deepEqual([await answer, second], [2, 900]);
});

test('timeout: rejects when it is over, aborts the signal that was looked at, clears up after the quick', async () => {
  const clock = oc.manualClock();
  const limit = oc.timeout('1s', { clock });
  let signal;
  const slow = limit.call((context) => {
    ({ signal } = context);
    return new Promise(() => {});
  });
  clock.advance(999);
  await soon();
  assert.equal(signal.aborted, false);
  clock.advance(1);
  await assert.rejects(
    slow,
    (error) => error instanceof oc.TimeoutError && error.code === 'ERR_TIMEOUT' && error.afterMs === 1_000,
  );
  assert.equal(signal.reason.code, 'ERR_TIMEOUT');
  let late;
  assert.equal(
    await limit.call((context) => {
      late = context;
      return 'quick';
    }),
    'quick',
  );
  clock.advance(5_000);
  assert.equal(late.signal.aborted, false);
  const callers = new AbortController();
  const inner = oc.pipe(limit).call((context) => context.signal, { signal: callers.signal });
  callers.abort(new Error('gone'));
  assert.equal((await inner).aborted, false, 'the call was over');
});

test('a timeout counts as a failure of the breaker around it', async () => {
  const clock = oc.manualClock();
  const db = oc.breaker({ clock });
  const call = oc.pipe(db, oc.timeout(100, { clock })).call(() => new Promise(() => {}));
  clock.advance(100);
  await assert.rejects(call, oc.TimeoutError);
  assert.deepEqual(counts(db), [1, 1]);
});

test('fallback: for what failed or was refused, and only for what it is for', async () => {
  const open = oc.breaker();
  open.forceOpen();
  const or = (answer, options) => oc.pipe(oc.fallback(answer, options), open);
  assert.equal(await or((error) => error.code).call(() => 1), 'ERR_BREAKER_OPEN');
  assert.equal(await oc.pipe(oc.fallback(async () => 'cached')).call(() => Promise.reject(new Error('no'))), 'cached');
  await assert.rejects(
    or(() => 1, { when: () => false }).call(() => 1),
    oc.BreakerOpenError,
  );
  await assert.rejects(
    or(() => Promise.reject(new Error('none either'))).call(() => 1),
    /none either/,
  );
});

test('several gates: all or nothing, and the refusal names its gate', async () => {
  const clock = oc.manualClock();
  const db = oc.breaker({ name: 'db', clock });
  const api = oc.limiter({ name: 'api', rate: 2, per: 's', clock });
  const slots = oc.bulkhead({ name: 'slots', max: 1, clock });
  const all = oc.pipe(db, api, slots);
  let release;
  const first = all.call(() => new Promise((resolve) => (release = resolve)));
  const why = async () => {
    const { gate, reason } = await all.tryCall(() => 1);
    return [gate, reason];
  };
  assert.deepEqual(await why(), ['slots', 'bulkhead-full']);
  assert.equal(api.peek().remaining, 1, 'the refusal by one took nothing from another');
  release('first');
  assert.equal(await first, 'first');
  assert.deepEqual(await all.tryCall(() => 2), { ok: true, value: 2 });
  assert.deepEqual(await why(), ['api', 'rate-limited']);
  clock.advance(1_000);
  db.forceOpen();
  assert.deepEqual(await why(), ['db', 'forced-open']);
  assert.deepEqual([db.metrics().calls, slots.inFlight, api.peek().remaining], [0, 0, 2]);
});

test('a pipeline gives its slot to who waits for it alone', async () => {
  const slots = oc.bulkhead({ max: 1 });
  const both = oc.pipe(oc.breaker(), slots);
  let release;
  const first = both.call(() => new Promise((resolve) => (release = resolve)));
  const waiting = slots.acquire();
  release();
  await first;
  (await waiting).release();
  assert.equal(slots.inFlight, 0);
});

test('policies nest in any order; pipelines in pipelines; more gates than are joined at once', async () => {
  const gates = Array.from({ length: 11 }, (_, n) => oc.bulkhead({ name: `b${n}`, max: 1 }));
  const inner = oc.pipe(...gates);
  const outer = oc.pipe(oc.retry(), oc.pipe(oc.timeout('1s'), inner), oc.breaker());
  assert.equal(outer.policies.length, 14);
  assert.deepEqual(
    await outer.call(() => gates.map(({ inFlight }) => inFlight)),
    gates.map(() => 1),
  );
  assert.deepEqual(
    gates.map(({ inFlight }) => inFlight),
    gates.map(() => 0),
  );
  assert.throws(() => oc.pipe(), TypeError);
  assert.throws(() => oc.pipe({}), TypeError);
});

test('gates of different clocks are not judged by one reading', async () => {
  const [one, other] = [oc.manualClock(), oc.manualClock(1e6)];
  const a = oc.limiter({ rate: 1, per: 'h', clock: one });
  const b = oc.limiter({ rate: 1, per: 'h', clock: other });
  const both = oc.pipe(a, b);
  assert.equal(await both.call(() => 1), 1);
  assert.equal((await both.tryCall(() => 1)).ok, false);
  other.advance(3_600_000);
  assert.equal((await both.tryCall(() => 1)).ok, false);
  one.advance(3_600_000);
  assert.equal((await both.tryCall(() => 1)).ok, true);
});

test('a limiter that waits makes the call when its turn comes', async () => {
  const clock = oc.manualClock();
  const api = oc.limiter({ rate: 1, per: 's', maxWait: '3s', clock });
  const at = [];
  const call = () => api.call(() => at.push(clock.now()));
  const calls = [call(), call(), call(), call()];
  await assert.rejects(call(), (error) => error.code === 'ERR_RATE_LIMITED' && error.retryAfterMs === 4_000);
  for (let n = 0; n < 3; n++) {
    clock.advance(1_000);
    await soon();
  }
  await Promise.all(calls);
  assert.deepEqual(at, [0, 1_000, 2_000, 3_000]);
});

test('who gives up behind the first is no longer waited for', async () => {
  const clock = oc.manualClock();
  const api = oc.limiter({ rate: 1, per: 's', clock });
  api.tryAcquire();
  const first = api.acquire();
  const patience = new AbortController();
  const behind = Array.from({ length: 50 }, () => api.acquire({ signal: patience.signal }).catch(() => 'gave up'));
  const late = api.acquire({ cost: 1, timeout: 52_500 }).catch(() => 'too late');
  await assert.rejects(api.acquire({ timeout: 5_000 }), (error) => error.retryAfterMs === 53_000);
  patience.abort();
  assert.deepEqual(new Set(await Promise.all(behind)), new Set(['gave up']));
  const last = api.acquire({ timeout: 5_000 });
  for (let n = 0; n < 3; n++) clock.advance(1_000);
  assert.deepEqual(await Promise.all([first, late, last]), [undefined, undefined, undefined]);
});

test('a refusal names its gate, though a moment later that would not refuse', async () => {
  const refused = new Set();
  // The first rate is about as fast as the calls, the last one refuses on any machine.
  for (const rate of [1_000_000, 100_000, 1_000]) {
    const api = oc.limiter({ name: 'api', rate, per: 's', burst: 1 });
    const both = oc.pipe(oc.bulkhead({ max: 1_000 }), api);
    for (let n = 0; n < 5_000; n++) {
      const { ok, gate, reason } = await both.tryCall(() => 1);
      if (!ok) refused.add(`${gate} ${reason}`);
    }
  }
  assert.deepEqual(refused, new Set(['api rate-limited']));
});

test('a bulkhead that waits does so whichever way it is called', async () => {
  const slots = oc.bulkhead({ max: 1, maxWait: '1h' });
  const held = slots.tryAcquire();
  const tried = slots.tryCall(() => 'in time');
  const called = slots.call(() => 'too');
  await soon();
  assert.equal(slots.waiting, 2);
  held.release();
  assert.deepEqual(await tried, { ok: true, value: 'in time' });
  assert.equal(await called, 'too');
});
