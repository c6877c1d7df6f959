import { onAbort } from './abort.js';
import type { Clock } from './clock.js';
import { type Call, Context, isThenable } from './context.js';
import { type Duration, duration } from './duration.js';
import { current } from './engine.js';
import { type TimeoutError, timedOut } from './errors.js';
import { Policy } from './policy.js';
import { after } from './timers.js';

/** The context of a call that may run out of time. */
class TimedContext extends Context {
  readonly #outer: Context;
  #controller: AbortController | undefined;
  #expired: TimeoutError | undefined;
  #unwatch: (() => void) | undefined;

  constructor(outer: Context) {
    super(outer.name, outer.given, outer.attempt);
    this.#outer = outer;
  }

  override get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = (this.#controller = new AbortController());
      const { signal } = this.#outer;
      if (this.#expired !== undefined) controller.abort(this.#expired);
      else if (signal.aborted) controller.abort(signal.reason);
      else this.#unwatch = onAbort(signal, () => controller.abort(signal.reason));
    }
    return this.#controller.signal;
  }

  override get ends(): AbortSignal {
    return this.signal;
  }

  override get ended(): boolean {
    return this.#expired !== undefined || this.#outer.ended;
  }

  override get reason(): unknown {
    return this.#expired ?? this.#outer.reason;
  }

  /** The time is over. */
  expire(error: TimeoutError): void {
    this.#expired = error;
    this.#controller?.abort(error);
    this.#unwatch?.();
  }

  /** The call is over. */
  end(): void {
    this.#unwatch?.();
  }
}

/** Everything that can be said about a timeout besides its length. */
export interface TimeoutOptions {
  /** Where the time comes from: the runtime's timers, or a manual clock. */
  clock?: Clock | undefined;
}

/**
 * Gives a call so much time: then it rejects with `TimeoutError`, and `ctx.signal` is aborted. What the call does after
 * that is its own affair; its result is dropped.
 */
export class Timeout extends Policy {
  readonly #after: number;
  readonly #clock: Clock;

  constructor(after: Duration, { clock }: TimeoutOptions = {}) {
    super('timeout');
    this.#after = duration('timeout', after);
    this.#clock = clock ?? current().clock;
  }

  /** @internal */
  override run<T>(fn: Call<T>, outer: Context): Promise<T> {
    const context = new TimedContext(outer);
    return new Promise((resolve, reject) => {
      const alarm = after(this.#clock, this.#after, () => {
        const error = timedOut(this.#after);
        reject(error);
        context.expire(error);
      });
      const end = () => {
        alarm.cancel();
        context.end();
      };
      let answer: T | PromiseLike<T>;
      try {
        answer = fn(context);
        if (isThenable(answer)) {
          if ((answer as object).constructor !== Promise) answer = Promise.resolve(answer);
        } else {
          end();
          return resolve(answer);
        }
      } catch (error) {
        end();
        return reject(error);
      }
      (answer as PromiseLike<T>).then(
        (value) => {
          end();
          resolve(value as T);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }
}

/** A timeout for calls: `new Timeout(after)`. */
export function timeout(after: Duration, options?: TimeoutOptions): Timeout {
  return new Timeout(after, options);
}
