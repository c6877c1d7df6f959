// A worker that does with a shared bulkhead what it is told, and says when it is done.

import { parentPort, workerData } from 'node:worker_threads';
import { breaker, bulkhead, pipe } from 'overcurrent';

const slots = bulkhead(workerData.options);
const permits = [];
const waiting = new Map();
const hang = () => new Promise(() => {});

const commands = {
  take: () => slots.tryAcquire() !== undefined,
  // Stands in line when this has answered.
  stand({ id, timeout }) {
    const given = new AbortController();
    const slot = slots.acquire({ timeout, signal: given.signal });
    slot.catch(() => {}); // told to whoever asks
    waiting.set(id, { given, slot });
  },
  async wait({ id }) {
    permits.push(await waiting.get(id).slot);
    return 'slot';
  },
  abort: ({ id }) => waiting.get(id).given.abort(new Error('enough')),
  release: () => permits.shift().release(),
  // A pipeline that asks a breaker and the bulkhead together, and does not end.
  pipe() {
    const db = breaker({ name: `${workerData.options.name}:db`, shared: true, openFor: 1, trialCalls: 1 });
    pipe(db, slots).call(hang);
    return db.state;
  },
  /** Many short calls, waiting in line; the most that were at work in all threads at once. */
  async crowd({ calls, working }) {
    const out = new Int32Array(working);
    let most = 0;
    const work = async () => {
      most = Math.max(most, Atomics.add(out, 0, 1) + 1);
      await new Promise((done) => setImmediate(done));
      Atomics.sub(out, 0, 1);
    };
    await Promise.all(Array.from({ length: calls }, () => slots.call(work)));
    return most;
  },
};

parentPort.on('message', async ({ number, command, ...options }) => {
  try {
    parentPort.postMessage({ number, answer: await commands[command](options) });
  } catch (error) {
    parentPort.postMessage({ number, failed: error.code ?? error.message });
  }
});
