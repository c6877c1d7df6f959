// The package in Cloudflare's runtime: a worker built and served by their own tool, asked over HTTP.
//   BUNDLERS=FOLDER-WITH-NODE_MODULES node --test bundled/edge.test.mjs, in a project that has the package

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Serves the worker with the runtime of that date. */
function serve(date, flags) {
  const config = `wrangler-${date}.json`;
  const worker = { name: 'overcurrent', main: 'worker.mjs', compatibility_date: date, compatibility_flags: flags };
  writeFileSync(join(here, config), JSON.stringify(worker));
  const tool = join(process.env.BUNDLERS, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const options = ['dev', '--local', '--config', config, '--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0'];
  const env = {
    ...process.env,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    CI: '1',
    NO_COLOR: '1',
  };
  const server = spawn(process.execPath, [tool, ...options], { cwd: here, env, detached: true });
  const origin = new Promise((resolve, reject) => {
    let said = '';
    const hear = (text) => {
      said += text;
      const [ready] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
      if (ready !== undefined) resolve(ready);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', () => reject(new Error(said)));
  });
  // The runtime is its child, and goes with it.
  return { origin, close: () => process.kill(-server.pid, 'SIGTERM') };
}

// Of before finalizers and promises between requests, and of today.
for (const [date, flags] of [
  ['2023-01-01', []],
  ['2026-04-01', ['nodejs_compat']],
]) {
  describe(`a worker of ${date}`, () => {
    let server;
    let ask;
    before(async () => {
      server = serve(date, flags);
      const origin = await server.origin;
      ask = async (path) => (await fetch(origin + path, { signal: AbortSignal.timeout(10_000) })).json();
    });
    after(() => server.close());

    test('has the WebAssembly engine', async () => assert.deepEqual(await ask('/engine'), { answer: 'wasm' }));

    test('a limiter counts over requests', async () => {
      const taken = [];
      for (let i = 0; i < 5; i++) taken.push((await ask('/permit')).answer);
      assert.deepEqual(taken, [true, true, true, false, false]);
    });

    test('a breaker counts over requests, and opens', async () => {
      for (const path of ['/bad', '/good', '/good']) await ask(path);
      assert.deepEqual([await ask('/state'), await ask('/bad')], [{ answer: 'closed' }, { answer: 'no' }]);
      const { answer } = await ask('/good');
      assert.deepEqual([answer.ok, answer.reason], [false, 'breaker-open']);
      assert.ok(answer.retryAfterMs > 3_500_000 && answer.retryAfterMs < 3_600_001, `${answer.retryAfterMs}`);
      assert.deepEqual(await ask('/state'), { answer: 'open' });
    });

    test('requests wait in turn, though none can wake another', async () => {
      const began = performance.now();
      const all = await Promise.all(Array.from({ length: 5 }, () => ask('/wait')));
      assert.deepEqual(
        all.map(({ answer }) => answer),
        Array(5).fill('in turn'),
      );
      assert.ok(performance.now() - began > 380, 'the last of them waits four tenths of a second');
    });

    test('a timeout rings, though the request that set one before has ended', async () => {
      const quick = ask('/quick');
      await new Promise((done) => setTimeout(done, 20));
      assert.equal((await ask('/hang')).code, 'ERR_TIMEOUT');
      assert.deepEqual(await quick, { answer: 'in time' });
    });

    test('a retry waits and tries again', async () => assert.deepEqual(await ask('/again'), { answer: 3 }));

    test('a bulkhead refuses at once, and says why it cannot queue', async () => {
      const all = await Promise.all([ask('/slot'), ask('/slot')]);
      const said = all.map(({ answer, code }) => answer ?? code).sort();
      assert.deepEqual(said, ['ERR_BULKHEAD_FULL', 'alone']);
      assert.deepEqual(await ask('/slot'), { answer: 'alone' });
      const { code, message } = await ask('/queue');
      assert.equal(code, 'ERR_CONFIG');
      assert.match(message, /queue is 1; allowed: 0 at the edge/);
    });
  });
}
