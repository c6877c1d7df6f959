// One line before a shared bulkhead for all threads of the process: whoever came first goes first, in whichever thread.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { breaker, bulkhead, engine, pipe } from 'overcurrent';
import { child } from './child.mjs';

const workers = new Set();
after(() => Promise.all(Array.from(workers, (worker) => worker.terminate())));

/** A thread with the bulkhead of those options: `tell(command)` promises its answer. */
function remote(options) {
  const worker = new Worker(new URL('workers/remote.mjs', import.meta.url), { workerData: { options } });
  workers.add(worker);
  const asked = new Map();
  let numbers = 0;
  worker.on('message', ({ number, answer, failed }) => {
    const { resolve, reject } = asked.get(number);
    if (failed === undefined) resolve(answer);
    else reject(new Error(failed));
  });
  const tell = (command, options) =>
    new Promise((resolve, reject) => {
      asked.set(numbers, { resolve, reject });
      worker.postMessage({ number: numbers, command, ...options });
      numbers += 1;
    });
  return { tell, end: () => worker.terminate() };
}

let names = 0;
const shared = (options) => ({ name: `line ${names++}`, shared: true, ...options });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** What is said of a wait before it has ended: nothing. */
const stillWaits = async (promise) => assert.equal(await Promise.race([promise, sleep(30)]), undefined);

/** Has the thread stand in line; what comes of it, as an object, since a promise would be waited for. */
async function stand(thread, options) {
  await thread.tell('stand', options);
  const waiting = thread.tell('wait', options);
  waiting.catch(() => {});
  return { waiting };
}

const native = () => {
  test('slots go to those who came first, thread by thread', async () => {
    const options = shared({ max: 1 });
    const slots = bulkhead(options);
    const [one, other] = [remote(options), remote(options)];
    assert.deepEqual([await one.tell('take'), await other.tell('take')], [true, false]);
    await one.end(); // and the slot is free
    const first = await slots.acquire();
    const order = [];
    const note = (who, waiting) => waiting.then(() => order.push(who));
    const third = remote(options);
    assert.equal(await third.tell('take'), false);
    const all = [];
    for (const [who, thread] of Object.entries({ a: other, b: third, c: other, d: third })) {
      all.push(note(who, (await stand(thread, { id: who })).waiting));
      if (who === 'b') {
        all.push(
          note(
            'mine',
            slots.acquire().then((permit) => permit.release()),
          ),
        );
      }
    }
    assert.equal(slots.tryAcquire(), undefined);
    first.release();
    for (const thread of [other, third, other, third]) {
      await sleep(20);
      await thread.tell('release');
    }
    await Promise.all(all);
    assert.deepEqual(order, ['a', 'b', 'mine', 'c', 'd']);
    assert.equal(slots.inFlight, 0);
  });

  test('a place that is given up makes nobody wait longer, and the line has one bound', async () => {
    const options = shared({ max: 1, queue: 2 });
    const slots = bulkhead(options);
    const first = slots.enter();
    const thread = remote(options);
    const { waiting } = await stand(thread, { id: 1 });
    const mine = slots.acquire();
    await assert.rejects(slots.acquire(), { code: 'ERR_BULKHEAD_FULL', reason: 'queue-full' });
    await assert.rejects((await stand(thread, { id: 2 })).waiting, /ERR_BULKHEAD_FULL/);
    await thread.tell('abort', { id: 1 });
    await assert.rejects(waiting, /enough/);
    await assert.rejects((await stand(thread, { id: 3, timeout: 20 })).waiting, /ERR_BULKHEAD_FULL/);
    first.release();
    (await mine).release();
    assert.equal(slots.inFlight, 0);
  });

  test('an abort that meets its slot on the way gives that back', async () => {
    const options = shared({ max: 1 });
    const slots = bulkhead(options);
    for (let i = 0; i < 200; i++) {
      const first = slots.enter();
      const given = new AbortController();
      const waiting = slots.acquire({ signal: given.signal });
      first.release(); // handed over; its bell has not rung
      given.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
      assert.equal(slots.inFlight, 0);
    }
  });

  test('a thread that ends gives back its slots and its places', async () => {
    const options = shared({ max: 2 });
    const slots = bulkhead(options);
    const [holds, waits] = [remote(options), remote(options)];
    assert.deepEqual([await holds.tell('take'), await holds.tell('take')], [true, true]);
    await stand(waits, { id: 1 });
    const mine = slots.acquire();
    await waits.end();
    await stillWaits(mine);
    await holds.end();
    const permit = await mine;
    assert.equal(slots.inFlight, 1);
    permit.release();
  });

  test('a thread that ends in the middle of a pipeline gives back what that took, a trial too', async () => {
    const options = shared({ max: 1 });
    const slots = bulkhead(options);
    const db = breaker({ name: `${options.name}:db`, shared: true, openFor: 1, trialCalls: 1 });
    db.open();
    await sleep(10);
    const thread = remote(options);
    assert.equal(await thread.tell('pipe'), 'half-open');
    assert.deepEqual([slots.inFlight, db.explain().trialsLeft], [1, 0]);
    const mine = slots.acquire();
    await stillWaits(mine);
    await thread.end();
    (await mine).release();
    assert.equal(await pipe(db, slots).call(() => 'well'), 'well');
    assert.deepEqual([db.state, slots.inFlight], ['closed', 0]);
  });

  test('a bulkhead that grows lets in those who wait elsewhere', async () => {
    const options = shared({ max: 0 });
    const slots = bulkhead(options);
    const thread = remote(options);
    const { waiting } = await stand(thread, { id: 1 });
    slots.reconfigure({ max: 1 });
    assert.equal(await waiting, 'slot');
  });

  test('calls of four threads: never more than there are slots, and all of them', async () => {
    const options = shared({ max: 3, queue: 4_000 });
    const working = new SharedArrayBuffer(4);
    const threads = Array.from({ length: 4 }, () => remote(options));
    const most = await Promise.all(threads.map((thread) => thread.tell('crowd', { calls: 1_000, working })));
    assert.ok(Math.max(...most) <= 3, `${most} at once`);
    const { inFlight, max } = bulkhead(options).metrics();
    assert.deepEqual({ inFlight, max }, { inFlight: 0, max: 3 });
  });

  test('who waits for another thread keeps its own alive, and nobody else does', () => {
    const source = `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      import { bulkhead } from 'overcurrent';
      const slots = bulkhead({ name: 'idle', max: 1, shared: true });
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url));
        await new Promise((done) => worker.once('message', done));
        worker.unref();
        (await slots.acquire()).release();
        const given = new AbortController();
        const permit = slots.enter();
        const waiting = slots.acquire({ signal: given.signal }).catch(() => {});
        given.abort();
        await waiting;
        console.log('done');
      } else {
        const permit = slots.enter();
        parentPort.postMessage('taken');
        setTimeout(() => permit.release(), 50);
      }
    `;
    const { status, stdout, stderr } = child(source);
    assert.deepEqual([status, stdout.trim(), stderr], [0, 'done', '']);
  });
};

const wasm = () => {
  test('says which engine shares', () => {
    assert.throws(() => bulkhead(shared({ max: 1 })), /native engine/);
  });
};

describe(`a line of all threads: ${engine}`, { timeout: 60_000 }, engine === 'native' ? native : wasm);
