// What nobody should write, and somebody does: it is an error that says what is wrong, or it works; nothing is lost by it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { types } from 'node:util';
import * as oc from 'overcurrent';

const sleep = (ms, value) => new Promise((done) => setTimeout(done, ms, value));

/** A promise whose `then` throws. */
class Sick extends Promise {
  then() {
    throw new Error('of then');
  }
}

const answers = {
  'an object with a then': [() => ({ then: (done) => done(5) }), 5],
  'a function with a then, which ends later': [
    () => Object.assign(() => {}, { then: (done) => sleep(20).then(() => done(5)) }),
    5,
  ],
  'a then that throws': [
    () => ({
      then() {
        throw new Error('of then');
      },
    }),
    /of then/,
  ],
  'a then that throws when it is looked at': [
    () => ({
      get then() {
        throw new Error('of then');
      },
    }),
    /of then/,
  ],
  'a then that says three things': [
    () => ({
      then(done, failed) {
        failed(new Error('first'));
        done(2);
        throw new Error('third');
      },
    }),
    /first/,
  ],
  'a promise of its own kind, whose then throws': [() => new Sick(() => {}), /of then/],
  'a throw before the first await': [
    () => {
      throw new Error('at once');
    },
    /at once/,
  ],
};

describe('what a call answers', () => {
  const policies = {
    bulkhead: () => oc.bulkhead({ max: 1 }),
    breaker: () => oc.breaker(),
    timeout: () => oc.timeout(100),
    retry: () => oc.retry({ attempts: 1 }),
    limiter: () => oc.limiter({ rate: 10 }),
    pipeline: () => oc.pipe(oc.timeout('1s'), oc.breaker(), oc.bulkhead({ max: 1 })),
  };
  for (const [what, [fn, expected]] of Object.entries(answers)) {
    for (const [kind, make] of Object.entries(policies)) {
      test(`${what}, through a ${kind}`, async () => {
        const policy = make();
        for (let round = 0; round < 2; round++) {
          if (expected instanceof RegExp) await assert.rejects(policy.call(fn), expected);
          else assert.equal(await policy.call(fn), expected);
        }
        if (policy instanceof oc.Bulkhead) assert.equal(policy.inFlight, 0);
        if (policy instanceof oc.CircuitBreaker) {
          const { calls, failed } = policy.metrics();
          assert.deepEqual([calls, failed], [2, expected instanceof RegExp ? 2 : 0]);
        }
      });
    }
  }

  test('a slot is taken for as long as a function with a then is waited for', async () => {
    const slots = oc.bulkhead({ max: 1 });
    const [fn] = answers['a function with a then, which ends later'];
    const call = slots.call(fn);
    assert.equal(slots.inFlight, 1);
    await call;
    assert.equal(slots.inFlight, 0);
  });
});

test('a signal that is aborted already, for whatever reason', async () => {
  for (const reason of [undefined, null, 0, 'text', new Error('enough')]) {
    const given = new AbortController();
    given.abort(reason);
    const { signal } = given;
    const never = () => assert.fail('nothing begins');
    for (const policy of [oc.breaker(), oc.bulkhead({ max: 1 }), oc.limiter({ rate: 1 }), oc.timeout(10), oc.retry()]) {
      for (const call of [policy.call(never, { signal }), policy.tryCall(never, { signal })]) {
        assert.equal(await call.catch((error) => error), signal.reason);
      }
    }
  }
});

const nonsense = [NaN, -1, 0.5, 1n, '5', true, {}, [], Symbol('x'), () => 1, Object.create(null)];
const NUMBERS = [
  'minCalls',
  'failureRate',
  'failureCount',
  'slowCall',
  'openFor',
  'trialCalls',
  'trialMin',
  'trialTimeout',
];
const is =
  (...types) =>
  (value) =>
    types.includes(typeof value);
const fields = {
  breaker: {
    ...Object.fromEntries(NUMBERS.map((field) => [field, (value) => value === 0.5])), // a share, or half a millisecond
    window: () => false,
    name: is('string'),
    shared: is('boolean'),
    clock: () => false,
    isFailure: is('function'),
    isFailureResult: is('function'),
    holdFor: is('function'),
    state: () => false,
  },
  limiter: { rate: () => false, burst: () => false, name: is('string'), shared: is('boolean'), clock: () => false },
  cycleLimiter: { limit: () => false, name: is('string'), clock: () => false },
  bulkhead: { max: () => false, queue: () => false, name: is('string'), clock: () => false },
  retry: { attempts: () => false, retryIf: is('function'), clock: () => false },
};
const needed = { limiter: { rate: 5 }, cycleLimiter: { limit: 5 }, bulkhead: { max: 5 } };

for (const [kind, allowed] of Object.entries(fields)) {
  test(`a ${kind} takes no nonsense`, () => {
    for (const [field, takes] of Object.entries(allowed)) {
      for (const value of nonsense) {
        if (takes(value) || (field === 'shared' && oc.engine === 'wasm')) continue;
        const what = `${field}: ${typeof value}`;
        assert.throws(() => oc[kind]({ ...needed[kind], [field]: value }), oc.ConfigError, what);
      }
    }
    for (const options of [null, 5, 'text', () => 1]) assert.throws(() => oc[kind](options), oc.ConfigError);
  });
}

