// A real HTTP server in a process of its own that turns slow, fails, dies and comes back, and fetch behind a pipeline.
// What the server counted is compared with what the callers saw; the breaker's time is moved by hand.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { breaker, bulkhead, fallback, manualClock, pipe, retry, timeout } from 'overcurrent';

let server;
let url;

before(async () => {
  server = fork(fileURLToPath(new URL('service/server.mjs', import.meta.url)));
  const [{ port }] = await once(server, 'message');
  url = `http://127.0.0.1:${port}/`;
});

after(() => server.disconnect());

/** Gives the server an order and waits until it is carried out. */
async function order(name, value) {
  server.send({ order: name, value });
  const [{ answer }] = await once(server, 'message');
  return answer;
}

/** Waits until that many requests are in the server's hands. */
async function held(count) {
  while ((await order('held')) < count) await new Promise((done) => setTimeout(done, 5));
}

class HttpError extends Error {
  constructor(response) {
    super(`status ${response.status}`);
    this.status = response.status;
    this.retryAfterMs = Number(response.headers.get('retry-after')) * 1_000;
  }
}

async function get({ signal }) {
  const response = await fetch(url, { signal });
  const body = await response.json();
  if (!response.ok) throw new HttpError(response);
  return body.path;
}

/** Calls at the same time, and how they ended. */
async function many(count, policy) {
  const ended = { well: 0, refused: 0, failed: 0, timedOut: 0 };
  const names = { ERR_BREAKER_OPEN: 'refused', ERR_BULKHEAD_FULL: 'refused', ERR_TIMEOUT: 'timedOut' };
  const one = () =>
    policy.call(get).then(
      () => (ended.well += 1),
      (error) => (ended[names[error.code] ?? 'failed'] += 1),
    );
  const all = Promise.all(Array.from({ length: count }, one));
  return { ended, all };
}

async function settled(count, policy) {
  const { ended, all } = await many(count, policy);
  await all;
  return ended;
}

test('an outage', async (t) => {
  const clock = manualClock();
  const db = breaker({ window: { calls: 20 }, minCalls: 10, openFor: '10s', trialCalls: 3, clock });
  const slots = bulkhead({ max: 10 });
  const all = pipe(db, slots, timeout('30s', { clock }));

  await t.test('well: every call arrives', async () => {
    assert.deepEqual(await settled(10, all), { well: 10, refused: 0, failed: 0, timedOut: 0 });
    assert.equal(await order('count'), 10);
    assert.equal(db.state, 'closed');
  });

  await t.test('slow: no more than ten are out, the rest is refused at once, and time ends the wait', async () => {
    await order('mode', 'slow');
    const { ended, all: calls } = await many(50, all);
    await held(10);
    assert.deepEqual(ended, { well: 0, refused: 40, failed: 0, timedOut: 0 });
    clock.advance(30_000);
    await calls;
    assert.deepEqual(ended, { well: 0, refused: 40, failed: 0, timedOut: 10 });
    assert.equal(await order('count'), 10);
    assert.deepEqual([slots.inFlight, db.state], [0, 'open']); // 10 of 20 failed
  });

  await t.test('open: nothing reaches the server', async () => {
    assert.deepEqual(await settled(100, all), { well: 0, refused: 100, failed: 0, timedOut: 0 });
    assert.equal(await order('count'), 0);
  });

  await t.test('failing: three trials, and open again', async () => {
    await order('mode', 'failing');
    clock.advance(10_001);
    assert.deepEqual(await settled(50, all), { well: 0, refused: 47, failed: 3, timedOut: 0 });
    assert.equal(await order('count'), 3);
    assert.equal(db.state, 'open');
  });

  await t.test('dead: three trials that find nobody', async () => {
    await order('mode', 'dead');
    clock.advance(10_001);
    assert.deepEqual(await settled(50, all), { well: 0, refused: 47, failed: 3, timedOut: 0 });
    assert.equal(await order('count'), 0);
    assert.equal(db.state, 'open');
  });

  await t.test('back: three trials, then everybody', async () => {
    await order('mode', 'well');
    clock.advance(10_001);
    assert.deepEqual(await settled(50, all), { well: 3, refused: 47, failed: 0, timedOut: 0 });
    assert.equal(db.state, 'closed');
    assert.deepEqual(await settled(10, all), { well: 10, refused: 0, failed: 0, timedOut: 0 });
    assert.equal(await order('count'), 13);
  });
});

test("the server's Retry-After opens the breaker for as long", async () => {
  await order('mode', 'failing');
  const clock = manualClock();
  const holdFor = (error) => (error instanceof HttpError ? error.retryAfterMs : undefined);
  const db = breaker({ window: { calls: 100 }, openFor: '1s', holdFor, clock });
  assert.deepEqual(await settled(1, db), { well: 0, refused: 0, failed: 1, timedOut: 0 });
  assert.equal(db.state, 'open');
  clock.advance(29_999);
  assert.deepEqual(await settled(1, db), { well: 0, refused: 1, failed: 0, timedOut: 0 });
  await order('mode', 'well');
  clock.advance(2);
  assert.deepEqual(await settled(1, db), { well: 1, refused: 0, failed: 0, timedOut: 0 });
  assert.equal(await order('count'), 2);
});

test('without a budget every call makes all of its attempts, and no more', async () => {
  await order('mode', 'failing');
  const again = retry({ attempts: 3, backoff: { initial: 1, max: 1 }, retryAfter: false });
  assert.deepEqual(await settled(4, again), { well: 0, refused: 0, failed: 4, timedOut: 0 });
  assert.equal(await order('count'), 12);
});

test('retries reach the server as often as their budget allows, and a fallback answers for the rest', async () => {
  await order('mode', 'failing');
  const again = retry({
    attempts: 3,
    backoff: { initial: 1, max: 1 },
    retryAfter: false,
    budget: { ratio: 0, minPerSecond: 0, cap: 5 },
  });
  const policy = pipe(
    fallback(() => 'cached'),
    again,
  );
  const answers = await Promise.all(Array.from({ length: 20 }, () => policy.call(get)));
  assert.deepEqual(answers, Array(20).fill('cached'));
  assert.equal(await order('count'), 25);
});

test('an aborted caller hangs up on the server', async () => {
  await order('mode', 'slow');
  const db = breaker({ window: { calls: 10 }, minCalls: 1 });
  const caller = new AbortController();
  const call = db.call(get, { signal: caller.signal });
  await held(1);
  caller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  while ((await order('held')) > 0) await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual([db.state, db.metrics().calls], ['closed', 0]);
});
