import { join } from 'node:path';
import type { Engine } from './engine.js';
import { type Addon, NativeEngine } from './native-engine.js';
import { wasm } from './wasm-bytes.js';
import { decode, wasmEngine } from './wasm-engine.js';

declare const __dirname: string;
declare const require: NodeRequire;

/** The version of this layer; the addon must have the same. */
const VERSION = '0.1.0';

/**
 * What the addon for this machine may be called: `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`. Of Linux's two libraries
 * only one can be loaded; to ask which costs more than to try.
 */
function names(): string[] {
  const { platform, arch } = process;
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  return [platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`];
}

/** The addon: a file beside the package's own, else a package for this platform. Throws the reasons why there is none. */
function native(): Engine {
  const places = [
    ...names().map((name) => join(__dirname, '..', '..', `overcurrent.${name}.node`)),
    ...names().map((name) => `@overcurrent/${name}`),
  ];
  const reasons: unknown[] = [];
  for (const place of places) {
    try {
      const addon = require(place) as Addon;
      if (addon.version() === VERSION) return new NativeEngine(addon);
      reasons.push(new Error(`${place} is of version ${addon.version()}, not ${VERSION}`));
    } catch (error) {
      reasons.push(error);
    }
  }
  throw new AggregateError(reasons, `there is no native engine for ${names().join(' or ')}`);
}

/** The engine that `OVERCURRENT_ENGINE` asks for; else the native one, and where there is none WebAssembly. */
export function load(): Engine {
  const wanted = process.env['OVERCURRENT_ENGINE'];
  if (wanted !== undefined && wanted !== '' && wanted !== 'native' && wanted !== 'wasm') {
    throw new Error(`OVERCURRENT_ENGINE is '${wanted}'; allowed: 'native', 'wasm'`);
  }
  if (wanted !== 'wasm') {
    try {
      return native();
    } catch (error) {
      if (wanted === 'native')
        throw new Error(`OVERCURRENT_ENGINE is 'native', but ${(error as Error).message}`, { cause: error });
    }
  }
  return wasmEngine(decode(wasm));
}
