// What the WebAssembly module weighs. Lower the limits when it gets lighter; a higher one needs its reason in the commit.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkout } from './room.mjs';

const LIMIT = { bytes: 59_000, zipped: 29_000 };

test('the module is within its limits', () => {
  const { wasm } = createRequire(import.meta.url)(join(checkout, 'dist', 'cjs', 'wasm-bytes.js'));
  const bytes = Buffer.from(wasm, 'base64');
  const size = { bytes: bytes.length, zipped: gzipSync(bytes, { level: 9 }).length };
  for (const [what, limit] of Object.entries(LIMIT))
    assert.ok(size[what] <= limit, `${what}: ${size[what]} of ${limit}`);
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), [], 'it asks nothing of its host');
});

test('and its text in the package is the module', () => {
  const source = readFileSync(join(checkout, 'dist', 'esm', 'wasm-bytes.js'), 'utf8');
  assert.match(source, /^export const wasm = 'AGFzbQ/m);
});
