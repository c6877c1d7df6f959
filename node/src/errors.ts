/** Why a gate said no; the same words in every language of overcurrent. */
export type Reason =
  | 'rate-limited'
  | 'cost-exceeds-burst'
  | 'breaker-open'
  | 'trials-taken'
  | 'forced-open'
  | 'bulkhead-full'
  | 'retry-budget-spent'
  | 'queue-full';

/** In the order of the engine's numbers. */
export const REASONS: readonly Reason[] = [
  'rate-limited',
  'cost-exceeds-burst',
  'breaker-open',
  'trials-taken',
  'forced-open',
  'bulkhead-full',
  'retry-budget-spent',
];

let stacks = false;

/**
 * Whether errors carry a stack trace: off to begin with, because a refusal is no bug and a stack costs more than the call
 * that was refused, at the moment of the highest load.
 */
export function captureStacks(on: boolean): void {
  stacks = on;
}

type WithLimit = { stackTraceLimit?: number };

/** Makes an error, without a stack unless they are wanted. */
function bare<T>(make: () => T): T {
  const limit = (Error as WithLimit).stackTraceLimit;
  if (stacks || limit === undefined || limit === 0) return make();
  try {
    (Error as WithLimit).stackTraceLimit = 0;
  } catch {
    return make(); // frozen
  }
  try {
    return make();
  } finally {
    (Error as WithLimit).stackTraceLimit = limit;
  }
}

/** The base of every error of this package but `ConfigError`. */
export class OvercurrentError extends Error {
  /** The same for every error of its kind: `ERR_BREAKER_OPEN`, `ERR_RATE_LIMITED`, ... */
  declare readonly code: string; // declared, not defined: that would cost each refusal as much again as to assign it

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** A gate said no: nothing was called. */
export class RefusedError extends OvercurrentError {
  /** The name of the gate, if it has one. */
  declare readonly gate: string;
  declare readonly reason: Reason;
  /** The wait after which the same call could be admitted; `undefined` where time alone does not help. */
  declare readonly retryAfterMs: number | undefined;

  constructor(gate: string, reason: Reason, retryAfterMs: number | undefined, code: string) {
    super(`${gate}: ${reason}${retryAfterMs === undefined ? '' : `, retry after ${Math.ceil(retryAfterMs)} ms`}`, code);
    this.gate = gate;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A circuit breaker is open, or half-open with every trial out. */
export class BreakerOpenError extends RefusedError {
  constructor(gate: string, reason: Reason, retryAfterMs?: number) {
    super(gate, reason, retryAfterMs, 'ERR_BREAKER_OPEN');
  }
}

/** A rate limiter has no permit, or its queue no place. */
export class RateLimitedError extends RefusedError {
  constructor(gate: string, reason: Reason, retryAfterMs?: number) {
    super(gate, reason, retryAfterMs, 'ERR_RATE_LIMITED');
  }
}

/** Every slot of a bulkhead is taken, and its queue has no place, or the wait was too long. */
export class BulkheadFullError extends RefusedError {
  constructor(gate: string, reason: Reason, retryAfterMs?: number) {
    super(gate, reason, retryAfterMs, 'ERR_BULKHEAD_FULL');
  }
}

/** A call took longer than its timeout. */
export class TimeoutError extends OvercurrentError {
  /** The timeout. */
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`no answer within ${afterMs} ms`, 'ERR_TIMEOUT');
    this.afterMs = afterMs;
  }
}

/** A breaker has no such change of state: from closed to half-open, from metrics-only to open or half-open. */
export class TransitionError extends OvercurrentError {
  constructor(from: string, to: string) {
    super(`a breaker cannot go from ${from} to ${to}`, 'ERR_TRANSITION');
  }
}

/** A setting is wrong: says which, what it was and what is allowed. Always with a stack. */
export class ConfigError extends RangeError {
  readonly code = 'ERR_CONFIG';
  readonly field: string;
  readonly value: unknown;

  constructor(field: string, value: unknown, allowed: string) {
    super(`${field} is ${show(value)}; allowed: ${allowed}`);
    this.field = field;
    this.value = value;
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  try {
    return String(value);
  } catch {
    return typeof value; // of no prototype, say
  }
}

// On the prototypes, as the language's own errors have it.
for (const kind of [
  OvercurrentError,
  RefusedError,
  BreakerOpenError,
  RateLimitedError,
  BulkheadFullError,
  TimeoutError,
  TransitionError,
  ConfigError,
]) {
  Object.defineProperty(kind.prototype, 'name', { value: kind.name, configurable: true, writable: true });
}

type Refused = new (gate: string, reason: Reason, retryAfterMs?: number) => RefusedError;

const KINDS: Partial<Record<Reason, Refused>> = {
  'rate-limited': RateLimitedError,
  'cost-exceeds-burst': RateLimitedError,
  'breaker-open': BreakerOpenError,
  'trials-taken': BreakerOpenError,
  'forced-open': BreakerOpenError,
  'bulkhead-full': BulkheadFullError,
  'queue-full': RateLimitedError,
};

/** The error of a refusal, of the kind that belongs to its reason. An infinite wait is one that does not help. */
export function refusal(
  gate: string,
  reason: Reason,
  waitMs: number,
  kind: Refused = KINDS[reason] ?? RateLimitedError,
): RefusedError {
  return bare(() => new kind(gate, reason, waitMs === Infinity ? undefined : waitMs));
}

const settled = Promise.resolve();

/**
 * A rejection with `error`, a turn later: by then somebody listens, which spares the runtime its watch over rejections that
 * nobody hears, a quarter of what a refusal costs.
 */
export function rejected(error: RefusedError): Promise<never> {
  return settled.then(() => {
    throw error;
  });
}

/** The error of a call that took too long. */
export function timedOut(afterMs: number): TimeoutError {
  return bare(() => new TimeoutError(afterMs));
}
