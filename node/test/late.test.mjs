// Results of a call that was admitted before the state changed: they belong to the past.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaker, manualClock } from 'overcurrent';

/** A call that ends when it is told to. */
function held(gate) {
  const { promise, resolve, reject } = deferred();
  const ended = gate
    .call(() => promise)
    .then(
      () => 'well',
      (error) => error.message,
    );
  return {
    succeed() {
      resolve();
      return ended;
    },
    fail() {
      reject(new Error('late'));
      return ended;
    },
  };
}

function deferred() {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
}

const settings = { window: { calls: 4 }, minCalls: 2, failureRate: 0.5, openFor: 1_000, trialCalls: 2 };
const fail = (gate) => gate.call(() => Promise.reject(new Error('no'))).catch(() => {});

async function halfOpen() {
  const clock = manualClock();
  const db = breaker({ ...settings, clock });
  const late = [held(db), held(db), held(db)];
  await fail(db);
  await fail(db);
  assert.equal(db.state, 'open');
  clock.advance(1_001);
  const trial = held(db);
  assert.equal(db.state, 'half-open');
  return { clock, db, late, trial };
}

test('a success from before the outage does not close a half-open breaker', async () => {
  const { db, late, trial } = await halfOpen();
  for (const call of late) await call.succeed();
  assert.equal(db.state, 'half-open');
  await trial.succeed();
  await held(db).succeed();
  assert.equal(db.state, 'closed');
});

test('a failure from before the outage does not open it again', async () => {
  const { db, late, trial } = await halfOpen();
  for (const call of late) await call.fail();
  assert.equal(db.state, 'half-open');
  await trial.succeed();
  await held(db).succeed();
  assert.equal(db.state, 'closed');
  assert.equal(db.metrics().failed, 0);
});

test('a trial that ends after its round was decided counts in no later one', async () => {
  const { clock, db, trial } = await halfOpen();
  const other = held(db);
  clock.advance(60_001); // the lease of the trials is over: both count as failed
  assert.equal(db.state, 'open');
  clock.advance(1_001);
  const [first, second] = [held(db), held(db)];
  await trial.succeed();
  await other.succeed();
  assert.equal(db.state, 'half-open');
  await first.fail();
  await second.fail();
  assert.equal(db.state, 'open');
});
