import { use } from './engine.js';
import { wasm } from './wasm-bytes.js';
import { decode, wasmEngine } from './wasm-engine.js';

use(wasmEngine(decode(wasm)));

export * from './api.js';
/** Which engine is at work: the WebAssembly module, in this entry. */
export const engine: 'native' | 'wasm' = 'wasm'; // the type of all entries: a bundler may resolve one by another's
