// What gates tell: to listeners, to those who hook in by name, and in numbers.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import * as oc from 'overcurrent';
import { child } from './child.mjs';

const broken = () => Promise.reject(new Error('broken'));

async function trip(db, calls = 2) {
  for (let n = 0; n < calls; n++) await assert.rejects(db.call(broken));
}

test('a breaker tells what happens to it, in order, with its numbers', async () => {
  const clock = oc.manualClock(100);
  const db = oc.breaker({ name: 'db', window: { calls: 4 }, minCalls: 2, trialCalls: 1, openFor: 1_000, clock });
  const told = [];
  for (const kind of ['state', 'refused', 'tripped', 'reset']) db.on(kind, (event) => told.push({ kind, ...event }));
  await trip(db);
  assert.equal(db.tryAcquire(), undefined);
  clock.set(1_101);
  await db.call(() => 'well');
  db.reset();
  assert.deepEqual(told, [
    { kind: 'tripped', name: 'db', rule: 'failure-rate', calls: 2, counted: 2, threshold: 0.5, at: 100 },
    { kind: 'state', name: 'db', from: 'closed', to: 'open', at: 100 },
    { kind: 'refused', name: 'db', reason: 'breaker-open', retryAfterMs: 1000.000001, at: 100 },
    { kind: 'state', name: 'db', from: 'open', to: 'half-open', at: 1_101 },
    { kind: 'state', name: 'db', from: 'half-open', to: 'closed', at: 1_101 },
    { kind: 'reset', name: 'db', at: 1_101 },
  ]);
  const { trippedTotal, refusedTotal, transitionsTotal } = db.metrics();
  assert.deepEqual([trippedTotal, refusedTotal, transitionsTotal], [1, 1, 3]);
});

test('what happened before is not for a new listener; once is once; off is off', async () => {
  const db = oc.breaker({ clock: oc.manualClock() });
  db.forceOpen();
  const told = [];
  const listener = ({ to }) => told.push(to);
  const end = db.on('state', listener);
  db.once('state', () => told.push('once'));
  db.close();
  db.open();
  end();
  db.close();
  db.on('state', listener);
  db.off('state', listener);
  db.open();
  assert.deepEqual(told, ['closed', 'once', 'open']);
});

test('a listener that throws changes no answer and keeps nobody else from hearing', () => {
  // In a process of its own: the test runner takes uncaught errors for failures.
  const script = `
    import { breaker } from 'overcurrent';
    const db = breaker({ window: { calls: 2 }, minCalls: 1 });
    db.on('state', () => { throw new Error('of the listener'); });
    db.on('state', ({ to }) => console.log('heard', to));
    process.on('uncaughtException', ({ message }) => console.log('uncaught', message));
    await db.call(() => Promise.reject(new Error('of the call'))).catch(({ message }) => console.log('rejected', message));
  `;
  const said = child(script).stdout.trim().split('\n');
  assert.deepEqual(said.sort(), ['heard open', 'rejected of the call', 'uncaught of the listener']);
});

test('limiters and bulkheads tell their refusals', async () => {
  const clock = oc.manualClock(7);
  const told = [];
  const api = oc.limiter({ name: 'api', rate: 1, per: 's', clock });
  const slots = oc.bulkhead({ name: 'slots', max: 1, clock });
  for (const gate of [api, slots]) gate.on('refused', ({ name, reason, at }) => told.push([name, reason, at]));
  for (let n = 0; n < 2; n++) api.tryAcquire();
  for (let n = 0; n < 2; n++) slots.tryAcquire();
  assert.throws(() => api.reserve(1, { maxWait: 10 }), oc.RateLimitedError);
  await assert.rejects(oc.pipe(slots, api).call(() => 1));
  assert.deepEqual(told, [
    ['api', 'rate-limited', 7],
    ['slots', 'bulkhead-full', 7],
    ['api', 'rate-limited', 7],
    ['slots', 'bulkhead-full', 7],
  ]);
  assert.deepEqual([api.metrics().refusedTotal, slots.metrics().refusedTotal], [3, 2]);
});

test('whoever subscribes to the channels by name hears all gates', async () => {
  const told = [];
  const hear = (event, channel) => told.push([channel, event.name, event.to ?? event.reason]);
  const channels = ['overcurrent:breaker:state', 'overcurrent:refused'];
  for (const channel of channels) subscribe(channel, hear);
  try {
    const clock = oc.manualClock();
    const db = oc.breaker({ name: 'db', window: { calls: 2 }, minCalls: 2, clock });
    await trip(db);
    await assert.rejects(
      db.call(() => 1),
      oc.BreakerOpenError,
    );
    const api = oc.limiter({ name: 'api', rate: 1, clock });
    assert.deepEqual([api.tryAcquire(), api.tryAcquire()], [true, false]);
  } finally {
    for (const channel of channels) unsubscribe(channel, hear);
  }
  assert.deepEqual(told, [
    ['overcurrent:breaker:state', 'db', 'open'],
    ['overcurrent:refused', 'db', 'breaker-open'],
    ['overcurrent:refused', 'api', 'rate-limited'],
  ]);
});

test('a breaker explains itself', async () => {
  const clock = oc.manualClock();
  const db = oc.breaker({ name: 'db', window: { calls: 10 }, minCalls: 2, openFor: '5s', clock });
  await db.call(() => 1);
  assert.equal(db.explain().failureRate, undefined);
  await trip(db, 1);
  const { state, reason, ruleMet, calls, failed, failureRate, failureRateThreshold, minCalls, endsInMs } = db.explain();
  assert.deepEqual(
    { state, reason, ruleMet, calls, failed, failureRate, failureRateThreshold, minCalls, endsInMs },
    {
      state: 'open',
      reason: 'breaker-open',
      ruleMet: 'failure-rate',
      calls: 2,
      failed: 1,
      failureRate: 0.5,
      failureRateThreshold: 0.5,
      minCalls: 2,
      endsInMs: 5_000,
    },
  );
});
