/** What a call is told about itself. */
export interface CallContext {
  /**
   * Aborted when the caller's signal is, or when a timeout around the call is over. Made when it is first looked at: a
   * call that does not look costs nothing for it.
   */
  readonly signal: AbortSignal;
  /** Which attempt this is, from 1; more than 1 under `retry`. */
  readonly attempt: number;
  /** The name of the outermost policy. */
  readonly name: string;
}

/** What can be said with each call. */
export interface CallOptions {
  /** Aborts the call: what waits gives up, and `ctx.signal` is aborted with it. */
  signal?: AbortSignal | undefined;
}

/** A call through a policy: gets the context, may be asynchronous. */
export type Call<T> = (context: CallContext) => T | PromiseLike<T>;

let never: AbortSignal | undefined;

/** A context without a timeout: its signal is the caller's. */
export class Context implements CallContext {
  readonly name: string;
  readonly attempt: number;
  /** The caller's signal, if there is one. */
  readonly given: AbortSignal | undefined;

  constructor(name: string, given?: AbortSignal, attempt = 1) {
    this.name = name;
    this.given = given;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    // One for all that are never aborted.
    return this.given ?? (never ??= new AbortController().signal);
  }

  /** What ends a wait: the caller's abort, or the end of a timeout around the call. Made only for those who wait. */
  get ends(): AbortSignal | undefined {
    return this.given;
  }

  /** Whether nobody waits for the answer any more: what has not begun is not begun. */
  get ended(): boolean {
    return this.given !== undefined && this.given.aborted;
  }

  /** Why it has ended. */
  get reason(): unknown {
    return this.given?.reason;
  }

  /** The same for another attempt. */
  again(attempt: number): Context {
    return new Attempt(this, attempt);
  }

  /** Whether `error` is what an abort by the caller brings. */
  isAbort(error: unknown): boolean {
    const { given } = this;
    return given !== undefined && given.aborted && (error === given.reason || nameOf(error) === 'AbortError');
  }
}

/** A later attempt of a call. */
class Attempt extends Context {
  readonly #outer: Context;

  constructor(outer: Context, attempt: number) {
    super(outer.name, outer.given, attempt);
    this.#outer = outer;
  }

  override get signal(): AbortSignal {
    return this.#outer.signal;
  }

  override get ends(): AbortSignal | undefined {
    return this.#outer.ends;
  }

  override get ended(): boolean {
    return this.#outer.ended;
  }

  override get reason(): unknown {
    return this.#outer.reason;
  }
}

function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { name?: unknown }).name : undefined;
}

/** Whether `value` must be awaited. Throws what a property `then` of its throws when it is read. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