test('only functions can be wrapped or listen, and only to events that there are', () => {
  const db = oc.breaker();
  assert.throws(() => db.wrap(5), TypeError);
  assert.throws(() => db.on('state', 5), oc.ConfigError);
  assert.throws(() => db.once('state'), oc.ConfigError);
  assert.throws(() => db.on('open', () => {}), /event is 'open'; allowed: 'state', 'refused', 'tripped', 'reset'/);
  assert.throws(() => oc.limiter({ rate: 1 }).on('state', () => {}), /allowed: 'refused'/);
});

test('times and outcomes that are none', () => {
  const db = oc.breaker();
  for (const time of [NaN, new Date(NaN), '2030-01-01', undefined]) {
    assert.throws(() => db.openUntil(time), oc.ConfigError);
    assert.throws(() => oc.limiter({ rate: 1 }).penalizeUntil(time), oc.ConfigError);
  }
  assert.throws(() => db.recordUntracked('well', 1), /outcome is 'well'/);
  assert.equal(db.state, 'closed');
});

test('a cost beyond 32 bits is more than there is', async () => {
  for (const cost of [2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    const calls = oc.limiter({ rate: 10 });
    assert.equal(calls.tryAcquire(cost), false);
    await assert.rejects(calls.acquire({ cost, timeout: 10 }), oc.RateLimitedError);
    assert.throws(() => calls.reserve(cost), oc.RateLimitedError);
    assert.equal(calls.peek(cost).retryAfterMs, undefined);
    assert.equal(calls.peek().remaining, 10);
    const cycle = oc.cycleLimiter({ limit: 10 });
    assert.equal(cycle.tryAcquire(cost), false);
    assert.equal(cycle.peek().balance, 10);
  }
});

test('waits beyond what a timer can do', async () => {
  for (const long of [2 ** 31 + 5, Number.MAX_SAFE_INTEGER, Infinity]) {
    assert.equal(await oc.timeout(long).call(() => sleep(5, 'fine')), 'fine');
    const again = oc.retry({ backoff: { initial: Math.min(long, 2 ** 33), max: Infinity, jitter: 'none' } });
    const called = again.call(() => Promise.reject(new Error('no')), { signal: AbortSignal.timeout(20) });
    await assert.rejects(called, { name: 'TimeoutError' });
  }
});

test('an error with a wait that is none is tried again as any other', async () => {
  for (const retryAfterMs of [NaN, -1, '5', {}]) {
    let attempts = 0;
    const again = oc.retry({ attempts: 2, backoff: { initial: 1 } });
    const error = Object.assign(new Error('not well'), { retryAfterMs });
    await assert.rejects(
      again.call(() => {
        attempts += 1;
        throw error;
      }),
      error,
    );
    assert.equal(attempts, 2);
  }
});

test('a clock that goes backward, or says no number, never brings a permit', () => {
  const clock = oc.manualClock(1e6);
  const calls = oc.limiter({ rate: 1, per: 's', burst: 1, clock });
  assert.equal(calls.tryAcquire(), true);
  for (const time of [0, -5, NaN, 1e6]) {
    clock.set(time);
    assert.equal(calls.tryAcquire(), false, `${time}`);
  }
  clock.set(1e6 + 1_000);
  assert.equal(calls.tryAcquire(), true);
});

test('what a listener brings about is told after what it was told of, to all, and deepens no stack', () => {
  const db = oc.breaker();
  const told = [];
  db.on('state', ({ to }) => {
    if (told.length < 3_000) to === 'open' ? db.reset() : db.open();
  });
  db.on('state', ({ from, to }) => told.push(`${from} ${to}`));
  db.open();
  assert.ok(told.length >= 3_000);
  for (const [place, change] of told.entries()) assert.equal(change, place % 2 ? 'open closed' : 'closed open');
});

test('a listener may change the gate that it listens to', async () => {
  const slots = oc.bulkhead({ max: 0 });
  const end = slots.on('refused', () => {
    end();
    slots.reconfigure({ max: 1 });
  });
  await assert.rejects(
    slots.call(() => 1),
    oc.BulkheadFullError,
  ); // it was full when it was asked
  assert.equal(await slots.call(() => 1), 1);
  const db = oc.breaker({ state: 'forced-open' });
  db.on('refused', () => db.close());
  await assert.rejects(
    db.call(() => 1),
    { reason: 'forced-open' },
  );
  assert.equal(db.state, 'closed');
});

test('errors keep what they say when they are copied', async () => {
  const name = '../x\u0000\n"ü';
  const error = await oc
    .breaker({ state: 'forced-open', name })
    .call(() => 1)
    .catch((error) => error);
  assert.ok(types.isNativeError(error));
  assert.deepEqual(JSON.parse(JSON.stringify(error)), { code: 'ERR_BREAKER_OPEN', gate: name, reason: 'forced-open' });
  assert.equal(structuredClone(error).message, `${name}: forced-open`);
});

test('options are taken as they are, whatever the prototypes', () => {
  const options = JSON.parse('{ "__proto__": { "burst": 1 }, "rate": 5 }');
  assert.throws(() => oc.limiter(options), /__proto__/);
  assert.equal({}.burst, undefined);
});
