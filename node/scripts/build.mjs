// Builds everything: the addon for this machine (where cargo is), the WebAssembly module, the JavaScript.
//   node scripts/build.mjs [native] [wasm] [js]      one or several of the three; all without arguments
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(here, '..', 'target');
const wanted = process.argv.slice(2);
const run = (command, ...args) => execFileSync(command, args, { cwd: here, stdio: 'inherit' });
const does = (part) => wanted.length === 0 || wanted.includes(part);

function triple() {
  const { platform, arch } = process;
  if (platform === 'linux')
    return `linux-${arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

if (does('native')) {
  run('cargo', 'build', '--quiet', '--release', '--locked', '-p', 'overcurrent-node');
  const [prefix, suffix] = { darwin: ['lib', 'dylib'], win32: ['', 'dll'] }[process.platform] ?? ['lib', 'so'];
  copyFileSync(
    join(target, 'release', `${prefix}overcurrent_node.${suffix}`),
    join(here, `overcurrent.${triple()}.node`),
  );
}

if (does('wasm')) {
  const file = join(target, 'wasm', 'overcurrent.wasm');
  run('wasm/build', file);
  // Named one by one: `--all-features` would use what no engine has yet. The compiler uses these by itself.
  const features = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue'];
  const optimizer = join(here, 'node_modules', 'binaryen', 'bin', 'wasm-opt');
  if (existsSync(optimizer)) {
    const enabled = features.map((feature) => `--enable-${feature}`);
    run(process.execPath, optimizer, ...enabled, '-Oz', '--converge', '--strip-producers', file, '-o', file);
  } else {
    console.error('binaryen is not there (npm ci): the module stays a tenth larger than it need be');
  }
  const base64 = readFileSync(file).toString('base64');
  writeFileSync(
    join(here, 'src', 'wasm-bytes.ts'),
    `/** The WebAssembly module. Made by scripts/build.mjs. */\nexport const wasm =\n  '${base64}';\n`,
  );
}

if (does('js')) {
  for (const license of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(here, '..', license), join(here, license));
  rmSync(join(here, 'dist'), { recursive: true, force: true });
  const tsc = (...args) => run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', '.', ...args);
  const only = (directory, format) =>
    writeFileSync(join(here, 'dist', directory, 'package.json'), `{ "type": "${format}" }\n`);
  // One copy of the code for Node, whether imported or required, and one for each of the web's two ways.
  tsc('--outDir', 'dist/cjs', '--module', 'commonjs', '--moduleResolution', 'node10');
  only('cjs', 'commonjs');
  tsc('--outDir', 'dist/esm');
  only('esm', 'module');
  tsc('--outDir', 'dist/web', '--module', 'commonjs', '--moduleResolution', 'node10');
  only('web', 'commonjs');
  copyFileSync(join(target, 'wasm', 'overcurrent.wasm'), join(here, 'dist', 'overcurrent.wasm'));
  for (const [directory, files] of [
    ['cjs', ['web', 'edge']],
    ['esm', ['index', 'load', 'native-engine']],
    ['web', ['edge', 'index', 'load', 'native-engine']],
  ]) {
    for (const file of files) {
      for (const suffix of ['js', 'd.ts']) rmSync(join(here, 'dist', directory, `${file}.${suffix}`), { force: true });
    }
  }
  const names = Object.keys(await import(join(here, 'dist', 'cjs', 'index.js')).then((all) => all.default)).sort();
  writeFileSync(
    join(here, 'dist', 'index.mjs'),
    `import overcurrent from './cjs/index.js';\n\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = overcurrent;\n`,
  );
  writeFileSync(join(here, 'dist', 'index.d.mts'), `export * from './cjs/index.js';\n`);
}
