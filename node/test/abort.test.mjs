// An abort at every point of a call: before it, while it waits, while it runs, after it. Nothing is lost by it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { breaker, bulkhead, fallback, limiter, manualClock, pipe, retry, timeout } from 'overcurrent';
import { fc } from './histories.mjs';

const tick = () => new Promise((done) => setImmediate(done));
const reason = new Error('the caller has left');

/** What no test may cause. */
const unhandled = [];
const note = (error) => unhandled.push(error);
before(() => process.on('unhandledRejection', note));
after(async () => {
  await tick();
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});

/** Everything that a call can go through, with what it must look like when nothing is under way. */
function everything() {
  const clock = manualClock();
  const db = breaker({ window: { calls: 10 }, minCalls: 1, clock });
  const calls = limiter({ rate: 10, per: 's', burst: 5, queue: 10, clock });
  const slots = bulkhead({ max: 2, queue: 10, clock });
  const backoff = { initial: 100, jitter: 'none' };
  const all = pipe(retry({ attempts: 3, backoff, clock }), timeout('1m', { clock }), db, calls, slots);
  const idle = () => {
    assert.deepEqual([calls.waiting, slots.waiting, slots.inFlight], [0, 0, 0]);
    const { state, failed } = db.metrics();
    assert.deepEqual([state, failed], ['closed', 0]);
  };
  return { clock, db, calls, slots, all, idle };
}

describe('a call that is aborted', () => {
  test('before it begins is not made, and takes nothing', async () => {
    const { calls, all, idle } = everything();
    let made = 0;
    const given = all.call(() => made++, { signal: AbortSignal.abort(reason) });
    await assert.rejects(given, (error) => error === reason);
    assert.equal(made, 0);
    assert.equal(calls.peek().remaining, 5);
    idle();
  });

  const each = {
    breaker: () => breaker(),
    limiter: () => limiter({ rate: 1 }),
    bulkhead: () => bulkhead({ max: 1 }),
    retry: () => retry(),
    timeout: () => timeout('1s'),
    fallback: () => fallback(() => 'instead'),
    pipe: () => pipe(breaker(), bulkhead({ max: 1 })),
  };
  for (const [kind, make] of Object.entries(each)) {
    test(`before it begins is not made, by ${kind} alone either`, async () => {
      let made = 0;
      const policy = make();
      const aborted = { signal: AbortSignal.abort(reason) };
      await assert.rejects(
        policy.call(() => made++, aborted),
        (error) => error === reason,
      );
      await assert.rejects(
        policy.tryCall(() => made++, aborted),
        (error) => error === reason,
      );
      assert.equal(made, 0);
    });
  }

  test('while it waits for a permit is not made, and whoever stands behind it moves up', async () => {
    const { clock, calls, all, idle } = everything();
    calls.drain();
    const caller = new AbortController();
    let made = 0;
    const first = all.call(() => made++, { signal: caller.signal });
    await tick();
    const second = all.call(() => 'second');
    await tick();
    assert.equal(calls.waiting, 2);
    caller.abort(reason);
    await assert.rejects(first, (error) => error === reason);
    clock.advance(100); // one permit
    assert.equal(await second, 'second');
    assert.equal(made, 0);
    idle();
  });

  test('while it waits for a slot is not made, and the slot goes to the next', async () => {
    const { slots, all, idle } = everything();
    const held = [slots.enter(), slots.enter()];
    const caller = new AbortController();
    let made = 0;
    const first = all.call(() => made++, { signal: caller.signal });
    await tick();
    const second = all.call(() => 'second');
    await tick();
    assert.equal(slots.waiting, 2);
    caller.abort(reason);
    await assert.rejects(first, (error) => error === reason);
    for (const permit of held) permit.release();
    assert.equal(await second, 'second');
    assert.equal(made, 0);
    idle();
  });

  test('while it runs sees it in its context, and counts as no failure', async () => {
    const { db, all, idle } = everything();
    const caller = new AbortController();
    const seen = [];
    const call = all.call(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            seen.push(signal.reason);
            reject(signal.reason);
          });
        }),
      { signal: caller.signal },
    );
    await tick();
    caller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    assert.deepEqual(seen, [reason]);
    assert.equal(db.metrics().calls, 0);
    idle();
  });

  test('between two attempts is not tried again', async () => {
    const { clock, db, all } = everything();
    db.metricsOnly();
    const caller = new AbortController();
    let made = 0;
    const call = all.call(
      () => {
        made += 1;
        throw new Error('no');
      },
      { signal: caller.signal },
    );
    await tick();
    caller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    clock.advance(1_000);
    await tick();
    assert.equal(made, 1);
  });

  test('after it has ended does nothing', async () => {
    const { db, all, idle } = everything();
    const caller = new AbortController();
    const seen = [];
    const look = ({ signal }) => {
      signal.addEventListener('abort', () => seen.push('aborted'));
      return 'done';
    };
    assert.equal(await all.call(look, { signal: caller.signal }), 'done');
    caller.abort(reason);
    await tick();
    assert.deepEqual(seen, []);
    assert.equal(db.metrics().calls, 1);
    idle();
  });

  test('in a half-open breaker gives its trial back', async () => {
    const clock = manualClock();
    const db = breaker({ window: { calls: 10 }, openFor: 10, trialCalls: 1, clock });
    db.open();
    clock.advance(11);
    for (let round = 0; round < 20; round++) {
      const caller = new AbortController();
      const call = db.call(
        ({ signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason))),
        {
          signal: caller.signal,
        },
      );
      caller.abort(reason);
      await assert.rejects(call, (error) => error === reason);
    }
    assert.equal(await db.call(() => 'trial'), 'trial');
    assert.equal(db.state, 'closed');
  });
});

