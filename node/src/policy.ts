import { type Call, type CallOptions, Context } from './context.js';
import { type Reason, RefusedError } from './errors.js';

/** What `tryCall` answers: the value, or the refusal without an error having been made. */
export type Tried<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly gate: string; readonly reason: Reason; readonly retryAfterMs: number | undefined };

/** Something that calls go through: a gate, a retry, a timeout, a fallback, several of them. `F` is what it may answer instead. */
export abstract class Policy<F = never> {
  readonly name: string;
  /** There for its type only: what it may answer instead. */
  declare readonly instead?: { readonly value: F };
  /** @internal The context of calls about which nothing was said. */
  protected readonly plain: Context;

  constructor(name: string) {
    this.name = name;
    this.plain = new Context(name);
  }

  /** Calls `fn` if the policy lets it, and reports how it ended. A signal that is aborted already lets nothing begin. */
  call<T>(fn: Call<T>, options?: CallOptions): Promise<T | F> {
    if (options === undefined) return this.run(fn, this.plain);
    const { signal } = options;
    return signal?.aborted ? Promise.reject(signal.reason) : this.run(fn, this.context(options));
  }

  /** `fn` behind this policy, with the arguments and `this` that it is called with. */
  wrap<This, A extends unknown[], R>(
    fn: (this: This, ...args: A) => R | PromiseLike<R>,
  ): (this: This, ...args: A) => Promise<R | F> {
    if (typeof fn !== 'function') throw new TypeError('only a function can be wrapped');
    const policy = this;
    const wrapped = function (this: This, ...args: A): Promise<R | F> {
      return policy.run(() => fn.apply(this, args), policy.plain);
    };
    Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
    Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
    return wrapped;
  }

  /** `call`, with a refusal as a value. Errors of `fn` itself still reject. */
  tryCall<T>(fn: Call<T>, options?: CallOptions): Promise<Tried<T | F>> {
    return this.tried(fn, options);
  }

  /** @internal The same from the error of a refusal. */
  protected tried<T>(fn: Call<T>, options?: CallOptions): Promise<Tried<T | F>> {
    return this.call(fn, options).then(
      (value) => ({ ok: true as const, value }),
      (error: unknown) => {
        if (!(error instanceof RefusedError)) throw error;
        return { ok: false as const, gate: error.gate, reason: error.reason, retryAfterMs: error.retryAfterMs };
      },
    );
  }

  /** @internal */
  protected context(options: CallOptions): Context {
    return options.signal === undefined ? this.plain : new Context(this.name, options.signal);
  }

  /** @internal */
  abstract run<T>(fn: Call<T>, context: Context): Promise<T | F>;
}
