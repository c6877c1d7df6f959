import type { Call, Context } from './context.js';
import { Policy } from './policy.js';
import { invoke } from './throttle.js';

/** Everything that can be said about a fallback besides itself. */
export interface FallbackOptions {
  /** The errors that it is for. All, but what an abort by the caller brings. */
  when?: ((error: unknown) => boolean) | undefined;
}

/** Answers in place of a call that failed or was refused. */
export class Fallback<F> extends Policy<F> {
  readonly #answer: (error: unknown) => F | PromiseLike<F>;
  readonly #when: ((error: unknown) => boolean) | undefined;

  constructor(answer: (error: unknown) => F | PromiseLike<F>, { when }: FallbackOptions = {}) {
    super('fallback');
    if (typeof answer !== 'function') throw new TypeError('a fallback is a function');
    this.#answer = answer;
    this.#when = when;
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T | F> {
    return invoke(fn, context).then(undefined, (error: unknown) => {
      if (context.given?.aborted || this.#when?.(error) === false) throw error;
      return this.#answer(error);
    });
  }
}

/** A fallback: `new Fallback(answer)`. */
export function fallback<F>(answer: (error: unknown) => F | PromiseLike<F>, options?: FallbackOptions): Fallback<F> {
  return new Fallback(answer, options);
}
