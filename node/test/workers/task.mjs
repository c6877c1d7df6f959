// One worker: meets the others, does its task with the shared gate, answers.

import { parentPort, workerData } from 'node:worker_threads';
import { breaker, bulkhead, limiter } from 'overcurrent';

const { meeting, workers, task, name, times } = workerData;

/** Nobody begins before everybody is there. */
function meet(round) {
  if (Atomics.add(meeting, round, 1) + 1 === workers) Atomics.notify(meeting, round);
  for (let there; (there = Atomics.load(meeting, round)) < workers; ) Atomics.wait(meeting, round, there);
}

const tasks = {
  /** How many permits this thread got. */
  limiter() {
    const calls = limiter({ rate: 1, per: 'h', burst: 1_000, name, shared: true });
    meet(0);
    let got = 0;
    for (let i = 0; i < times; i++) got += calls.tryAcquire();
    return got;
  },

  /** Takes, holds and gives back a slot so many times, whatever the others do meanwhile: the most that were ever out. */
  bulkhead() {
    const slots = bulkhead({ max: 3, name, shared: true });
    const out = new Int32Array(workerData.out);
    meet(0);
    let most = 0;
    for (let got = 0; got < times; ) {
      const permit = slots.tryAcquire();
      if (permit === undefined) continue;
      got += 1;
      most = Math.max(most, Atomics.add(out, 0, 1) + 1);
      Atomics.sub(out, 0, 1);
      permit.release();
    }
    meet(1);
    return { most, inFlight: slots.metrics().inFlight };
  },

  /** Failures of every thread count towards one window. */
  breaker() {
    const db = breaker({ window: { calls: 10_000 }, minCalls: workers * times, failureRate: 1, name, shared: true });
    meet(0);
    for (let i = 0; i < times; i++) db.enter().failure();
    meet(1);
    return db.state;
  },

  /** Trials of a half-open breaker that this thread got. */
  trials() {
    const db = breaker({ window: { calls: 10 }, openFor: 1, trialCalls: 7, name, shared: true });
    meet(0);
    let got = 0;
    for (let i = 0; i < times; i++) got += db.tryAcquire() !== undefined;
    meet(1);
    return { got, state: db.state };
  },
};

parentPort.postMessage(tasks[task]());
