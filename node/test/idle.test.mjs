// What keeps a process alive: nothing of ours.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';

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
  'a call for a permit that comes in an hour': `
    const calls = oc.limiter({ rate: 1, per: 'h', burst: 1 });
    calls.tryAcquire();
    calls.acquire({ timeout: '2h' });
  `,
  'a call for a slot that never comes free': `
    const slots = oc.bulkhead({ max: 1, queue: 10, maxWait: '1h' });
    slots.enter();
    slots.acquire();
  `,
  'a call with an hour to answer': `
    oc.pipe(oc.timeout('1h')).call(() => new Promise(() => {}));
  `,
  'a retry that waits for an hour': `
    const again = oc.retry({ attempts: 2, backoff: { initial: '1h', max: '2h' } });
    again.call(async () => { throw new Error('no'); });
  `,
};

describe('a process that has nothing else to do ends', () => {
  for (const [what, script] of Object.entries(cases)) {
    test(`with ${what}`, () => {
      const source = `import * as oc from 'overcurrent';\n${script}\nconsole.log('done');`;
      const flags = ['--input-type=module', '-e', source];
      const { status, stdout, stderr, signal } = spawnSync(process.execPath, flags, {
        cwd: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
        encoding: 'utf8',
        timeout: 20_000,
      });
      assert.deepEqual([status, signal, stdout.trim(), stderr], [0, null, 'done', '']);
    });
  }
});
