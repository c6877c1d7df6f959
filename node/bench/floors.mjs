// What nobody can go below.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { include_dir } from 'node-api-headers';
import { bench } from './harness.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** An empty function behind Node-API, or undefined where there is no C compiler. */
function nativeNothing() {
  const room = mkdtempSync(join(tmpdir(), 'overcurrent-bench-'));
  try {
    const addon = join(room, 'floor.node');
    const flags = ['-shared', '-fPIC', '-O2', `-I${include_dir}`, join(here, 'floor.c'), '-o', addon];
    const { status } = spawnSync(process.env.CC ?? 'cc', flags, { stdio: 'inherit' });
    return status === 0 ? createRequire(import.meta.url)(addon).nothing : undefined;
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

/** The work of all cases that call something: an async function that does nothing. */
export async function work() {
  return 1;
}

export function floors() {
  const empty = (i) => i & 1;
  const seen = new Float64Array(1); // what is used is not optimised away
  bench('floor: empty JS call', (times) => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += empty(i);
    seen[0] = sum;
  });
  bench('floor: clock, performance.now()', (times) => {
    for (let i = 0; i < times; i++) seen[0] = performance.now();
  });
  const nothing = nativeNothing();
  if (nothing) {
    bench('floor: empty Node-API call', (times) => {
      for (let i = 0; i < times; i++) nothing();
    });
  }
  bench('floor: await work()', async (times) => {
    for (let i = 0; i < times; i++) await work();
  });
  const passthrough = (fn) => fn();
  bench('floor: await passthrough(work)', async (times) => {
    for (let i = 0; i < times; i++) await passthrough(work);
  });
}
