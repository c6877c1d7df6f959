// The packages as they are published: the main one without an addon, and one for this platform.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkout } from './room.mjs';

const room = mkdtempSync(join(tmpdir(), 'overcurrent-published-'));
after(() => rmSync(room, { recursive: true, force: true }));

test('the main package finds the engine of its platform package', () => {
  const out = join(room, 'out');
  mkdirSync(out);
  execFileSync(process.execPath, ['scripts/platforms.mjs', out], { cwd: checkout });
  const [platform, ...others] = readdirSync(out).filter((name) => name !== 'overcurrent');
  assert.deepEqual(others, [], 'only the addon of this machine is here');
  const read = (...path) => JSON.parse(readFileSync(join(out, ...path), 'utf8'));
  const [main, ours] = [read('overcurrent', 'package.json'), read(platform, 'package.json')];
  assert.deepEqual(main.optionalDependencies, { [`@overcurrent/${platform}`]: main.version });
  assert.equal(ours.version, main.version);
  assert.deepEqual([ours.os, ours.cpu], [[process.platform], [process.arch]]);
  const addons = readdirSync(join(out, 'overcurrent'), { recursive: true }).filter((name) => name.endsWith('.node'));
  assert.deepEqual(addons, [], 'an addon beside the code would be taken first');

  writeFileSync(join(room, 'package.json'), '{ "private": true }');
  const install = (...what) =>
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--offline', '--install-links', ...what], {
      cwd: room,
    });
  const engine = () => {
    const print = [
      '--input-type=module',
      '-e',
      `import { engine, limiter } from 'overcurrent'; limiter({ rate: 1 }); console.log(engine)`,
    ];
    const { OVERCURRENT_ENGINE: _, ...env } = process.env;
    return execFileSync(process.execPath, print, { cwd: room, env }).toString().trim();
  };
  install('--omit=optional', join(out, 'overcurrent'));
  assert.equal(engine(), 'wasm');
  install(join(out, platform), join(out, 'overcurrent'));
  assert.equal(engine(), 'native');
});

test('the addon, the layer and the package are of one version', () => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  assert.match(readFileSync(join(checkout, 'src', 'load.ts'), 'utf8'), new RegExp(`const VERSION = '${version}';`));
  assert.match(readFileSync(join(checkout, '..', 'Cargo.toml'), 'utf8'), new RegExp(`\\nversion = "${version}"\\n`));
});
