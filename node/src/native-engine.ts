import { type Engine, type Entrance, type Handle, KIND, type Line, type Readable, ROOM, type Tries } from './engine.js';

/** What the addon exports. */
export interface Addon {
  version(): string;
  now(): number;
  bell(heard: (ticket: number) => void): unknown;
  create(kind: number, manual: boolean, io: Float64Array, name?: string, bell?: unknown): object | number;
  delay(io: Float64Array): number;
  join(manual: boolean, gates: readonly unknown[]): object;
}

type TimedTries = { gate: unknown; one(now: number): boolean; many(cost: number, now: number): boolean; ask: Ask };
type TimedEntrance = {
  gate: unknown;
  enter(now: number): number;
  leave(packed: number, now: number): number;
  lastWait(): number;
  ask: Ask;
};
type Queued = { wait(): number; giveUp(ticket: number): void };
type Ask = (op: number, io: Float64Array) => number;

/** The engine over the addon. */
export class NativeEngine implements Engine {
  readonly kind = 'native';
  readonly clock: Readable;
  readonly #addon: Addon;
  #io = new Float64Array(ROOM);
  /** This thread's tickets for slots of shared bulkheads, and what rings for them. */
  readonly #tickets = new Map<number, () => void>();
  #bell: unknown;
  /** Keeps the thread alive while it waits for another one. */
  #awake: ReturnType<typeof setInterval> | undefined;

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
    const queued = shared !== undefined && kind === KIND.bulkhead;
    if (queued) this.#bell ??= this.#addon.bell((ticket) => this.#heard(ticket));
    const made = this.#addon.create(kind, manual, this.#io, shared, queued ? this.#bell : undefined);
    if (typeof made === 'number') return made;
    if (queued) {
      const entrance: Entrance = {
        ...this.#entrance(made as TimedEntrance, undefined),
        line: this.#line(made as Queued),
      };
      return entrance;
    }
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

  #line({ wait, giveUp }: Queued): Line {
    return {
      wait: (heard) => {
        const ticket = wait();
        if (ticket > 0) {
          this.#tickets.set(ticket, heard);
          this.#awake ??= setInterval(() => {}, 2 ** 31 - 1);
        }
        return ticket;
      },
      giveUp: (ticket) => {
        if (this.#spent(ticket) !== undefined) giveUp(ticket);
      },
    };
  }

  /** Takes what rings for a ticket; the last one lets the thread end. */
  #spent(ticket: number): (() => void) | undefined {
    const heard = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (this.#tickets.size === 0) {
      clearInterval(this.#awake);
      this.#awake = undefined;
    }
    return heard;
  }

  #heard(ticket: number): void {
    // Whoever gave it up meanwhile gave back its slot as well.
    this.#spent(ticket)?.();
  }

  #tries({ gate, one, many, ask }: TimedTries, clock: Readable | undefined): Tries {
    return {
      gate,
      one: clock === undefined ? (one as () => boolean) : () => one(clock.now()),
      many: clock === undefined ? (many as (cost: number) => boolean) : (cost) => many(cost, clock.now()),
      ask: (op) => ask(op, this.#io),
    };
  }

  #entrance({ gate, enter, leave, lastWait, ask }: TimedEntrance, clock: Readable | undefined): Entrance {
    return {
      gate,
      enter: clock === undefined ? (enter as () => number) : () => enter(clock.now()),
      leave: clock === undefined ? (leave as (packed: number) => number) : (packed) => leave(packed, clock.now()),
      lastWait,
      ask: (op) => ask(op, this.#io),
    };
  }
}
