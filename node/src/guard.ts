import { type Clock, timeOf } from './clock.js';
import { type Call, type CallOptions, type Context, isThenable } from './context.js';
import { asyncDispose, dispose } from './dispose.js';
import { duration } from './duration.js';
import { ask, type Entrance, FAILURE, IGNORED, PERMIT, PLAIN, SUCCESS } from './engine.js';
import { REASONS, type Reason, type RefusedError, refusal, rejected } from './errors.js';
import type { Judge, Packed } from './outcome.js';
import { Policy, type Tried } from './policy.js';

type Leave = (packed: number, permit: Permit) => void;

/** The admission of one call, to be ended exactly once; ending it again changes nothing. */
export class Permit {
  #leave: Leave | undefined;
  /** @internal */
  readonly place: number;
  /** @internal Its neighbours among those that are out. */
  next: Permit | undefined;
  /** @internal */
  before: Permit | undefined;
  /** @internal Whether somebody waits for it to be collected. */
  watched = false;

  /** @internal */
  constructor(place: number, leave: Leave) {
    this.place = place;
    this.#leave = leave;
  }

  #end(outcome: Packed): void {
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.(this.place | outcome, this);
  }

  /** @internal The place, for whoever ends it otherwise. */
  take(): number {
    this.#leave = undefined;
    return this.place;
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

/** The engine's numbers of what every such gate can be asked. */
const OP = { hold: 20 } as const;

/** An answer of the engine's that holds until something happens, and the ends of the calls that it admits. */
interface Standing {
  readonly place: number;
  readonly returned: <T>(value: T) => T;
  readonly threw: (error: unknown) => never;
}

/** A gate of the engine with a way in and a way out. */
export abstract class Guard extends Policy {
  readonly #handle: Entrance;
  readonly #enter: () => number;
  readonly #leave: (packed: number) => number;
  readonly #clock: Clock;
  readonly #judge: Judge;
  /** Whether the engine's plain permits stand: they are the same until an operation of this thread has news. */
  readonly #stands: boolean;
  #standing: Standing | undefined;

  constructor(name: string, handle: Entrance, clock: Clock, judge: Judge, stands = false) {
    super(name);
    this.#handle = handle;
    this.#clock = clock;
    this.#enter = handle.enter;
    this.#leave = handle.leave;
    this.#judge = judge;
    this.#stands = stands;
  }

  /** @internal Something may have happened: the engine is asked again. */
  protected forget(): void {
    this.#standing = undefined;
  }

  #stand(place: number): void {
    const context = this.plain;
    this.#standing = {
      place,
      returned: (value) => {
        this.#returned(place, value);
        return value;
      },
      threw: (error) => {
        this.#threw(place, error, context);
        throw error;
      },
    };
  }

  /** @internal */
  get handle(): Entrance {
    return this.#handle;
  }

  /** @internal */
  get judge(): Judge {
    return this.#judge;
  }

  /** Where its time comes from. */
  get clock(): Clock {
    return this.#clock;
  }

  /** @internal Something happened that listeners may want to know. */
  abstract tell(): void;
  /** @internal A call was refused. */
  abstract told(reason: Reason, wait: number): void;
  /** @internal A call has ended: there may be room for another. */
  freed(): void {}
  /** @internal The name of the gate that gave the newest refusal. */
  protected lastGate(): string {
    return this.name;
  }

  /** How long the newest refusal says to wait. */
  #lastWait(): number {
    return this.#handle.lastWait();
  }

  #leaves = (packed: number, permit: Permit): void => {
    this.ended(permit);
    this.#left(packed);
  };

  #left(packed: number): void {
    if (this.#leave(packed) === 1) this.tell();
    this.freed();
  }

  /** @internal The permit's number; below zero a refusal. */
  protected entered(): number {
    if (this.#standing !== undefined) return this.#standing.place;
    const answer = this.#enter();
    if (answer > PERMIT) {
      this.tell();
      return answer & PERMIT;
    }
    if (this.#stands && answer >= PLAIN) this.#stand(answer);
    return answer;
  }

  #reason(code: number): Reason {
    return REASONS[-1 - code] as Reason;
  }

  /** @internal */
  protected permit(place: number): Permit {
    return new Permit(place, this.#leaves);
  }

  /** @internal A permit of its is ended. */
  protected ended(_permit: Permit): void {}

  /** @internal A permit that nobody can end any more. */
  protected lost(place: number): void {
    this.#left(place | IGNORED);
  }

  #refused(code: number): RefusedError {
    const [reason, wait] = [this.#reason(code), this.#lastWait()];
    const error = refusal(this.lastGate(), reason, wait);
    this.told(reason, wait);
    return error;
  }

  /** Asks for one call that is made by hand: the permit, or `undefined`. */
  tryAcquire(): Permit | undefined {
    const place = this.entered();
    if (place >= 0) return this.permit(place);
    this.told(this.#reason(place), this.#lastWait());
    return undefined;
  }

  /** Asks for one call that is made by hand: the permit, or throws the refusal. */
  enter(): Permit {
    const place = this.entered();
    if (place < 0) throw this.#refused(place);
    return this.permit(place);
  }

  override tryCall<T>(fn: Call<T>, options?: CallOptions): Promise<Tried<T>> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const place = this.entered();
    if (place < 0) {
      const [reason, wait] = [this.#reason(place), this.#lastWait()];
      const retryAfterMs = wait === Infinity ? undefined : wait;
      const refused = { ok: false as const, gate: this.lastGate(), reason, retryAfterMs };
      this.told(reason, wait);
      return Promise.resolve(refused);
    }
    return this.go(place, fn, this.context(options ?? {})).then((value) => ({ ok: true as const, value }));
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T> {
    const place = this.entered();
    return place < 0 ? rejected(this.#refused(place)) : this.go(place, fn, context);
  }

  /** @internal */
  protected go<T>(place: number, fn: Call<T>, context: Context): Promise<T> {
    let answer: T | PromiseLike<T>;
    let waits: boolean;
    try {
      answer = fn(context);
      waits = answer instanceof Promise || isThenable(answer);
    } catch (error) {
      return reject(error, () => this.#threw(place, error, context));
    }
    if (!waits) {
      try {
        this.#returned(place, answer);
      } catch (error) {
        return Promise.reject(error); // of a rule
      }
      return Promise.resolve(answer);
    }
    // What has a `then` of its own may do anything in it; a promise of the language's does not throw.
    if ((answer as object).constructor !== Promise) answer = Promise.resolve(answer);
    const standing = this.#standing;
    if (standing?.place === place && context.given === undefined) {
      return (answer as Promise<T>).then(standing.returned<T>, standing.threw);
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
    if (this.#judge.value === undefined) {
      this.#left(place);
      return;
    }
    let outcome: Packed = FAILURE; // of a rule that throws
    try {
      outcome = this.#judge.result(value);
    } finally {
      this.#left(place | outcome);
    }
  }

  #threw(place: number, error: unknown, context: Context): void {
    let outcome: Packed = FAILURE;
    let until: number | undefined;
    try {
      outcome = this.#judge.error(error, context);
      until = this.#held(error);
    } finally {
      if (until === undefined) {
        this.#left(place | outcome);
      } else {
        ask(this.#handle, this.#clock, OP.hold, place | outcome, until);
        this.tell();
        this.freed();
      }
    }
  }

  /** Until when to stay away, if `error` says so. */
  #held(error: unknown): number | undefined {
    const told = this.#judge.holdFor?.(error);
    if (told === undefined) return undefined;
    return told instanceof Date ? timeOf(this.#clock, told) : this.#clock.now() + duration('holdFor', told);
  }
}

/** A rejection with `error`, or with what `first` throws. */
function reject(error: unknown, first: () => void): Promise<never> {
  try {
    first();
  } catch (other) {
    return Promise.reject(other); // of a rule
  }
  return Promise.reject(error);
}
