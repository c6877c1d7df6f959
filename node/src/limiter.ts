import { type Clock, timeOf } from './clock.js';
import { type Per, period } from './duration.js';
import { create, current, KIND, type Tries } from './engine.js';
import { common, known, orNaN, whole } from './settings.js';
import { Throttle, type WaitingOptions } from './throttle.js';

/** The settings that can be changed while a limiter runs. */
export interface LimiterSettings {
  /** Permits per `per`. */
  rate: number;
  /** The time that `rate` is counted in: a unit (`'s'`, `'m'`) or a length. `'s'`. */
  per?: Per | undefined;
  /** The most permits that can be taken at one instant. `rate`. */
  burst?: number | undefined;
}

/** Everything that can be said about a new limiter. */
export interface LimiterOptions extends LimiterSettings, WaitingOptions {
  /** Told in errors and events. `'limiter'`. */
  name?: string | undefined;
  /** The permits that are there at the start. `burst`. */
  initial?: number | undefined;
  /** One limiter of this name for all threads of the process, as long as that lives. Native engine only. */
  shared?: boolean | undefined;
  /** Where the time comes from. The engine's monotonic clock. */
  clock?: Clock | undefined;
}

/** A limiter seen without touching it. */
export interface LimiterPeek {
  /** Whole permits that can be taken now. */
  readonly remaining: number;
  /** How long until it is full again, if nobody takes anything. */
  readonly resetAfterMs: number;
  /** How long until the permits asked about can be taken: 0 for now, `undefined` for never. */
  readonly retryAfterMs: number | undefined;
}

/** A limiter's numbers. */
export interface LimiterMetrics {
  readonly name: string;
  readonly rate: number;
  readonly perMs: number;
  readonly burst: number;
  readonly remaining: number;
  readonly waiting: number;
  /** Requests refused since it was made. */
  readonly refusedTotal: number;
}

/** The engine's numbers of what a limiter can be asked. */
const OP = { peek: 1, upTo: 4, drain: 5, penalize: 6, reset: 7, reconfigure: 8, debt: 12 } as const;

const SETTINGS = ['rate', 'per', 'burst'] as const;
const OPTIONS = [...SETTINGS, 'name', 'initial', 'shared', 'clock', 'queue', 'maxWait'] as const;
/** In the order of the engine's numbers. */
const ROW = ['rate', 'per', 'burst', 'initial'] as const;

function row(set: LimiterSettings & { initial?: number | undefined }): [number, number, number, number] {
  return [
    whole('rate', set.rate),
    period('per', set.per ?? 's'),
    orNaN(set.burst, (permits) => whole('burst', permits)),
    orNaN(set.initial, (permits) => whole('initial', permits)),
  ];
}

/**
 * A rate limiter: a token bucket, exact at every rate.
 *
 * ```js
 * const api = limiter({ rate: 100, per: 's', burst: 20 });
 * if (api.tryAcquire()) await fetch('https://example.org/');
 * await api.acquire({ cost: 5, timeout: '2s' }); // waits in line
 * ```
 */
export class RateLimiter extends Throttle {
  #settings: LimiterSettings;

  constructor(options: LimiterOptions) {
    known('limiter', options, OPTIONS);
    common(options);
    const { name = 'limiter', clock = current().clock, shared = false } = options;
    super(
      name,
      create<Tries>(KIND.limiter, row(options), clock, shared ? { name, fields: ROW } : undefined),
      clock,
      options,
    );
    this.#settings = { rate: options.rate, per: options.per, burst: options.burst };
  }

  /** @internal */
  protected override interval(permits: number): number {
    const [rate, per] = row(this.#settings);
    return (permits * per) / rate;
  }

  /** What is left, when it is full again, and when `cost` permits could be taken. Takes nothing. */
  peek(cost = 1): LimiterPeek {
    this.ask(OP.peek, whole('cost', cost));
    const [remaining, resetAfterMs, wait] = current().io() as unknown as [number, number, number];
    return { remaining, resetAfterMs, retryAfterMs: wait === Infinity ? undefined : wait };
  }

  /** Takes as many of `most` permits as are there now, and says how many. */
  acquireUpTo(most: number): number {
    return this.ask(OP.upTo, whole('most', most));
  }

  /**
   * Takes `cost` permits now even where that is more than the burst: admitted when the burst is there, charged in full, so
   * that the rate holds over time.
   */
  tryAcquireDebt(cost: number): boolean {
    return this.ask(OP.debt, whole('cost', cost)) === 0;
  }

  /** Takes everything that is there. */
  drain(): void {
    this.ask(OP.drain);
  }

  /** Holds everything back until a date, or a time of its own clock: what a server's Retry-After asks for. */
  penalizeUntil(time: Date | number): void {
    this.change(() => this.ask(OP.penalize, timeOf(this.clock, time)));
  }

  /** Forgets everything that was taken. */
  reset(): void {
    this.change(() => this.ask(OP.reset));
  }

  /** Changes the settings that are given and keeps what was used. */
  reconfigure(changes: Partial<LimiterSettings>): void {
    known('limiter', changes, SETTINGS);
    const settings = { ...this.#settings, ...changes };
    const numbers = row(settings);
    this.change(() => this.ask(OP.reconfigure, ...numbers));
    this.#settings = settings;
  }

  /** The numbers now. */
  metrics(): LimiterMetrics {
    const [rate, perMs, burst] = row(this.#settings);
    return {
      name: this.name,
      rate,
      perMs,
      burst: Number.isNaN(burst) ? rate : burst,
      remaining: this.peek().remaining,
      waiting: this.waiting,
      refusedTotal: this.refusedTotal(),
    };
  }
}

/** A rate limiter: `new RateLimiter(options)`. */
export function limiter(options: LimiterOptions): RateLimiter {
  return new RateLimiter(options);
}
