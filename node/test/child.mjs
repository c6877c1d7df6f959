// A process of its own for a script: one that may end, or collect, or be told which engine to have. From a file: not every
// runtime takes modules from its command line.

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let scripts = 0;

/** Runs `source` as a module: `{ status, signal, stdout, stderr }`. */
export function child(source, { flags = [], env = {}, timeout = 20_000 } = {}) {
  const file = fileURLToPath(new URL(`script-${process.pid}-${scripts++}.mjs`, import.meta.url));
  writeFileSync(file, source);
  try {
    const options = { encoding: 'utf8', timeout, env: { ...process.env, ...env } };
    return spawnSync(process.execPath, [...flags, file], options);
  } finally {
    rmSync(file);
  }
}
