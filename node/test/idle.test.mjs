// What keeps a process alive: somebody who waits, and nothing else of ours.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { child } from './child.mjs';

const cases = {
  'an import': '',
  'gates that have worked': `
    const db = oc.breaker({ window: { calls: 10 } });
    await db.call(async () => 1);
    oc.limiter({ rate: 1, per: 's' }).tryAcquire();
    oc.bulkhead({ max: 1 }).enter();
  `,
  'an open breaker': `
    const db = oc.breaker({ window: { calls: 10 }, openFor: '1h', autoHalfOpen: true });
    db.on('state', () => {});
    db.forceOpen();
    db.reset();
    db.open();
  `,
  'a call that waited for a permit of the next hour and gave up': `
    const calls = oc.limiter({ rate: 1, per: 'h', burst: 1, initial: 0 });
    await calls.acquire({ timeout: '2h', signal: AbortSignal.abort() }).catch(() => {});
    const given = new AbortController();
    const waiting = calls.acquire({ timeout: '2h', signal: given.signal }).catch(() => {});
    given.abort();
    await waiting;
  `,
  'a slot that came free in time': `
    const slots = oc.bulkhead({ max: 1 });
    const first = slots.enter();
    const second = slots.acquire({ timeout: '1h' });
    first.release();
    (await second).release();
  `,
  'a call that had an hour and took a moment': `
    await oc.timeout('1h').call(async () => 1);
    await oc.timeout('1h').call(async () => { throw new Error('no'); }).catch(() => {});
  `,
  'a retry that was called off': `
    const given = new AbortController();
    const again = oc.retry({ attempts: 2, backoff: { initial: '1h', max: '2h', jitter: 'none' } });
    const called = again.call(async () => { throw new Error('no'); }, { signal: given.signal }).catch(() => {});
    setTimeout(() => given.abort(), 1);
    await called;
  `,
};

/** How a process with that script ends. */
function end(script) {
  const source = `import * as oc from 'overcurrent';\n${script}\nconsole.log('done');`;
  const { status, signal, stdout, stderr } = child(source);
  return [status, signal, stdout.trim(), stderr];
}

const WELL = [0, null, 'done', ''];

describe('a process that has nothing else to do ends', () => {
  for (const [what, script] of Object.entries(cases)) {
    test(`with ${what}`, () => assert.deepEqual(end(script), WELL));
  }
});

describe('a process whose last hope is a gate waits for it', () => {
  const waits = {
    'a permit': "const calls = oc.limiter({ rate: 20, per: 's', burst: 1, initial: 0 }); await calls.acquire();",
    'a timeout': 'await oc.timeout(50).call(() => new Promise(() => {})).catch(() => {});',
    'another attempt': `
      let calls = 0;
      await oc.retry({ backoff: { initial: 50, jitter: 'none' } }).call(async () => { if (calls++ === 0) throw new Error('no'); });
    `,
  };
  for (const [what, script] of Object.entries(waits)) {
    test(`for ${what}`, () => assert.deepEqual(end(script), WELL));
  }
});
