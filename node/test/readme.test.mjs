// The examples of the README run, in order; the migration tables name what exists.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as oc from 'overcurrent';

const read = (url) => readFileSync(url, 'utf8');
const packaged = read(new URL('README.md', import.meta.resolve('overcurrent/package.json')));
const blocks = (text) => Array.from(text.matchAll(/^```js\n(.*?)^```/gms), ([, code]) => code);

/** Runs the blocks as one module, in the order in which they stand. */
function run(codes) {
  const here = codes.join('\n').replaceAll(`'overcurrent'`, JSON.stringify(import.meta.resolve('overcurrent')));
  return import(`data:text/javascript,${encodeURIComponent(here)}`);
}

test("the package's README", async () => {
  const codes = blocks(packaged);
  assert.ok(codes.length >= 9);
  await run(codes);
});

test("the project's README", async () => {
  const codes = blocks(read(new URL('../../README.md', import.meta.url)));
  assert.notEqual(codes.length, 0);
  await run(codes);
});

/** What the pieces of code in the tables speak of. */
const scope = {
  ...oc,
  db: oc.breaker(),
  fn: () => 1,
  a: oc.timeout('1s'),
  b: oc.timeout('2s'),
  options: {},
  value: 1,
  bytes: oc.breaker().snapshot(),
  signal: undefined,
  openFor: '1s',
  minCalls: 1,
  max: 2,
  initial: 1,
  factor: 2,
  jitter: 'full',
  when: () => true,
};

/** Forms in which a piece may stand: by itself, after a breaker, as an option. */
const forms = [
  (code) => `(${code})`,
  (code) => `db.${code.replace(/^\./, '')}`,
  (code) => `breaker({ ${code} })`,
  (code) => `retry({ ${code} })`,
  (code) => `fallback(fn, { ${code} })`,
];

function means(code) {
  const names = Object.keys(scope);
  const complaints = [];
  for (const form of forms) {
    try {
      return void new Function(...names, `'use strict'; return ${form(code)}`)(...Object.values(scope));
    } catch (error) {
      complaints.push(error.message);
    }
  }
  return complaints;
}

test('the migration tables speak of what there is', () => {
  const [, ...tables] = packaged.split(/^## Coming from /m);
  assert.equal(tables.length, 2);
  const rows = tables.flatMap((table) =>
    table
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1),
  );
  assert.ok(rows.length > 25);
  const pieces = rows.flatMap((row) =>
    Array.from(row.split(/(?<!\\)\|/)[2].matchAll(/`([^`]+)`/g), ([, code]) => code),
  );
  const options = ['isFailure', 'isFailureResult', 'retryIf', 'trialCalls', 'minCalls']; // named alone: `means` would take any name
  for (const piece of pieces) {
    const code = piece.replace(', …', '').replace('…', '0');
    if (options.includes(code))
      assert.doesNotThrow(() => (code === 'retryIf' ? oc.retry : oc.breaker)({ [code]: undefined }));
    else if (!['ctx.signal', "'ignore'"].includes(code)) assert.equal(means(code), undefined, code);
  }
});