describe('nobody waits for the answer any more', () => {
  const held = () => new Promise(() => {});
  const timedOut = { code: 'ERR_TIMEOUT' };

  test('when time was over while the call stood in line for a slot: it leaves the line', async () => {
    const clock = manualClock();
    const slots = bulkhead({ max: 1, queue: 10, clock });
    const all = pipe(timeout('1s', { clock }), slots);
    const permit = slots.enter();
    let made = 0;
    const call = all.call(() => made++);
    await tick();
    assert.equal(slots.waiting, 1);
    clock.advance(1_000);
    await assert.rejects(call, timedOut);
    assert.equal(slots.waiting, 0);
    permit.release();
    await tick();
    assert.deepEqual([made, slots.inFlight], [0, 0]);
  });

  test('when time was over while the call waited for a permit: the permit goes to others', async () => {
    const clock = manualClock();
    const calls = limiter({ rate: 1, per: 'm', burst: 1, initial: 0, queue: 10, clock });
    let made = 0;
    const call = pipe(timeout('1s', { clock }), calls).call(() => made++);
    await tick();
    clock.advance(1_000);
    await assert.rejects(call, timedOut);
    assert.equal(calls.waiting, 0);
    clock.advance(59_000);
    assert.equal(calls.tryAcquire(), true);
    assert.equal(made, 0);
  });

  test('when time was over between two attempts: there is no other', async () => {
    const clock = manualClock();
    const again = retry({ attempts: 5, backoff: { initial: 600, factor: 1, jitter: 'none' }, clock });
    let made = 0;
    const call = pipe(timeout('1s', { clock }), again).call(() => {
      made += 1;
      throw new Error('no');
    });
    call.catch(() => {});
    await tick();
    clock.advance(600);
    await tick();
    assert.equal(made, 2);
    clock.advance(400);
    await assert.rejects(call, timedOut);
    clock.advance(10_000);
    await tick();
    assert.equal(made, 2);
  });

  test('when the caller leaves in the moment in which the call could begin: it is not made', async () => {
    const slots = bulkhead({ max: 1, queue: 10 });
    const permit = slots.enter();
    const caller = new AbortController();
    let made = 0;
    const call = slots.call(() => made++, { signal: caller.signal });
    permit.release(); // the slot is given to the call, which will begin a moment later
    caller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    assert.deepEqual([made, slots.inFlight], [0, 0]);
  });

  test('but a free slot or permit begins the call at once, wherever it could have waited', () => {
    const all = pipe(bulkhead({ max: 1, queue: 10 }), limiter({ rate: 1, queue: 10 }));
    let made = 0;
    all.call(() => {
      made += 1;
      return held();
    });
    assert.equal(made, 1);
  });
});

