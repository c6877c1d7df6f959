import { type Clock, timeOf } from './clock.js';
import { type Duration, duration, durationOr } from './duration.js';
import { ask, create, current, type Entrance, KIND } from './engine.js';
import { ConfigError, REASONS, type Reason } from './errors.js';
import { Emitter } from './events.js';
import { Guard } from './guard.js';
import { Judge, type Outcome, type OutcomeRules, outcomeNumber } from './outcome.js';
import type { RefusedEvent } from './refusals.js';
import { load, save } from './saved.js';
import { callable, common, fraction, known, oneOf, orNaN, whole } from './settings.js';
import { type Channels, channels } from './telemetry.js';

/** The states of a circuit breaker. */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'disabled' | 'forced-open' | 'metrics-only';

/** In the order of the engine's numbers. */
const STATES: readonly BreakerState[] = ['closed', 'open', 'half-open', 'disabled', 'forced-open', 'metrics-only'];

/** The rules that can trip a breaker. */
export type Rule = 'failure-rate' | 'slow-rate' | 'failure-count' | 'consecutive-failures';

const RULES: readonly Rule[] = ['failure-rate', 'slow-rate', 'failure-count', 'consecutive-failures'];

/** The settings that can be changed while a breaker runs. */
export interface BreakerSettings {
  /** What is remembered: the last so many calls, or those of the last so much time. The last 100 calls. */
  window?: { calls: number } | { time: Duration; buckets?: number } | undefined;
  /** Calls needed in the window before a rate is judged. 20, or the window if that is smaller. */
  minCalls?: number | undefined;
  /** Opens at this share of failed calls, 0 to 1; `null` for never. 0.5. */
  failureRate?: number | null | undefined;
  /** Opens at so many failed calls in the window. */
  failureCount?: number | undefined;
  /** Opens at so many failed calls in a row. */
  consecutiveFailures?: number | undefined;
  /** A longer call is slow. */
  slowCall?: Duration | undefined;
  /** Opens at this share of slow calls, 0 to 1. 1 where `slowCall` is set. */
  slowRate?: number | undefined;
  /** How long it stays open, always the same or growing with each trip in a row. 30 s. */
  openFor?: Duration | { initial: Duration; factor?: number; max?: Duration; jitter?: number } | undefined;
  /** How many calls may try in half-open. 5. */
  trialCalls?: number | undefined;
  /** How many of their results decide. All. */
  trialMin?: number | undefined;
  /**
   * What ends a half-open state whose trials do not report: a time from the last trial's start on, after which those
   * without a result count as failed; a longest stay, whatever was recorded; or nothing. 60 s.
   */
  trialTimeout?: Duration | { stay: Duration; then?: 'open' | 'closed' } | null | undefined;
  /** Whether open becomes half-open by time alone, seen at the next touch, not with the first call. `false`. */
  autoHalfOpen?: boolean | undefined;
}

/** Everything that can be said about a new breaker. */
export interface BreakerOptions extends BreakerSettings, OutcomeRules {
  /** Told in errors and events. `'breaker'`. */
  name?: string | undefined;
  /** The state that it begins in. `'closed'`. */
  state?: BreakerState | undefined;
  /** One breaker of this name for all threads of the process. Native engine only. */
  shared?: boolean | undefined;
  /** Where the time comes from. The engine's monotonic clock. */
  clock?: Clock | undefined;
}

/** What a breaker tells. */
export interface BreakerEvents {
  /** It moved from one state to another. */
  state: { readonly name: string; readonly from: BreakerState; readonly to: BreakerState; readonly at: number };
  /** A call was refused. */
  refused: RefusedEvent;
  /** A rule was met: before the change of state that follows, and once per stay in `metrics-only`. */
  tripped: {
    readonly name: string;
    readonly rule: Rule;
    readonly calls: number;
    readonly counted: number;
    readonly threshold: number;
    readonly at: number;
  };
  /** It was reset by hand. */
  reset: { readonly name: string; readonly at: number };
}

/** A breaker's numbers. */
export interface BreakerMetrics {
  readonly name: string;
  readonly state: BreakerState;
  /** Calls in the window, and those of them that failed, were slow, were both. */
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
  readonly slowFailed: number;
  /** Calls refused since the breaker came into this state. */
  readonly refused: number;
  /** Trips in a row, without a close between them. */
  readonly tripsInARow: number;
  /** Since it was made: calls refused, rules met, changes of state. */
  readonly refusedTotal: number;
  readonly trippedTotal: number;
  readonly transitionsTotal: number;
}

