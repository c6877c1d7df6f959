// The packed package as a user has it: both ways to load it, both engines, a breaker and a limiter at work.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as imported from 'overcurrent';
import { child } from './child.mjs';

const required = createRequire(import.meta.url)('overcurrent');

test('imported and required are the same things', () => {
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const name of Object.keys(imported)) assert.equal(imported[name], required[name], name);
});

test('the engine is the one that was asked for', () => {
  const asked = process.env.OVERCURRENT_ENGINE;
  assert.equal(imported.engine, asked === 'wasm' ? 'wasm' : 'native');
  const print = `import { engine } from 'overcurrent'; console.log(engine)`;
  const seen = (engine) => child(print, { env: { OVERCURRENT_ENGINE: engine } }).stdout.trim();
  assert.deepEqual(['wasm', 'native'].map(seen), ['wasm', 'native']);
});

test('the web entry is WebAssembly, imported and required', async () => {
  const web = await import('overcurrent/wasm');
  assert.equal(web.engine, 'wasm');
  assert.equal(web.limiter({ rate: 1 }).tryAcquire(), true);
  assert.deepEqual(Object.keys(web).sort(), Object.keys(imported).sort());
  assert.equal(createRequire(import.meta.url)('overcurrent/wasm').engine, 'wasm');
});

test('a limiter gives what it has', () => {
  const clock = imported.manualClock(5);
  const api = imported.limiter({ rate: 2, per: 's', clock });
  assert.deepEqual([api.tryAcquire(), api.tryAcquire(), api.tryAcquire()], [true, true, false]);
  assert.deepEqual(api.peek(), { remaining: 0, resetAfterMs: 1000, retryAfterMs: 500 });
  clock.advance(500);
  assert.deepEqual([api.tryAcquire(), api.tryAcquire()], [true, false]);
});

test('a breaker opens, refuses with the wait, tries and closes', async () => {
  const clock = imported.manualClock();
  const db = imported.breaker({ name: 'db', window: { calls: 4 }, minCalls: 2, trialCalls: 2, openFor: '5s', clock });
  const states = [];
  db.on('state', ({ from, to }) => states.push(`${from} > ${to}`));
  const broken = new Error('broken');
  for (let n = 0; n < 2; n++)
    await assert.rejects(
      db.call(() => Promise.reject(broken)),
      broken,
    );
  await assert.rejects(
    db.call(() => assert.fail('called while open')),
    (error) =>
      error instanceof imported.BreakerOpenError &&
      error.code === 'ERR_BREAKER_OPEN' &&
      Math.floor(error.retryAfterMs) === 5000,
  );
  clock.advance(5_001);
  assert.deepEqual(await Promise.all([db.call(async () => 1), db.call(() => 2)]), [1, 2]);
  assert.deepEqual(states, ['closed > open', 'open > half-open', 'half-open > closed']);
});

test('wrong settings are named', () => {
  const says = (make, message) =>
    assert.throws(make, (error) => error instanceof imported.ConfigError && error.message === message);
  says(() => imported.breaker({ minCalls: 200 }), 'minCalls is 200; allowed: 1 to 100');
  says(() => imported.limiter({ rate: 0 }), 'rate is 0; allowed: 1 to 1000000000');
});
