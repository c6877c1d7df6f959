import { type Call, type CallOptions, type Context, isThenable } from './context.js';
import { asyncDispose, dispose } from './dispose.js';
import { type Entrance, FAILURE, IGNORED, PERMIT, SUCCESS } from './engine.js';
import { REASONS, type Reason, type RefusedError, refusal } from './errors.js';
import type { Judge, Packed } from './outcome.js';
import { Policy, type Tried } from './policy.js';

/** The admission of one call, to be ended exactly once; ending it again changes nothing. */
export class Permit {
  #leave: ((packed: number) => void) | undefined;
  readonly #place: number;

  /** @internal */
  constructor(place: number, leave: (packed: number) => void) {
    this.#place = place;
    this.#leave = leave;
  }

  #end(outcome: Packed): void {
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.(this.#place | outcome);
  }

  /** The call went well. */
  success(): void {
    this.#end(SUCCESS);
  }

  /** The call failed. */
  failure(): void {
    this.#end(FAILURE);
  }

  /** The call says nothing about the other side, or was not made: everything is given back. */
  ignore(): void {
    this.#end(IGNORED);
  }

  /** Gives back what was not ended otherwise; what `using` calls. */
  release(): void {
    this.#end(IGNORED);
  }

  [dispose](): void {
    this.#end(IGNORED);
  }

  [asyncDispose](): Promise<void> {
    this.#end(IGNORED);
    return Promise.resolve();
  }
}

/** A gate of the engine with a way in and a way out. */
export abstract class Guard extends Policy {
  readonly #handle: Entrance;
  readonly #enter: () => number;
  readonly #leave: (packed: number) => number;
  readonly #judge: Judge;

  constructor(name: string, handle: Entrance, judge: Judge) {
    super(name);
    this.#handle = handle;
    this.#enter = handle.enter;
    this.#leave = handle.leave;
    this.#judge = judge;
  }

  /** @internal */
  get handle(): Entrance {
    return this.#handle;
  }

  /** @internal Something happened that listeners may want to know. */
  protected abstract tell(): void;
  /** @internal A call was refused. */
  protected abstract told(): void;
  /** @internal How long the refusal that was just given says to wait. */
  protected abstract lastWait(): number;
  /** @internal The name of the gate that gave it. */
  protected lastGate(): string {
    return this.name;
  }

  #leaves = (packed: number): void => this.#left(packed);

  #left(packed: number): void {
    if (this.#leave(packed) === 1) this.tell();
  }

  /** The permit's number; below zero a refusal. */
  #entered(): number {
    const answer = this.#enter();
    if (answer > PERMIT) {
      this.tell();
      return answer & PERMIT;
    }
    return answer;
  }

  #reason(code: number): Reason {
    return REASONS[-1 - code] as Reason;
  }

  #refused(code: number): RefusedError {
    const error = refusal(this.lastGate(), this.#reason(code), this.lastWait());
    this.told();
    return error;
  }

  /** Asks for one call that is made by hand: the permit, or `undefined`. */
  tryEnter(): Permit | undefined {
    const place = this.#entered();
    if (place >= 0) return new Permit(place, this.#leaves);
    this.told();
    return undefined;
  }

  /** Asks for one call that is made by hand: the permit, or throws the refusal. */
  enter(): Permit {
    const place = this.#entered();
    if (place < 0) throw this.#refused(place);
    return new Permit(place, this.#leaves);
  }

  override tryCall<T>(fn: Call<T>, options?: CallOptions): Promise<Tried<T>> {
    const place = this.#entered();
    if (place < 0) {
      const wait = this.lastWait();
      const retryAfterMs = wait === Infinity ? undefined : wait;
      const refused = { ok: false as const, gate: this.lastGate(), reason: this.#reason(place), retryAfterMs };
      this.told();
      return Promise.resolve(refused);
    }
    return this.#go(place, fn, this.context(options ?? {})).then((value) => ({ ok: true as const, value }));
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T> {
    const place = this.#entered();
    return place < 0 ? Promise.reject(this.#refused(place)) : this.#go(place, fn, context);
  }

  #go<T>(place: number, fn: Call<T>, context: Context): Promise<T> {
    let answer: T | PromiseLike<T>;
    try {
      answer = fn(context);
    } catch (error) {
      this.#threw(place, error, context);
      return Promise.reject(error);
    }
    if (!(answer instanceof Promise)) {
      if (!isThenable(answer)) {
        this.#returned(place, answer);
        return Promise.resolve(answer);
      }
      answer = Promise.resolve(answer);
    }
    return (answer as Promise<T>).then(
      (value) => {
        this.#returned(place, value);
        return value;
      },
      (error: unknown) => {
        this.#threw(place, error, context);
        throw error;
      },
    );
  }

  #returned(place: number, value: unknown): void {
    if (this.#judge.value === undefined) return this.#left(place);
    let outcome: Packed = FAILURE; // of a rule that throws
    try {
      outcome = this.#judge.result(value);
    } finally {
      this.#left(place | outcome);
    }
  }

  #threw(place: number, error: unknown, context: Context): void {
    let outcome: Packed = FAILURE;
    try {
      outcome = this.#judge.error(error, context);
    } finally {
      this.#left(place | outcome);
    }
  }
}
