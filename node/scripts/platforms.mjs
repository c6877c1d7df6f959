// Lays the packages out for publishing: one for each platform whose addon is here, and the main one, which names them.
//   node scripts/platforms.mjs DIRECTORY [ADDONS]
//
// ADDONS (the package's own folder, unless told otherwise) holds overcurrent.PLATFORM.node files, built on or for each
// platform. `npm publish` each folder of DIRECTORY, the main one (`overcurrent`) last.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Rust's name of each platform's target, and what npm picks a package by. */
export const PLATFORMS = {
  'linux-x64-gnu': { target: 'x86_64-unknown-linux-gnu', os: 'linux', cpu: 'x64', libc: 'glibc' },
  'linux-x64-musl': { target: 'x86_64-unknown-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  'linux-arm64-gnu': { target: 'aarch64-unknown-linux-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  'linux-arm64-musl': { target: 'aarch64-unknown-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  'darwin-x64': { target: 'x86_64-apple-darwin', os: 'darwin', cpu: 'x64' },
  'darwin-arm64': { target: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64' },
  'win32-x64-msvc': { target: 'x86_64-pc-windows-msvc', os: 'win32', cpu: 'x64' },
  'win32-arm64-msvc': { target: 'aarch64-pc-windows-msvc', os: 'win32', cpu: 'arm64' },
};

const here = join(dirname(fileURLToPath(import.meta.url)), '..');
const [directory, addons = here] = process.argv.slice(2);
if (directory === undefined) throw new Error('say where to: node scripts/platforms.mjs DIRECTORY [ADDONS]');
const into = resolve(directory);
const main = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const { version, license, repository, engines } = main;
const json = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

const optionalDependencies = {};
for (const [platform, { target, os, cpu, libc }] of Object.entries(PLATFORMS)) {
  const addon = `overcurrent.${platform}.node`;
  if (!existsSync(join(addons, addon))) continue;
  const name = `@overcurrent/${platform}`;
  const folder = join(into, platform);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(addons, addon), join(folder, addon));
  json(join(folder, 'package.json'), {
    name,
    version,
    description: `The native engine of overcurrent for ${target}`,
    license,
    repository,
    engines,
    main: addon,
    files: [addon],
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  });
  writeFileSync(join(folder, 'README.md'), `# ${name}\n\nThe native engine of \`overcurrent\` for ${target}.\n`);
  optionalDependencies[name] = version;
}

// The main package, without the addon of the machine that packs it.
const folder = join(into, 'overcurrent');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', into], { cwd: here });
const tarball = join(into, packed.toString().trim());
execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1', '--exclude=*.node']);
rmSync(tarball);
const { devDependencies: _, scripts: __, ...published } = main;
json(join(folder, 'package.json'), { ...published, optionalDependencies });
console.log([...Object.keys(optionalDependencies), 'overcurrent'].map((name) => `${name}@${version}`).join('\n'));
