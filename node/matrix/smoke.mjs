// What every runtime must do, without a test runner: some of everything, by the engine that was asked for.

import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import * as oc from 'overcurrent';

const wanted = process.argv[2];
assert.equal(oc.engine, wanted);

const checks = {
  async 'a breaker opens, tries and closes'() {
    const clock = oc.manualClock();
    const db = oc.breaker({ window: { calls: 10 }, minCalls: 2, openFor: '1s', trialCalls: 2, clock });
    const fail = () => db.call(() => Promise.reject(new Error('no')));
    await assert.rejects(fail(), /no/);
    await assert.rejects(fail(), /no/);
    await assert.rejects(fail(), oc.BreakerOpenError);
    assert.deepEqual(await db.tryCall(() => 1), {
      ok: false,
      gate: 'breaker',
      reason: 'breaker-open',
      retryAfterMs: 1_000.000001,
    });
    clock.advance(1_001);
    assert.equal(await db.call(async () => 'first'), 'first');
    assert.equal(await db.wrap((a, b) => a + b)(1, 2), 3);
    assert.equal(db.state, 'closed');
  },

  async 'a limiter grants, refuses and lets wait'() {
    const calls = oc.limiter({ rate: 50, per: 's', burst: 2 });
    assert.deepEqual([calls.tryAcquire(2), calls.tryAcquire()], [true, false]);
    const began = performance.now();
    await calls.acquire();
    assert.ok(performance.now() - began > 10);
    const caller = new AbortController();
    const waiting = oc.limiter({ rate: 1, per: 'h', initial: 0 }).acquire({ signal: caller.signal });
    caller.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
  },

  async 'a pipeline retries, times out and falls back'() {
    const slots = oc.bulkhead({ max: 1 });
    const backoff = { initial: 1, jitter: 'none' };
    const all = oc.pipe(
      oc.fallback(() => 'instead'),
      oc.retry({ attempts: 3, backoff }),
      oc.timeout(20),
      slots,
    );
    let attempts = 0;
    assert.equal(await all.call(() => (++attempts < 3 ? Promise.reject(new Error('no')) : 'third')), 'third');
    const hang = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    assert.equal(await all.call(hang), 'instead');
    assert.equal(slots.inFlight, 0);
  },

  async 'a snapshot brings a breaker back'() {
    const db = oc.breaker({ openFor: '1h' });
    db.open();
    const other = oc.breaker({ openFor: '1h' });
    other.restore(db.snapshot());
    assert.equal(other.state, 'open');
  },

  async 'threads share a limiter, where the engine is native'() {
    const options = { name: 'smoke', shared: true, rate: 1, per: 'h', burst: 100 };
    if (wanted === 'wasm') {
      assert.throws(() => oc.limiter(options), /native/);
      return;
    }
    const mine = oc.limiter(options);
    const worker = new Worker(new URL(import.meta.url), { workerData: options, argv: [wanted] });
    const [got] = await new Promise((resolve, reject) =>
      worker.once('message', (got) => resolve([got])).once('error', reject),
    );
    assert.equal(got, 60);
    assert.equal(mine.acquireUpTo(100), 40);
    await worker.terminate();
  },

  async '20,000 calls at once keep their order and their number'() {
    const slots = oc.bulkhead({ max: 7, queue: 20_000 });
    let running = 0;
    let most = 0;
    const one = async (i) => {
      most = Math.max(most, ++running);
      await null;
      running -= 1;
      return i;
    };
    const answers = await Promise.all(Array.from({ length: 20_000 }, (_, i) => slots.call(() => one(i))));
    assert.equal(most, 7);
    assert.ok(answers.every((answer, i) => answer === i));
  },
};

const { isMainThread, parentPort, workerData } = await import('node:worker_threads');
if (isMainThread) {
  for (const [what, check] of Object.entries(checks)) {
    await check();
    console.log(`ok: ${what}`);
  }
} else {
  parentPort.postMessage(oc.limiter(workerData).acquireUpTo(60));
}