/** Why a breaker admits or refuses, with the numbers. */
export interface BreakerExplanation {
  readonly name: string;
  readonly state: BreakerState;
  /** Why the next call would be refused; `undefined` if it would not. */
  readonly reason: Reason | undefined;
  readonly retryAfterMs: number | undefined;
  /** The rule that the numbers meet. */
  readonly ruleMet: Rule | undefined;
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
  /** `undefined` below `minCalls`. */
  readonly failureRate: number | undefined;
  readonly slowRate: number | undefined;
  readonly failureRateThreshold: number | undefined;
  readonly slowRateThreshold: number | undefined;
  readonly minCalls: number;
  readonly trialsLeft: number;
  /** How long until this state ends by time, where it does. */
  readonly endsInMs: number | undefined;
}

/** The engine's numbers of what a breaker can be asked. */
const OP = {
  state: 0,
  metrics: 1,
  explain: 2,
  move: 3,
  openFor: 4,
  openUntil: 5,
  reset: 6,
  settle: 7,
  record: 8,
  release: 9,
  event: 10,
  reconfigure: 11,
  snapshot: 12,
  restore: 13,
} as const;

const SETTINGS = [
  'window',
  'minCalls',
  'failureRate',
  'failureCount',
  'consecutiveFailures',
  'slowCall',
  'slowRate',
  'openFor',
  'trialCalls',
  'trialMin',
  'trialTimeout',
  'autoHalfOpen',
] as const;
/** In the order of the engine's numbers. */
const ROW = [
  'window.calls',
  'window.time',
  'window.buckets',
  'minCalls',
  'failureRate',
  'slowCall',
  'slowRate',
  'failureCount',
  'consecutiveFailures',
  'openFor',
  'openFor.factor',
  'openFor.max',
  'openFor.jitter',
  'trialCalls',
  'trialMin',
  'trialTimeout',
  'trialTimeout.then',
  'autoHalfOpen',
  'state',
];
const RULES_OF_CALLS = ['isFailure', 'isFailureResult', 'holdFor'] as const;
const OPTIONS = [...SETTINGS, 'name', 'state', 'shared', 'clock', ...RULES_OF_CALLS] as const;

/** The row of numbers that the engine makes a policy of. */
function row(set: BreakerSettings): number[] {
  const window = set.window ?? { calls: 100 };
  known('window', window, ['calls', 'time', 'buckets']);
  if ('calls' in window === 'time' in window) {
    throw new ConfigError('window', Object.keys(window).join(' and '), "either 'calls' or 'time'");
  }
  const calls = 'calls' in window ? whole('window.calls', window.calls) : NaN;
  const time = 'time' in window ? duration('window.time', window.time) : NaN;
  // One bucket a second, at least 10 and at most 60, unless told otherwise.
  const usual = Math.min(Math.max(Math.ceil(time / 1_000), 10), 60);
  const buckets = 'time' in window ? whole('window.buckets', window.buckets ?? usual) : NaN;
  const { openFor, trialTimeout } = set;
  const grows = typeof openFor === 'object' && openFor !== null;
  const stay = typeof trialTimeout === 'object' && trialTimeout !== null ? trialTimeout : undefined;
  if (set.slowRate !== undefined && set.slowCall === undefined) {
    throw new ConfigError('slowRate', set.slowRate, 'only with slowCall, which says from when a call is slow');
  }
  return [
    calls,
    time,
    buckets,
    orNaN(set.minCalls, (calls) => whole('minCalls', calls)),
    set.failureRate === null ? NaN : fraction('failureRate', set.failureRate ?? 0.5, 0.00001),
    orNaN(set.slowCall, (length) => duration('slowCall', length)),
    orNaN(set.slowRate, (rate) => fraction('slowRate', rate, 0.00001)),
    whole('failureCount', set.failureCount ?? 0),
    whole('consecutiveFailures', set.consecutiveFailures ?? 0),
    grows ? duration('openFor.initial', openFor.initial) : durationOr('openFor', openFor, 30_000),
    grows ? (openFor.factor ?? 2) : 1,
    grows ? durationOr('openFor.max', openFor.max, 3_600_000) : Infinity,
    grows ? fraction('openFor.jitter', openFor.jitter ?? 0, 0) : 0,
    whole('trialCalls', set.trialCalls ?? 5),
    orNaN(set.trialMin, (calls) => whole('trialMin', calls)),
    trialTimeout === null ? Infinity : duration('trialTimeout', stay ? stay.stay : (trialTimeout ?? 60_000)),
    stay ? 1 + oneOf('trialTimeout.then', stay.then ?? 'open', ['open', 'closed']) : 0,
    set.autoHalfOpen ? 1 : 0,
  ];
}

