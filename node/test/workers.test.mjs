// One gate for all threads of the process, and what they take together is exact. The native engine's: WebAssembly says no.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { breaker, engine, limiter } from 'overcurrent';

const WORKERS = 4;

/** Has every worker do a task with the gate of that name, all at the same time; their answers. */
function everywhere(task, name, times) {
  const shared = { meeting: new Int32Array(new SharedArrayBuffer(8)), out: new SharedArrayBuffer(4) };
  const one = () =>
    new Promise((resolve, reject) => {
      const workerData = { ...shared, workers: WORKERS, task, name, times };
      const worker = new Worker(new URL('workers/task.mjs', import.meta.url), { workerData });
      worker.once('message', resolve).once('error', reject);
    });
  return Promise.all(Array.from({ length: WORKERS }, one));
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

const native = () => {
  test('a limiter gives out exactly its burst', async () => {
    const got = await everywhere('limiter', 'workers:limiter', 200_000);
    assert.equal(sum(got), 1_000);
  });

  test('a bulkhead never has more calls in flight than its maximum, and none at the end', async () => {
    const seen = await everywhere('bulkhead', 'workers:bulkhead', 50_000);
    for (const { most, inFlight } of seen) {
      assert.ok(most >= 1 && most <= 3, `${most} at once`);
      assert.equal(inFlight, 0);
    }
  });

  test('a breaker counts every failure of every thread', async () => {
    const states = await everywhere('breaker', 'workers:breaker', 2_000);
    assert.deepEqual(states, ['open', 'open', 'open', 'open']);
    // The rule needs all 8,000 of them: had one been lost, it would be closed.
  });

  test('a half-open breaker gives out exactly its trials', async () => {
    const db = breaker({ window: { calls: 10 }, openFor: 1, trialCalls: 7, name: 'workers:trials', shared: true });
    db.open();
    await new Promise((done) => setTimeout(done, 20));
    const seen = await everywhere('trials', 'workers:trials', 1_000);
    assert.equal(sum(seen.map(({ got }) => got)), 7);
    assert.equal(db.state, 'half-open');
  });
};

const wasm = () => {
  test('says which engine shares', () => {
    assert.throws(() => limiter({ rate: 1, per: 's', name: 'workers:no', shared: true }), /workers:no.*native/s);
  });
};

describe(`shared between worker threads: ${engine}`, engine === 'native' ? native : wasm);
