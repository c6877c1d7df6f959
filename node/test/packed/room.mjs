// The packed package in an empty project outside the repository.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** An empty project with the packed package installed; `remove()` it at the end. */
export function makeRoom() {
  const room = mkdtempSync(join(tmpdir(), 'overcurrent-room-'));
  // Packed as it is: what is built is what is tested.
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', room];
  const tarball = join(room, execFileSync('npm', pack, { cwd: checkout, encoding: 'utf8' }).trim());
  writeFileSync(join(room, 'package.json'), JSON.stringify({ name: 'room', private: true }));
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--offline', tarball], { cwd: room });
  const installed = join(room, 'node_modules', 'overcurrent');
  return {
    room,
    tarball,
    installed,
    /** The addons that came along. */
    addons: () => readdirSync(installed, { recursive: true }).filter((name) => name.endsWith('.node')),
    /** Runs a script of `kind` (mjs or cjs) there: what it printed, or what it complained of. */
    run(kind, source, env = {}, flags = []) {
      const file = join(room, `script.${kind}`);
      writeFileSync(file, source);
      const { OVERCURRENT_ENGINE: _, ...inherited } = process.env;
      const options = { cwd: room, encoding: 'utf8', env: { ...inherited, ...env } };
      const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file], options);
      return { status, stdout: stdout.trim(), stderr };
    },
    remove: () => rmSync(room, { recursive: true, force: true }),
  };
}
