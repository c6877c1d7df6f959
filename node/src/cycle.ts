import type { Clock } from './clock.js';
import { type Duration, duration, durationOr, type Per, period } from './duration.js';
import { create, current, KIND, type Tries } from './engine.js';
import { common, known, oneOf, whole } from './settings.js';
import { Throttle, type WaitingOptions } from './throttle.js';

/** Everything that can be said about a new cycle limiter. */
export interface CycleLimiterOptions extends WaitingOptions {
  /** Told in errors and events. `'limiter'`. */
  name?: string | undefined;
  /** Permits in each cycle. */
  limit: number;
  /** The length of a cycle: a unit (`'s'`, `'m'`) or a length. Cycles begin at its multiples on the clock. `'s'`. */
  period?: Per | undefined;
  /** The longest wait that `reserve` promises permits for, where it is not told another. 0. */
  timeout?: Duration | undefined;
  /** Whether a new limit counts at once or from the next cycle on, as Resilience4j has it. `'at-once'`. */
  limitChange?: 'at-once' | 'next-cycle' | undefined;
  /** One limiter of this name for all threads of the process, as long as that lives. Native engine only. */
  shared?: boolean | undefined;
  /** Where the time comes from. The engine's monotonic clock. */
  clock?: Clock | undefined;
}

/** A cycle limiter seen without touching it. */
export interface CyclePeek {
  /** What is left of this cycle; negative when permits of later ones are promised. */
  readonly balance: number;
  /** Which cycle it is, counted from the clock's origin. */
  readonly cycle: number;
  /** How long the permits asked about would have to wait: 0 for not at all, `undefined` for ever. */
  readonly retryAfterMs: number | undefined;
}

/** A cycle limiter's numbers. */
export interface CycleLimiterMetrics {
  readonly name: string;
  readonly limit: number;
  readonly periodMs: number;
  readonly balance: number;
  readonly waiting: number;
  /** Requests refused since it was made. */
  readonly refusedTotal: number;
}

/** The engine's numbers of what a cycle limiter can be asked. */
const OP = { peek: 1, drain: 5, setLimit: 13, setTimeout: 14 } as const;

const OPTIONS = ['limit', 'period', 'timeout', 'limitChange', 'name', 'shared', 'clock', 'queue', 'maxWait'] as const;
const ROW = ['limit', 'period', 'timeout', 'limitChange'] as const;

/**
 * At most so many permits in each cycle of a fixed length: agrees with a quota that the other side counts by cycles. Lets
 * through up to twice the limit around the edge of a cycle; a limiter without that edge is `limiter`.
 */
export class CycleLimiter extends Throttle {
  readonly #periodMs: number;

  constructor(options: CycleLimiterOptions) {
    known('cycleLimiter', options, OPTIONS);
    common(options);
    const { name = 'limiter', clock = current().clock, shared = false } = options;
    const periodMs = period('period', options.period ?? 's');
    const row = [
      whole('limit', options.limit),
      periodMs,
      durationOr('timeout', options.timeout, 0),
      oneOf('limitChange', options.limitChange ?? 'at-once', ['at-once', 'next-cycle']),
    ];
    super(name, create<Tries>(KIND.cycle, row, clock, shared ? { name, fields: ROW } : undefined), clock, options);
    this.#periodMs = periodMs;
  }

  /** @internal Permits come all at once; when depends on the cycle, so nothing is foretold. */
  protected override interval(): number {
    return 0;
  }

  /** @internal */
  protected override longest(): number {
    return NaN; // the engine's own timeout
  }

  /** What is left of this cycle, and how long `cost` permits would wait, whatever the timeout. Takes nothing. */
  peek(cost = 1): CyclePeek {
    this.ask(OP.peek, whole('cost', cost));
    const [balance, cycle, wait] = current().io() as unknown as [number, number, number];
    return { balance, cycle, retryAfterMs: wait === Infinity ? undefined : wait };
  }

  /** Takes what is left of this cycle, and says how much that was. */
  drain(): number {
    return this.ask(OP.drain);
  }

  /** Permits in each cycle. */
  get limit(): number {
    this.ask(OP.peek, 0);
    return current().io()[3] as number;
  }

  /** The longest wait that `reserve` promises permits for. */
  get timeoutMs(): number {
    this.ask(OP.peek, 0);
    return current().io()[4] as number;
  }

  /** Changes the settings that are given. */
  reconfigure({ limit, timeout, ...rest }: { limit?: number; timeout?: Duration }): void {
    known('cycleLimiter', rest, ['limit', 'timeout']);
    const [permits, ms] = [
      limit === undefined ? undefined : whole('limit', limit),
      timeout === undefined ? undefined : duration('timeout', timeout),
    ];
    this.change(() => {
      if (permits !== undefined) this.ask(OP.setLimit, permits);
      if (ms !== undefined) this.ask(OP.setTimeout, ms);
    });
  }

  /** The numbers now. */
  metrics(): CycleLimiterMetrics {
    return {
      name: this.name,
      limit: this.limit,
      periodMs: this.#periodMs,
      balance: this.peek().balance,
      waiting: this.waiting,
      refusedTotal: this.refusedTotal(),
    };
  }
}

/** A limiter of fixed cycles: `new CycleLimiter(options)`. */
export function cycleLimiter(options: CycleLimiterOptions): CycleLimiter {
  return new CycleLimiter(options);
}