/**
 * Refuses calls to something that keeps failing, and lets a few through to see whether it has recovered.
 *
 * ```js
 * const db = breaker({ name: 'db', failureRate: 0.5, openFor: '30s' });
 * const rows = await db.call(() => query('select 1')); // or BreakerOpenError, at once
 * ```
 */
export class CircuitBreaker extends Guard {
  readonly #clock: Clock;
  readonly #events = new Emitter<BreakerEvents>('state', 'refused', 'tripped', 'reset');
  readonly #channels: Channels;
  #telling = false;
  #settings: BreakerSettings;

  constructor(options: BreakerOptions = {}) {
    known('breaker', options, OPTIONS);
    common(options);
    for (const rule of RULES_OF_CALLS) callable(rule, options[rule]);
    const { name = 'breaker', clock = current().clock, shared = false } = options;
    const begin = oneOf('state', options.state ?? 'closed', STATES);
    const handle = create<Entrance>(
      KIND.breaker,
      [...row(options), begin],
      clock,
      shared ? { name, fields: ROW } : undefined,
    );
    // Other threads would change a shared one without news for this one.
    super(name, handle, clock, new Judge(options), !shared);
    this.#clock = clock;
    this.#channels = channels();
    this.#settings = { ...options };
  }

  #ask(op: number, ...numbers: number[]): number {
    this.forget();
    return ask(this.handle, this.#clock, op, ...numbers);
  }

