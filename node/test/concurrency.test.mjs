// Many calls at once where few may pass.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { breaker, bulkhead, manualClock } from 'overcurrent';

const CALLS = 1_000;
const TRIALS = 7;
const tick = () => new Promise((done) => setImmediate(done));

/** A breaker whose open wait is over. */
function due() {
  const clock = manualClock();
  const db = breaker({ window: { calls: 100 }, openFor: '10s', trialCalls: TRIALS, clock });
  db.open();
  clock.advance(10_001);
  return { clock, db };
}

/** Work that says how much of it runs at once, and ends when told. */
function gauge() {
  const waiting = [];
  return {
    running: 0,
    most: 0,
    started: 0,
    enter() {
      this.started += 1;
      this.running += 1;
      this.most = Math.max(this.most, this.running);
    },
    wait() {
      return new Promise((done) => waiting.push(done)).then(() => {
        this.running -= 1;
      });
    },
    finish() {
      for (const done of waiting.splice(0)) done();
    },
  };
}

describe(`${CALLS} calls at a half-open breaker with ${TRIALS} trials`, () => {
  const starts = {
    'started at once': (call) => call(),
    'started one turn of the loop after another': (call) => tick().then(call),
    'started in random order': async (call) => {
      for (let turns = Math.floor(Math.random() * 5); turns > 0; turns--) await (Math.random() < 0.5 ? null : tick());
      return call();
    },
  };
  for (const [how, start] of Object.entries(starts)) {
    test(how, async () => {
      const { db } = due();
      const work = gauge();
      const call = () =>
        db.call(() => {
          work.enter();
          return work.wait();
        });
      let refused = 0;
      const refusal = (error) => {
        assert.equal(error.code, 'ERR_BREAKER_OPEN');
        refused += 1;
      };
      const all = Array.from({ length: CALLS }, () => start(call).then(() => {}, refusal));
      while (refused + work.started < CALLS) await tick();
      assert.deepEqual([work.most, work.started, refused], [TRIALS, TRIALS, CALLS - TRIALS]);
      assert.equal(db.state, 'half-open');
      work.finish();
      await Promise.all(all);
      assert.equal(db.state, 'closed');
    });
  }

  test('functions that are not asynchronous, and call again from inside', () => {
    const { db } = due();
    const permits = Array.from({ length: CALLS }, () => db.tryAcquire()).filter((permit) => permit !== undefined);
    assert.equal(permits.length, TRIALS);
    for (const permit of permits) permit.success();
    assert.equal(db.state, 'closed');
  });

  test('calls that are ignored give their trial back, and never more than that', async () => {
    const { db } = due();
    for (let round = 0; round < 50; round++) {
      const permits = Array.from({ length: TRIALS + 1 }, () => db.tryAcquire());
      assert.equal(permits.filter((permit) => permit !== undefined).length, TRIALS);
      assert.equal(permits[TRIALS], undefined);
      for (const permit of permits.slice(0, TRIALS)) {
        permit.release();
        permit.release(); // twice is once
      }
    }
    assert.equal(db.state, 'half-open');
  });
});

test(`${CALLS} calls at a bulkhead: never more than its maximum`, async () => {
  const slots = bulkhead({ max: 5, queue: CALLS });
  const work = gauge();
  const one = () =>
    slots.call(async () => {
      work.enter();
      await (Math.random() < 0.5 ? null : tick());
      work.running -= 1;
      if (work.started % 10 === 0) throw new Error('a failure gives the slot back, too');
    });
  await Promise.allSettled(Array.from({ length: CALLS }, one));
  assert.deepEqual([work.most, work.started, work.running], [5, CALLS, 0]);
});
