import { use } from './engine.js';
import { wasm } from './wasm-bytes.js';
import { decode, wasmEngine } from './wasm-engine.js';

use(wasmEngine(decode(wasm)));

export * from './api.js';
/** Which engine is at work: the WebAssembly module, in this entry. */
export const engine = 'wasm' as const;