  /** The same, and tells what happened by it. */
  #does(op: number, ...numbers: number[]): void {
    this.#ask(op, ...numbers);
    this.tell();
  }

  /** @internal */
  override tell(): void {
    this.forget();
    // What a listener brings about is told after what it was told of, to all.
    if (this.#telling) return;
    this.#telling = true;
    try {
      this.#tells();
    } finally {
      this.#telling = false;
    }
  }

  #tells(): void {
    while (ask(this.handle, this.#clock, OP.event) === 1) {
      const io = current().io();
      const at = io[0] as number;
      const [a, b, c, d] = [io[2], io[3], io[4], io[5]] as [number, number, number, number];
      const { name } = this;
      switch (io[1]) {
        case 0: {
          const told = { name, reason: REASONS[a] as Reason, retryAfterMs: b === Infinity ? undefined : b, at };
          this.#events.emit('refused', told);
          this.#channels.refused(told);
          break;
        }
        case 1: {
          const rule = RULES[a] as Rule;
          const rate = rule === 'failure-rate' || rule === 'slow-rate';
          this.#events.emit('tripped', { name, rule, calls: b, counted: c, threshold: rate ? d / 1e5 : d, at });
          break;
        }
        case 2: {
          const told = { name, from: STATES[a] as BreakerState, to: STATES[b] as BreakerState, at };
          this.#events.emit('state', told);
          this.#channels.state(told);
          break;
        }
        default:
          this.#events.emit('reset', { name, at });
      }
    }
  }

  /** @internal */
  override told(): void {
    // Refusals nobody listens to stay where they are until something else is told.
    if (this.#events.heard || this.#channels.heard) this.tell();
  }

  /** The state now; what time has made due is carried out first. */
  get state(): BreakerState {
    const state = STATES[this.#ask(OP.state)] as BreakerState;
    this.tell();
    return state;
  }

  /** The numbers now. */
  metrics(): BreakerMetrics {
    this.#ask(OP.metrics);
    const io = current().io();
    const at = (place: number) => io[place] as number;
    const metrics = {
      name: this.name,
      state: STATES[at(0)] as BreakerState,
      calls: at(1),
      failed: at(2),
      slow: at(3),
      slowFailed: at(4),
      refused: at(5),
      tripsInARow: at(6),
      refusedTotal: at(7),
      trippedTotal: at(8),
      transitionsTotal: at(9),
    };
    this.tell();
    return metrics;
  }

  /** Why the next call would be admitted or refused, or what tripped the breaker, with the numbers. */
  explain(): BreakerExplanation {
    this.#ask(OP.explain);
    const io = current().io();
    const at = (place: number) => io[place] as number;
    const finite = (place: number) => (Number.isFinite(at(place)) ? at(place) : undefined);
    const explanation = {
      name: this.name,
      state: STATES[at(0)] as BreakerState,
      reason: REASONS[at(1)],
      retryAfterMs: at(1) < 0 ? undefined : finite(2),
      ruleMet: RULES[at(3)],
      calls: at(4),
      failed: at(5),
      slow: at(6),
      failureRate: finite(7),
      slowRate: finite(8),
      failureRateThreshold: finite(9),
      slowRateThreshold: finite(10),
      minCalls: at(11),
      trialsLeft: at(12),
      endsInMs: finite(13),
    };
    this.tell();
    return explanation;
  }

  /** Closes it, with an empty window. */
  close(): void {
    this.#does(OP.move, 0);
  }

  /** Opens it for its own wait, as if it had tripped. Not from `metrics-only`. */
  open(): void {
    this.#does(OP.move, 1);
  }

  /** Moves it to half-open, with every trial free. Not from `closed` and `metrics-only`. */
  halfOpen(): void {
    this.#does(OP.move, 2);
  }

  /** Switches it off: calls pass, nothing is counted. */
  disable(): void {
    this.#does(OP.move, 3);
  }

  /** Refuses every call until somebody says otherwise. */
  forceOpen(): void {
    this.#does(OP.move, 4);
  }

  /** Counts and tells, and lets every call pass. */
  metricsOnly(): void {
    this.#does(OP.move, 5);
  }

  /** Opens it for that long: what a server's Retry-After asks for. Not from `metrics-only`. */
  openFor(wait: Duration): void {
    this.#does(OP.openFor, duration('wait', wait));
  }

  /** Opens it until a date, or a time of its own clock. Not from `metrics-only`. */
  openUntil(time: Date | number): void {
    this.#does(OP.openUntil, timeOf(this.#clock, time));
  }

  /** Closed, with an empty window, whatever it was. */
  reset(): void {
    this.#does(OP.reset);
  }

  /** Carries out what time has made due; every other operation does so by itself. */
  settle(): void {
    this.#does(OP.settle);
  }

  /** Gives a trial back without a result and without its permit: for replays and for bookkeeping elsewhere. */
  releaseUntracked(): void {
    this.#does(OP.release);
  }

  /**
   * Reports a call that took `length` without a permit: it goes to whatever state there is. For replays and for
   * bookkeeping elsewhere; a late result can then decide a trial that it was no part of.
   */
  recordUntracked(
    outcome: Outcome,
    length: Duration,
    then: { openFor?: Duration; openUntil?: Date | number } = {},
  ): void {
    const ms = duration('length', length);
    const number = outcomeNumber(outcome);
    if (then.openFor !== undefined) this.#does(OP.record, number, ms, 1, duration('openFor', then.openFor));
    else if (then.openUntil !== undefined) this.#does(OP.record, number, ms, 2, timeOf(this.#clock, then.openUntil));
    else this.#does(OP.record, number, ms, 0);
  }

  /** Changes the settings that are given and keeps state and history. */
  reconfigure(changes: BreakerSettings): void {
    known('breaker', changes, SETTINGS);
    const settings = { ...this.#settings, ...changes };
    this.#does(OP.reconfigure, ...row(settings));
    this.#settings = settings;
  }

  /** The state as bytes, for a restart: what it was doing, how long it still had to, the outcomes in its window. */
  snapshot(): Uint8Array {
    return save(this.handle, this.#clock, OP.snapshot);
  }

  /** Goes on from a snapshot that is `age` old. */
  restore(snapshot: Uint8Array, { age = 0 }: { age?: Duration } = {}): void {
    this.forget();
    load(this.handle, this.#clock, OP.restore, snapshot, duration('age', age));
    this.tell();
  }

  /** Calls `listener` with every event of `kind` that calls of this thread bring; the function that is returned ends that. */
  on<K extends keyof BreakerEvents>(kind: K, listener: (event: BreakerEvents[K]) => void): () => void {
    this.tell(); // what happened before is not for the new one
    return this.#events.on(kind, listener);
  }

  /** The same for the next event only. */
  once<K extends keyof BreakerEvents>(kind: K, listener: (event: BreakerEvents[K]) => void): () => void {
    this.tell();
    return this.#events.once(kind, listener);
  }

  /** Ends the calls of `listener`. */
  off<K extends keyof BreakerEvents>(kind: K, listener: (event: BreakerEvents[K]) => void): void {
    this.#events.off(kind, listener);
  }
}

/** A circuit breaker: `new CircuitBreaker(options)`. */
export function breaker(options?: BreakerOptions): CircuitBreaker {
  return new CircuitBreaker(options);
}
