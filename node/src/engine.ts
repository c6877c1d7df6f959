import { ConfigError, TransitionError } from './errors.js';

/** The kinds of gates, by the engine's numbers. */
export const KIND = { limiter: 0, breaker: 1, bulkhead: 2, cycle: 3, budget: 4 } as const;

/** The bits of an answer of `enter` that name the permit; above them, whether there is news. */
export const PERMIT = (1 << 28) - 1;
/** Among the bits of a permit: the engine keeps nothing of it, and the same permit may be had again. */
export const PLAIN = 1 << 27;
/** Outcomes, above the permit. */
export const SUCCESS = 0;
export const FAILURE = 1 << 28;
export const IGNORED = 2 << 28;

/** One gate as an engine hands it out: bound functions that take and return small numbers. */
export interface Handle {
  /** What a pipeline is made of. */
  readonly gate: unknown;
  /** Everything off the hot path: numbers go through `Engine.io`. Below zero: a fault. */
  ask(op: number): number;
}

/** A limiter: takes one permit, or many, now; says whether it did. */
export interface Tries extends Handle {
  one(): boolean;
  many(cost: number): boolean;
}

/** A gate with a way in and a way out. */
export interface Entrance extends Handle {
  /** The number of a permit, perhaps with news above it; below zero a refusal. */
  enter(): number;
  /** Takes a permit's number with the outcome above it; 1 if there is news. */
  leave(packed: number): number;
  /** The wait that the newest refusal gave, in milliseconds. */
  lastWait(): number;
  /** Of a shared bulkhead. */
  readonly line?: Line;
}

/** Those who wait for a slot of a shared bulkhead, in every thread of the process. */
export interface Line {
  /** Takes the last place: `heard` is called when its slot is there. A ticket, 0 for a slot now, below zero if it is full. */
  wait(heard: () => void): number;
  /** Gives a place up. */
  giveUp(ticket: number): void;
}

/** The time as a gate reads it. */
export interface Readable {
  now(): number;
}

/** The native addon or the WebAssembly module. */
export interface Engine {
  readonly kind: 'native' | 'wasm';
  /** The engine's own clock, in milliseconds. */
  readonly clock: Readable;
  /** The buffer of numbers. Ask for it anew after each call of the engine: it may move. */
  io(): Float64Array;
  /** Another buffer, for `numbers` of them. */
  room(numbers: number): Float64Array;
  /** A gate by the numbers in `io`; one of `shared` name is the same for every thread. A fault as a number. */
  create(kind: number, clock: Readable, shared: string | undefined): Handle | number;
  /** The wait between two attempts, by the numbers in `io`; below zero a fault. */
  delay(): number;
  /** Several gates as one. */
  join(gates: readonly unknown[], clock: Readable): Entrance;
}

/** The numbers that every operation but a snapshot can do with. */
export const ROOM = 64;
/** Where the time stands among the numbers that make a gate. */
const NOW = ROOM - 1;

let engine: Engine | undefined;

/** Says which engine this copy of the package works with. */
export function use(chosen: Engine): void {
  engine = chosen;
}

/** The engine of this copy of the package. */
export function current(): Engine {
  if (engine === undefined) throw new Error('overcurrent has no engine yet');
  return engine;
}

/** The name of a gate that is shared between threads, and what its numbers are called. */
export interface Shared {
  readonly name: string;
  readonly fields: readonly string[];
}

/** Makes a gate of `kind` by its row of `settings`. */
export function create<H extends Handle>(
  kind: number,
  settings: readonly number[],
  clock: Readable,
  shared?: Shared,
): H {
  const engine = current();
  const io = engine.io();
  io.fill(NaN);
  io.set(settings);
  io[NOW] = clock.now();
  const made = engine.create(kind, clock, shared?.name);
  if (typeof made !== 'number') return made as H;
  if (made !== -6) throw fault(engine, made);
  const [place, theirs] = engine.io() as unknown as [number, number];
  const unset = (number: number | undefined) => (Number.isNaN(number) ? 'not set' : number);
  const field = shared?.fields[place] ?? '';
  throw new ConfigError(
    field,
    unset(settings[place]),
    `${unset(theirs)}, which the '${shared?.name}' of the other thread has`,
  );
}

