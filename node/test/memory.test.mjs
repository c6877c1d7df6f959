// Memory: flat over a million calls, and given back when nobody holds a gate any more. In processes of their own, because
// a collection must be asked for by hand.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { child } from './child.mjs';

const tools = `
  import * as oc from 'overcurrent';
  const turn = () => new Promise((done) => setImmediate(done));
  const settled = async () => { for (let i = 0; i < 2; i++) { gc(); await turn(); } };
  const MIB = 1 << 20;
  const used = async () => { await settled(); return process.memoryUsage(); };
`;

function answer(script) {
  const { status, stdout, stderr } = child(tools + script, { flags: ['--expose-gc'], timeout: 120_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** Runs `round` half a million times twice and says by how many MiB the second half grew. */
const flat = (setup, round) =>
  answer(`
    ${setup}
    const half = async () => { for (let i = 0; i < 500_000; i++) { ${round} } };
    await half();
    const before = await used();
    await half();
    const after = await used();
    console.log(JSON.stringify({
      heap: (after.heapUsed - before.heapUsed) / MIB, rss: (after.rss - before.rss) / MIB,
    }));
  `);

describe('memory is flat over a million calls', () => {
  const cases = {
    'of a closed breaker': [
      'const db = oc.breaker({ window: { calls: 100 } }); const work = async () => 1;',
      'await db.call(work);',
    ],
    'of an open breaker': ['const db = oc.breaker({ window: { calls: 100 } }); db.open();', 'db.tryCall(() => 1);'],
    'of a limiter, granted and refused': [
      "const calls = oc.limiter({ rate: 1000, per: 's', burst: 10 });",
      'calls.tryAcquire();',
    ],
    'through a pipeline': [
      'const all = oc.pipe(oc.breaker({ window: { calls: 100 } }), oc.bulkhead({ max: 4 })); const work = async () => 1;',
      'await all.call(work);',
    ],
    'of permits by hand': ['const slots = oc.bulkhead({ max: 4 });', 'slots.tryAcquire().release();'],
    'with a signal that is never aborted': [
      'const db = oc.breaker({ window: { calls: 100 } }); const { signal } = new AbortController(); const work = async () => 1;',
      'await db.call(work, { signal });',
    ],
  };
  for (const [what, [setup, round]] of Object.entries(cases)) {
    test(what, () => {
      const { heap, rss } = flat(setup, round);
      assert.ok(heap < 1, `the heap grew by ${heap} MiB`);
      assert.ok(rss < 16, `the process grew by ${rss} MiB`);
    });
  }
});

describe('gates that nobody holds give their memory back', () => {
  // 16 KiB a breaker: 320 MiB in all, if nothing came back.
  const breakers = (how) => `
    const before = await used();
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 500; i++) { const db = oc.breaker({ window: { calls: 32_767 } }); ${how} }
      await settled();
    }
    console.log(JSON.stringify({ rss: ((await used()).rss - before.rss) / MIB }));
  `;
  const cases = {
    'breakers that were never called': '',
    'breakers that were called': 'await db.call(async () => 1);',
    'breakers in pipelines': 'await oc.pipe(db, oc.bulkhead({ max: 1 })).call(async () => 1);',
    'breakers with permits that were lost': 'db.enter();',
    'breakers with listeners': "db.on('state', () => db.state);",
  };
  for (const [what, how] of Object.entries(cases)) {
    test(what, () => {
      const { rss } = answer(breakers(how));
      assert.ok(rss < 100, `the process grew by ${rss} MiB`);
    });
  }

  test('a permit keeps its gate', () => {
    const { opened } = answer(`
      let opened = 0;
      const permits = [];
      for (let i = 0; i < 1_000; i++) {
        const db = oc.breaker({ window: { calls: 32_767 }, minCalls: 1 });
        db.on('state', () => { opened += 1; });
        permits.push(db.enter());
      }
      await settled();
      for (let i = 0; i < 1_000; i++) oc.breaker({ window: { calls: 32_767 } }); // over what was freed too early
      for (const permit of permits) permit.failure();
      console.log(JSON.stringify({ opened }));
    `);
    assert.equal(opened, 1_000);
  });

  test('a wrapped function keeps its gate', () => {
    const { well } = answer(`
      const functions = [];
      for (let i = 0; i < 1_000; i++) {
        functions.push(oc.breaker({ window: { calls: 32_767 }, minCalls: 1 }).wrap(async (fail) => { if (fail) throw new Error('no'); }));
      }
      await settled();
      for (let i = 0; i < 1_000; i++) oc.breaker({ window: { calls: 32_767 } });
      let opened = 0;
      for (const wrapped of functions) {
        await wrapped(true).catch(() => {});
        await wrapped(false).catch((error) => { opened += error.code === 'ERR_BREAKER_OPEN'; });
      }
      console.log(JSON.stringify({ well: opened === 1_000 }));
    `);
    assert.equal(well, true);
  });

  test('the objects themselves are collected, waiters and timers or not', () => {
    const { left } = answer(`
      const refs = [];
      for (let i = 0; i < 1_000; i++) {
        const calls = oc.limiter({ rate: 1, per: 'h', burst: 1, initial: 0 });
        const given = new AbortController();
        calls.acquire({ timeout: '2h', signal: given.signal }).catch(() => {});
        given.abort();
        refs.push(new WeakRef(calls));
      }
      await settled();
      console.log(JSON.stringify({ left: refs.filter((ref) => ref.deref() !== undefined).length }));
    `);
    assert.ok(left < 10, `${left} of 1,000 are left`);
  });
});
