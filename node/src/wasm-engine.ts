import { type Engine, type Entrance, type Handle, KIND, type Readable, ROOM, type Tries } from './engine.js';

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  seed(seed: number): void;
  buffer(numbers: number): number;
  create(kind: number, manual: boolean): number;
  join(length: number, manual: boolean): number;
  delay(): number;
  drop_gate(gate: number): void;
  try_acquire(gate: number, cost: number, now: number): number;
  enter_untimed(gate: number): number;
  enter(gate: number, now: number): number;
  leave_untimed(gate: number, packed: number): number;
  leave(gate: number, packed: number, now: number): number;
  ask(gate: number, op: number): number;
}

/** Answers of the forms without the time that need it after all. */
const NEEDS_TIME = -100;

/** The engine over an instance of the WebAssembly module. */
export class WasmEngine implements Engine {
  readonly kind = 'wasm';
  readonly clock: Readable;
  readonly #exports: Exports;
  #io = new Float64Array(0);
  #room = ROOM;
  /** Gates that JavaScript has forgotten; without the means to know, as at some edges, they stay. */
  readonly #forgotten: FinalizationRegistry<number> | undefined;

  constructor(instance: { readonly exports: unknown }, clock: Readable) {
    this.#exports = instance.exports as Exports;
    this.clock = clock;
    this.#exports.seed(Math.random());
    if (typeof FinalizationRegistry === 'function') {
      this.#forgotten = new FinalizationRegistry((gate) => this.#exports.drop_gate(gate));
    }
  }

  io(): Float64Array {
    // Memory that has grown leaves views of no length behind.
    return this.#io.length === 0 ? this.room(this.#room) : this.#io;
  }

  room(numbers: number): Float64Array {
    const address = this.#exports.buffer(numbers);
    this.#room = numbers;
    return (this.#io = new Float64Array(this.#exports.memory.buffer, address, numbers));
  }

  create(kind: number, clock: Readable, shared: string | undefined): Handle | number {
    if (shared !== undefined) {
      throw new Error(
        `'${shared}' cannot be shared between threads: that needs the native engine, and this is WebAssembly`,
      );
    }
    const gate = this.#exports.create(kind, clock !== this.clock);
    if (gate === 0) return this.io()[ROOM - 1] as number;
    return kind === KIND.limiter || kind === KIND.cycle ? this.#tries(gate, clock) : this.#entrance(gate, clock);
  }

  delay(): number {
    return this.#exports.delay();
  }

  join(gates: readonly unknown[], clock: Readable): Entrance {
    this.io().set(gates as number[]);
    return this.#entrance(this.#exports.join(gates.length, clock !== this.clock), clock);
  }

  #tries(gate: number, clock: Readable): Tries {
    const { try_acquire: tryAcquire, ask } = this.#exports;
    const handle = {
      gate,
      one: () => tryAcquire(gate, 1, clock.now()) !== 0,
      many: (cost: number) => tryAcquire(gate, cost, clock.now()) !== 0,
      ask: (op: number) => ask(gate, op),
    };
    this.#forgotten?.register(handle, gate);
    return handle;
  }

  #entrance(gate: number, clock: Readable): Entrance {
    const { enter_untimed: enterUntimed, enter, leave_untimed: leaveUntimed, leave, ask } = this.#exports;
    const handle = {
      gate,
      enter: () => {
        const permit = enterUntimed(gate);
        return permit === NEEDS_TIME ? enter(gate, clock.now()) : permit;
      },
      leave: (packed: number) => {
        const news = leaveUntimed(gate, packed);
        return news === NEEDS_TIME ? leave(gate, packed, clock.now()) : news;
      },
      ask: (op: number) => ask(gate, op),
    };
    this.#forgotten?.register(handle, gate);
    return handle;
  }
}

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

/** The engine over the bytes of the module, or over a module that the host has compiled. */
export function wasmEngine(module: Uint8Array | object): WasmEngine {
  const compiled = module instanceof Uint8Array ? new WebAssembly.Module(module) : module;
  return new WasmEngine(new WebAssembly.Instance(compiled), performance);
}

/** The bytes behind their base64 form. */
export function decode(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
