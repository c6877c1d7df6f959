// The tarball as a stranger gets it.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkout, makeRoom } from './room.mjs';

const tool = (name) => join(checkout, 'node_modules', '.bin', name);

/** What a script says of the package: it makes one decision of each kind, through whichever engine there is. */
const use = `
  const clock = oc.manualClock();
  const db = oc.breaker({ window: { calls: 2 }, minCalls: 1, openFor: '1s', clock });
  const calls = oc.limiter({ rate: 1, per: 's', burst: 1, clock });
  const slots = oc.bulkhead({ max: 1 });
  db.call(async () => { throw new Error('no'); }).catch(() => {
    console.log(JSON.stringify([oc.engine, db.state, calls.tryAcquire(), calls.tryAcquire(), typeof slots.enter]));
  });
`;
const expected = (engine) => JSON.stringify([engine, 'open', true, false, 'function']);
const scripts = {
  mjs: `import * as oc from 'overcurrent';\n${use}`,
  cjs: `const oc = require('overcurrent');\n${use}`,
};

describe('the packed package', () => {
  let room;
  before(() => {
    room = makeRoom();
  });
  after(() => room.remove());

  for (const [kind, source] of Object.entries(scripts)) {
    test(`${kind}: native where it is there`, () => {
      const { stdout, stderr } = room.run(kind, source);
      assert.deepEqual([stdout, stderr], [expected('native'), '']);
    });
    for (const engine of ['native', 'wasm']) {
      test(`${kind}: OVERCURRENT_ENGINE=${engine}`, () => {
        const { stdout, stderr } = room.run(kind, source, { OVERCURRENT_ENGINE: engine });
        assert.deepEqual([stdout, stderr], [expected(engine), '']);
      });
    }
    test(`${kind}: an engine that does not exist is an error that names the two that do`, () => {
      const { status, stderr } = room.run(kind, source, { OVERCURRENT_ENGINE: 'steam' });
      assert.notEqual(status, 0);
      assert.match(stderr, /OVERCURRENT_ENGINE.*steam/s);
      assert.match(stderr, /native/);
      assert.match(stderr, /wasm/);
    });
  }

  test('ESM and CJS have the same names, and one set of gates', () => {
    const both = `
      import * as esm from 'overcurrent';
      import { createRequire } from 'node:module';
      const cjs = createRequire(import.meta.url)('overcurrent');
      const names = (of) => Object.keys(of).filter((name) => name !== 'default' && name !== 'module.exports').sort();
      console.log(JSON.stringify([names(esm).length > 10, String(names(esm)) === String(names(cjs)), esm.breaker === cjs.breaker]));
    `;
    const { stdout, stderr } = room.run('mjs', both);
    assert.deepEqual([stdout, stderr], ['[true,true,true]', '']);
  });

  test('no dependencies, no install script, and only what belongs there', () => {
    const manifest = JSON.parse(readFileSync(join(room.installed, 'package.json'), 'utf8'));
    assert.deepEqual(manifest.dependencies ?? {}, {});
    for (const hook of ['preinstall', 'install', 'postinstall']) assert.equal(manifest.scripts?.[hook], undefined);
    const files = execFileSync('tar', ['-tzf', room.tarball], { encoding: 'utf8' }).trim().split('\n');
    const strange = files.filter((file) => /(^|\/)(test|bench|matrix|engine|native|node_modules|target)\//.test(file));
    assert.deepEqual(strange, []);
    for (const file of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE'])
      assert.ok(files.includes(`package/${file}`), file);
  });

  test('publint has nothing to say', () => {
    const { stdout, stderr, status } = spawnSync(tool('publint'), ['--strict', room.tarball], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  });

  test('types resolve as ESM, CJS and for bundlers', () => {
    const { stdout, stderr, status } = spawnSync(
      tool('attw'),
      [room.tarball, '--profile', 'node16', '--format', 'ascii', '--no-emoji'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout + stderr);
  });

  test('types hold what they promise, and refuse what they should', () => {
    cpSync(join(checkout, 'test', 'packed', 'types'), join(room.room, 'types'), { recursive: true });
    for (const project of ['nodenext', 'bundler', 'commonjs']) {
      const config = join(room.room, 'types', `${project}.json`);
      const { stdout, status } = spawnSync(tool('tsc'), ['--noEmit', '-p', config], { encoding: 'utf8' });
      assert.equal(status, 0, `${project}:\n${stdout}`);
    }
  });
});

describe('the packed package without its addon', () => {
  let room;
  before(() => {
    room = makeRoom();
    const addons = room.addons();
    assert.notEqual(addons.length, 0);
    for (const addon of addons) renameSync(join(room.installed, addon), join(room.installed, `${addon}.away`));
  });
  after(() => room.remove());

  for (const [kind, source] of Object.entries(scripts)) {
    test(`${kind}: wasm takes over without a word`, () => {
      const { stdout, stderr } = room.run(kind, source);
      assert.deepEqual([stdout, stderr], [expected('wasm'), '']);
    });
    test(`${kind}: forcing native says that it is not there`, () => {
      const { status, stderr } = room.run(kind, source, { OVERCURRENT_ENGINE: 'native' });
      assert.notEqual(status, 0);
      assert.match(stderr, /OVERCURRENT_ENGINE/);
      assert.match(stderr, /native/);
    });
  }
});
