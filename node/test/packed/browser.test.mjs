// The WebAssembly entry in a real browser: as it is, and bundled as people do.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
flags.push('--disable-component-update', '--disable-sync');
const types = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

const entry = import.meta.resolve('overcurrent/wasm');
const root = new URL('.', entry); // of what the entry imports
const page = fileURLToPath(new URL('page.mjs', import.meta.url));

const html = (head, script) =>
  `<!doctype html><title>overcurrent</title>${head}<script type=module src=${script}></script>`;
const map = { imports: { 'overcurrent/wasm': `/package/${entry.slice(root.href.length)}` } };

async function bundled() {
  const conditions = { bundle: true, format: 'esm', platform: 'browser', minify: true, write: false };
  const { outputFiles } = await build({ entryPoints: [page], ...conditions });
  return outputFiles[0].text;
}

const pages = {
  '/plain.html': () => html(`<script type=importmap>${JSON.stringify(map)}</script>`, '/page.mjs'),
  '/page.mjs': () => readFile(page),
  '/bundled.html': () => html('', '/bundle.js'),
  '/bundle.js': bundled,
  '/well': () => 'well',
};

async function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  try {
    const file = pathname.startsWith('/package/') && new URL(pathname.slice('/package/'.length), root);
    const body = file ? await readFile(file) : await pages[pathname]();
    response.setHeader('content-type', types[extname(pathname)] ?? 'text/plain').end(body);
  } catch {
    response.writeHead(503).end();
  }
}

const server = createServer(serve);
let browser;
let origin;

before(async () => {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
});

after(async () => {
  await browser?.close();
  server.close();
});

for (const kind of ['plain', 'bundled']) {
  test(`a breaker and a limiter in a page, ${kind}`, async () => {
    const tab = await browser.newPage();
    const complaints = [];
    tab.on('pageerror', (error) => complaints.push(error.message));
    await tab.goto(`${origin}/${kind}.html`);
    const { engine, breaker, limiter } = await tab.evaluate((origin) => globalThis.run(origin), origin);
    assert.equal(engine, 'wasm');
    assert.deepEqual(breaker.seen, ['well', 'status 503', 'well', 'status 503']);
    assert.deepEqual({ ...breaker.open, retryAfterMs: 0 }, { state: 'open', isError: true, retryAfterMs: 0 });
    assert.ok(breaker.open.retryAfterMs > 4_999 && breaker.open.retryAfterMs < 5_001, `${breaker.open.retryAfterMs}`);
    assert.deepEqual([breaker.trial, breaker.after], ['well', 'closed']);
    assert.deepEqual(limiter, { taken: [true, true, true, false], aborted: 'enough' });
    assert.deepEqual(complaints, []);
  });
}
