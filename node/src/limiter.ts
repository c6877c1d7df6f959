import type { Clock } from './clock.js';
import { type Per, period } from './duration.js';
import { ask, create, current, KIND, type Tries } from './engine.js';
import { known, orNaN, whole } from './settings.js';

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
export interface LimiterOptions extends LimiterSettings {
  /** Told in errors and events. `'limiter'`. */
  name?: string | undefined;
  /** The permits that are there at the start. `burst`. */
  initial?: number | undefined;
  /** One limiter of this name for all threads of the process. Native engine only. */
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

/** The engine's numbers of what a limiter can be asked. */
const OP = { last: 0, peek: 1 } as const;

const OPTIONS = ['rate', 'per', 'burst', 'name', 'initial', 'shared', 'clock'] as const;

function row(set: LimiterOptions): number[] {
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
 * ```
 */
export class RateLimiter {
  readonly name: string;
  readonly #handle: Tries;
  readonly #clock: Clock;
  readonly #one: () => boolean;
  readonly #many: (cost: number) => boolean;

  constructor(options: LimiterOptions) {
    known('limiter', options, OPTIONS);
    const { name = 'limiter', clock = current().clock, shared = false } = options;
    this.name = name;
    this.#clock = clock;
    this.#handle = create<Tries>(KIND.limiter, row(options), clock, shared ? name : undefined);
    this.#one = this.#handle.one;
    this.#many = this.#handle.many;
  }

  /** Takes `cost` permits now, all or none, and says whether it did. */
  tryAcquire(cost = 1): boolean {
    return cost === 1 ? this.#one() : this.#many(whole('cost', cost));
  }

  /** What is left, when it is full again, and when `cost` permits could be taken. Takes nothing. */
  peek(cost = 1): LimiterPeek {
    ask(this.#handle, this.#clock, OP.peek, whole('cost', cost));
    const [remaining, resetAfterMs, wait] = current().io() as unknown as [number, number, number];
    return { remaining, resetAfterMs, retryAfterMs: wait === Infinity ? undefined : wait };
  }
}

/** A rate limiter: `new RateLimiter(options)`. */
export function limiter(options: LimiterOptions): RateLimiter {
  return new RateLimiter(options);
}
