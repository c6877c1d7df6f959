import { current, use } from './engine.js';
import { load } from './load.js';

use(load());

export * from './api.js';
/** Which engine is at work: the native addon, or the WebAssembly module. */
export const engine: 'native' | 'wasm' = current().kind;
