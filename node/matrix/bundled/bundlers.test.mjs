// The package through the bundlers that people have, for browsers and for Node, and what comes out at work.
//   BUNDLERS=FOLDER-WITH-NODE_MODULES node --test bundled/bundlers.test.mjs, in a project that has the package

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const bundler = (name) => import(pathToFileURL(createRequire(join(process.env.BUNDLERS, 'x')).resolve(name)).href);
const entry = fileURLToPath(new URL('app.mjs', import.meta.url));

/** Each makes a file, or some, in `folder`. */
const bundlers = {
  async esbuild(folder, platform) {
    const { default: esbuild } = await bundler('esbuild');
    // For Node as most do it: its modules cannot `require` in what esbuild makes of them.
    const kinds = { browser: { outfile: 'app.mjs', format: 'esm' }, node: { outfile: 'app.cjs', format: 'cjs' } };
    const { outfile, format } = kinds[platform];
    const output = { outfile: join(folder, outfile), format, minify: true };
    await esbuild.build({ entryPoints: [entry], bundle: true, platform, logLevel: 'error', ...output });
  },

  async rollup(folder, platform) {
    const { rollup } = await bundler('rollup');
    const { default: resolve } = await bundler('@rollup/plugin-node-resolve');
    const { default: commonjs } = await bundler('@rollup/plugin-commonjs');
    const exportConditions = platform === 'node' ? ['node'] : ['browser'];
    const plugins = [resolve({ exportConditions, browser: platform === 'browser' }), commonjs()];
    const bundle = await rollup({ input: entry, plugins, external: /^node:/ });
    await bundle.write({ file: join(folder, 'app.mjs'), format: 'es' });
  },

  async vite(folder, platform) {
    const { build } = await bundler('vite');
    const output = { entryFileNames: 'app.mjs', format: 'es' };
    await build({
      configFile: false,
      root: fileURLToPath(new URL('.', import.meta.url)),
      logLevel: 'error',
      ...(platform === 'node' && { ssr: { noExternal: true } }),
      build: { outDir: folder, target: 'es2022', ssr: platform === 'node', rollupOptions: { input: entry, output } },
    });
  },

  async webpack(folder, platform) {
    const { default: webpack } = await bundler('webpack');
    const target = platform === 'node' ? 'node20' : ['web', 'es2022'];
    const output = { path: folder, filename: 'app.mjs', module: true, chunkFormat: 'module' };
    const options = { mode: 'production', entry, target, output, experiments: { outputModule: true } };
    const stats = await new Promise((done, failed) =>
      webpack(options, (error, stats) => (error ? failed(error) : done(stats))),
    );
    assert.equal(stats.hasErrors(), false, stats.toString());
  },
};

const answers = (engine) => ({
  engine,
  permits: [true, true, false],
  open: { ok: false, gate: 'breaker', reason: 'breaker-open', retryAfterMs: 5_000.000001 },
  trial: 'well',
  state: 'closed',
  attempts: 2,
});

for (const [name, build] of Object.entries(bundlers)) {
  for (const platform of ['browser', 'node']) {
    test(`${name}, for ${platform}`, async () => {
      const folder = fileURLToPath(new URL(`out/${name}-${platform}`, import.meta.url));
      await build(folder, platform);
      const file = join(
        folder,
        readdirSync(folder).find((name) => /^app\.[cm]?js$/.test(name)),
      );
      const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
      // An addon is no part of a bundle: it is found beside the package, or WebAssembly takes over.
      assert.ok(stdout, stderr.slice(-2_000));
      assert.deepEqual(JSON.parse(stdout), answers('wasm'));
    });
  }
}