/** Asks `handle` with the time of `clock` and `numbers`; the answer is a number, and what is in `Engine.io`. */
export function ask(handle: Handle, clock: Readable, op: number, ...numbers: number[]): number {
  const engine = current();
  const io = engine.io();
  io[0] = clock.now();
  for (let at = 0; at < numbers.length; at++) io[at + 1] = numbers[at] as number;
  const answer = handle.ask(op);
  if (answer < 0) throw fault(engine, answer);
  return answer;
}

const STATES = ['closed', 'open', 'half-open', 'disabled', 'forced-open', 'metrics-only'];
const SNAPSHOT_FAULTS = [
  'the buffer is too short',
  'it is not a snapshot',
  'its bytes have changed since they were written',
  'it is of another kind of gate',
  'it was written by a version that this one does not read',
  'its contents do not fit this gate',
];

/** The wait between two attempts. */
export function delay(...numbers: number[]): number {
  const engine = current();
  engine.io().set(numbers);
  const wait = engine.delay();
  if (wait < 0) throw fault(engine, wait);
  return wait;
}

/** The engine's names of settings, where ours differ, and what their numbers are counted in. */
const FIELDS: Record<string, [name: string, per: number, unit: string]> = {
  permits: ['rate', 1, ''],
  per: ['per', 1e6, ' ms'],
  period: ['period', 1e6, ' ms'],
  min_calls: ['minCalls', 1, ''],
  failure_rate: ['failureRate', 1e5, ''],
  slow_rate: ['slowCall.rate', 1e5, ''],
  slow_call: ['slowCall.over', 1e6, ' ms'],
  failure_count: ['failureCount', 1, ''],
  consecutive_failures: ['consecutiveFailures', 1, ''],
  open_for: ['openFor', 1e6, ' ms'],
  'open_for.multiplier_milli': ['openFor.factor', 1e3, ''],
  'open_for.first (whole milliseconds)': ['openFor.initial', 1e6, ' ms, whole'],
  'open_for.cap': ['openFor.max', 1e6, ' ms'],
  'open_for.jitter': ['openFor.jitter', 1e3, ''],
  trial_calls: ['trialCalls', 1, ''],
  trial_min: ['trialMin', 1, ''],
  trial_timeout: ['trialTimeout', 1e6, ' ms'],
  first: ['backoff.initial', 1e6, ' ms'],
  'first (whole milliseconds)': ['backoff.initial', 1e6, ' ms, whole'],
  multiplier_milli: ['backoff.factor', 1e3, ''],
  cap: ['backoff.max', 1e6, ' ms'],
  min_per_second: ['budget.minPerSecond', 1, ''],
  ratio: ['budget.ratio', 1e3, ''],
  'window (calls)': ['window.calls', 1, ''],
  'window (buckets)': ['window.buckets', 1, ''],
  'window (nanoseconds per bucket)': ['window.time / window.buckets', 1e6, ' ms'],
};

/** The error behind a number below zero. */
export function fault(engine: Engine, number: number): Error {
  const io = engine.io();
  const at = (place: number) => io[place] as number;
  switch (number) {
    case -1: {
      const letters = Array.from(io.subarray(4, 4 + at(3)), (letter) => String.fromCharCode(letter));
      const name = letters.join('');
      const [field, per, unit] = FIELDS[name] ?? [name, 1, ''];
      const [value, min, max] = [at(0) / per, at(1) / per, at(2) / per];
      const allowed = min > max ? 'no value, with the other settings' : `${min} to ${max}${unit}`;
      return new ConfigError(field, value, allowed);
    }
    case -2:
      return new TransitionError(String(STATES[at(0)]), String(STATES[at(1)]));
    case -3:
      return new Error('another thread is changing the same settings; try again');
    case -4:
      return new Error(`the snapshot cannot be used: ${SNAPSHOT_FAULTS[at(0)]}`);
    default:
      return new Error('the engine and this layer are of different versions');
  }
}