describe('those who wait', () => {
  test('1,000 of them aborted in any order do not delay the next by their permits', async () => {
    const orders = fc.shuffledSubarray(
      Array.from({ length: 1_000 }, (_, place) => place),
      { minLength: 1_000 },
    );
    const property = fc.asyncProperty(orders, async (order) => {
      const clock = manualClock();
      const calls = limiter({ rate: 10, per: 's', burst: 1, initial: 0, queue: 1_001, clock });
      const callers = order.map(() => new AbortController());
      const gone = callers.map(({ signal }) => calls.acquire({ signal }).catch((error) => error));
      const next = calls.acquire().then(() => clock.now());
      for (const place of order) callers[place].abort(reason);
      assert.ok((await Promise.all(gone)).every((error) => error === reason));
      assert.equal(calls.waiting, 1);
      clock.advance(100);
      assert.equal(await next, 100);
    });
    await fc.assert(property, { numRuns: 10 });
  });

  test('1,000 of them aborted in any order leave a bulkhead as it was', async () => {
    const slots = bulkhead({ max: 3, queue: 1_001 });
    const held = [slots.enter(), slots.enter(), slots.enter()];
    const callers = Array.from({ length: 1_000 }, () => new AbortController());
    const gone = callers.map(({ signal }) => slots.acquire({ signal }).catch((error) => error));
    const next = slots.acquire();
    for (const caller of callers.sort(() => Math.random() - 0.5)) caller.abort(reason);
    assert.ok((await Promise.all(gone)).every((error) => error === reason));
    for (const permit of held) permit.release();
    (await next).release();
    assert.deepEqual([slots.waiting, slots.inFlight, slots.available], [0, 0, 3]);
  });

  const waits = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant('wait'),
        cost: fc.integer({ min: 1, max: 3 }),
        timeout: fc.constantFrom(undefined, 150, 1_000),
      }),
      fc.record({ do: fc.constant('abort'), which: fc.nat() }),
      fc.record({ do: fc.constant('take') }),
      fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(1, 99, 100, 350) }),
    ),
    { maxLength: 60 },
  );

  test('get their permits first come first served, never more than there are, whatever happens', async () => {
    const property = fc.asyncProperty(waits, async (history) => {
      const clock = manualClock();
      const calls = limiter({ rate: 10, per: 's', burst: 3, queue: 8, clock });
      const waiting = [];
      const served = [];
      let got = 0;
      let number = 0;
      for (const step of history) {
        if (step.do === 'pass') clock.advance(step.ms);
        if (step.do === 'take') got += calls.tryAcquire();
        if (step.do === 'abort' && waiting.length > 0) waiting[step.which % waiting.length].abort(reason);
        if (step.do === 'wait') {
          const mine = number++;
          const caller = new AbortController();
          waiting.push(caller);
          const { cost, timeout } = step;
          const end = () => waiting.splice(waiting.indexOf(caller), 1);
          const granted = () => {
            served.push(mine);
            got += cost;
            end();
          };
          const refused = (error) => {
            assert.ok(error === reason || error.code === 'ERR_RATE_LIMITED', error);
            end();
          };
          calls.acquire({ cost, timeout, signal: caller.signal }).then(granted, refused);
        }
        await tick();
        assert.ok(calls.waiting <= 8);
        assert.equal(calls.waiting, waiting.length);
        assert.ok(got <= 3 + clock.now() / 100, `${got} permits by ${clock.now()} ms`);
      }
      for (const caller of [...waiting]) caller.abort(reason);
      await tick();
      assert.equal(calls.waiting, 0);
      assert.deepEqual(
        served,
        [...served].sort((a, b) => a - b),
      );
      clock.advance(1_000_000);
      assert.equal(calls.peek().remaining, 3);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

describe('a queue that is full', () => {
  test('of a limiter refuses at once, and takes the next when one has gone', async () => {
    const clock = manualClock();
    const calls = limiter({ rate: 10, per: 's', burst: 1, initial: 0, queue: 2, clock });
    const callers = [new AbortController(), new AbortController()];
    const gone = callers.map(({ signal }) => calls.acquire({ signal }).catch(() => 'gone'));
    const full = (error) => error.code === 'ERR_RATE_LIMITED' && error.reason === 'queue-full';
    await assert.rejects(calls.acquire(), full);
    callers[1].abort();
    const third = calls.acquire();
    await assert.rejects(calls.acquire(), full);
    callers[0].abort();
    clock.advance(100);
    await third;
    assert.deepEqual(await Promise.all(gone), ['gone', 'gone']);
  });

  test('of a bulkhead refuses at once', async () => {
    const slots = bulkhead({ max: 1, queue: 1 });
    const held = slots.enter();
    const waiting = slots.acquire();
    await assert.rejects(slots.acquire(), { code: 'ERR_BULKHEAD_FULL', reason: 'queue-full' });
    await assert.rejects(
      slots.call(() => {}),
      { code: 'ERR_BULKHEAD_FULL', reason: 'queue-full' },
    );
    held.release();
    (await waiting).release();
  });
});
