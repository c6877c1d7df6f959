import type { Context } from './context.js';
import type { Duration } from './duration.js';
import { FAILURE, IGNORED, SUCCESS } from './engine.js';
import { RefusedError } from './errors.js';
import { oneOf } from './settings.js';

/** How a call ended: well, badly, or in a way that says nothing about the other side. */
export type Outcome = 'success' | 'failure' | 'ignored';

/** What a rule says about an end: whether it is a failure, or that it says nothing. */
export type Verdict = boolean | 'ignore';

/** Which ends count as failures. */
export interface OutcomeRules {
  /**
   * Whether an error is a failure. Without this rule every error is, but refusals by other gates of this package, which
   * are ignored. An error that an abort by the caller's own signal brought is always ignored.
   */
  isFailure?: ((error: unknown) => Verdict) | undefined;
  /** Whether a returned value is a failure: a response with status 503, say. Without this rule none is. */
  isFailureResult?: ((value: never) => Verdict) | undefined;
  /**
   * How long to stay away, where an error says so: a server's Retry-After. A closed breaker then opens until that time, a
   * limiter in the same pipeline holds everything back until then.
   */
  holdFor?: ((error: unknown) => Duration | Date | undefined) | undefined;
}

/** The packed outcomes of the engine. */
export type Packed = typeof SUCCESS | typeof FAILURE | typeof IGNORED;

const packed = (verdict: Verdict): Packed => (verdict === 'ignore' ? IGNORED : verdict ? FAILURE : SUCCESS);

/** The rules as the calls read them. */
export class Judge {
  readonly #error: ((error: unknown) => Verdict) | undefined;
  /** Whether values are looked at. */
  readonly value: ((value: never) => Verdict) | undefined;
  /** What an error says about staying away. */
  readonly holdFor: ((error: unknown) => Duration | Date | undefined) | undefined;

  constructor(rules: OutcomeRules) {
    this.#error = rules.isFailure;
    this.value = rules.isFailureResult;
    this.holdFor = rules.holdFor;
  }

  /** The outcome of a call that threw. */
  error(error: unknown, context: Context): Packed {
    if (context.isAbort(error)) return IGNORED;
    if (this.#error !== undefined) return packed(this.#error(error));
    return error instanceof RefusedError ? IGNORED : FAILURE;
  }

  /** The outcome of a call that returned. */
  result(value: unknown): Packed {
    return this.value === undefined ? SUCCESS : packed(this.value(value as never));
  }
}

/** The packed form of an outcome by name. */
export function outcomeNumber(outcome: Outcome): 0 | 1 | 2 {
  return oneOf('outcome', outcome, ['success', 'failure', 'ignored']) as 0 | 1 | 2;
}
