import module from '../overcurrent.wasm?module';
import { use } from './engine.js';
import { apart } from './requests.js';
import { wasmEngine } from './wasm-engine.js';

use(wasmEngine(module));
apart();

export * from './api.js';
/** Which engine is at work: the WebAssembly module, in this entry. */
export const engine: 'native' | 'wasm' = 'wasm'; // the type of all entries: a bundler may resolve one by another's
