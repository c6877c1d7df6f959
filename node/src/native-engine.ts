import { type Engine, type Entrance, type Handle, KIND, type Readable, ROOM, type Tries } from './engine.js';

/** What the addon exports. */
export interface Addon {
  version(): string;
  now(): number;
  create(kind: number, manual: boolean, io: Float64Array, name: string | undefined): object | number;
  delay(io: Float64Array): number;
  join(manual: boolean, gates: readonly unknown[]): object;
}

type TimedTries = { gate: unknown; one(now: number): boolean; many(cost: number, now: number): boolean; ask: Ask };
type TimedEntrance = {
  gate: unknown;
  enter(now: number): number;
  leave(packed: number, now: number): number;
  ask: Ask;
};
type Ask = (op: number, io: Float64Array) => number;

/** The engine over the addon. */
export class NativeEngine implements Engine {
  readonly kind = 'native';
  readonly clock: Readable;
  readonly #addon: Addon;
  #io = new Float64Array(ROOM);

  constructor(addon: Addon) {
    this.#addon = addon;
    this.clock = addon;
  }

  io(): Float64Array {
    return this.#io;
  }

  room(numbers: number): Float64Array {
    return (this.#io = new Float64Array(numbers));
  }

  create(kind: number, clock: Readable, shared: string | undefined): Handle | number {
    const manual = clock !== this.clock;
    const made = this.#addon.create(kind, manual, this.#io, shared);
    if (typeof made === 'number') return made;
    return kind === KIND.limiter || kind === KIND.cycle
      ? this.#tries(made as TimedTries, manual ? clock : undefined)
      : this.#entrance(made as TimedEntrance, manual ? clock : undefined);
  }

  delay(): number {
    return this.#addon.delay(this.#io);
  }

  join(gates: readonly unknown[], clock: Readable): Entrance {
    const manual = clock !== this.clock;
    return this.#entrance(this.#addon.join(manual, gates) as TimedEntrance, manual ? clock : undefined);
  }

  #tries({ gate, one, many, ask }: TimedTries, clock: Readable | undefined): Tries {
    return {
      gate,
      one: clock === undefined ? (one as () => boolean) : () => one(clock.now()),
      many: clock === undefined ? (many as (cost: number) => boolean) : (cost) => many(cost, clock.now()),
      ask: (op) => ask(op, this.#io),
    };
  }

  #entrance({ gate, enter, leave, ask }: TimedEntrance, clock: Readable | undefined): Entrance {
    return {
      gate,
      enter: clock === undefined ? (enter as () => number) : () => enter(clock.now()),
      leave: clock === undefined ? (leave as (packed: number) => number) : (packed) => leave(packed, clock.now()),
      ask: (op) => ask(op, this.#io),
    };
  }
}
