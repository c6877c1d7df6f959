import { open } from './diagnostics.js';
import { current, use } from './engine.js';
import { load } from './load.js';
import { provide } from './telemetry.js';

use(load());
provide(open);

export * from './api.js';
/** Which engine is at work: the native addon, or the WebAssembly module. */
export const engine: 'native' | 'wasm' = current().kind;
