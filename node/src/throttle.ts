import { onAbort } from './abort.js';
import type { Clock } from './clock.js';
import type { Call, Context } from './context.js';
import { type Duration, duration, durationOr } from './duration.js';
import { ask, current, type Tries } from './engine.js';
import { REASONS, type Reason, type RefusedError, refusal } from './errors.js';
import { Policy } from './policy.js';
import { type RefusalEvents, Refusals } from './refusals.js';
import { areApart } from './requests.js';
import { load, save } from './saved.js';
import { whole } from './settings.js';
import { after } from './timers.js';
import { Waiter, Waiters } from './waiters.js';

/** What can be said about waiting for permits. */
export interface AcquireOptions {
  /** Permits. 1. */
  cost?: number | undefined;
  /** The longest wait; refused at once where it would be longer. No limit. */
  timeout?: Duration | undefined;
  /** Gives up waiting. */
  signal?: AbortSignal | undefined;
}

/** What a limiter is told about those who wait. */
export interface WaitingOptions {
  /** How many may wait at the same time. 1,000. */
  queue?: number | undefined;
  /** How long a call through the limiter waits for its permit. Not at all, or without limit where `queue` is given. */
  maxWait?: Duration | undefined;
}

/** Permits that are taken already, to be used from a time on. */
export class Reservation {
  /** How long until they may be used; 0 for now. */
  readonly waitMs: number;
  /** The same as a time of the limiter's clock. */
  readonly readyAt: number;
  #cancel: (() => boolean) | undefined;

  /** @internal */
  constructor(waitMs: number, readyAt: number, cancel: () => boolean) {
    this.waitMs = waitMs;
    this.readyAt = readyAt;
    this.#cancel = cancel;
  }

  /**
   * Gives the permits back, and says whether that was possible: only while nobody has taken any after them, otherwise they
   * are forfeited.
   */
  cancel(): boolean {
    const cancel = this.#cancel;
    this.#cancel = undefined;
    return cancel?.() ?? false;
  }
}

/** The numbers that all limiters have in common in the engine. */
const OP = { last: 0, reserve: 2, cancel: 3, snapshot: 9, restore: 10, refusals: 11 } as const;

/** A promise of the engine's: its wait, when it is ready, and the four halves of its words. */
type Promised = readonly number[];

/** A limiter: permits that come with time, and those who wait for them. */
export abstract class Throttle extends Policy {
  readonly #handle: Tries;
  readonly #clock: Clock;
  readonly #one: () => boolean;
  readonly #many: (cost: number) => boolean;
  readonly #refusals = new Refusals();
  /** Only the first holds permits of the engine's; the others have taken nothing. */
  readonly #waiters = new Waiters<void>();
  #promised: Promised | undefined;
  /** When those are ready who sleep by themselves. A request that was called off leaves its time here until then. */
  #asleep: number[] = [];
  /** What those behind the first wait for. */
  #owed = 0;
  readonly #most: number;
  /** @internal How long a call waits. */
  readonly maxWait: number;

  constructor(name: string, handle: Tries, clock: Clock, waiting: WaitingOptions) {
    super(name);
    this.#handle = handle;
    this.#clock = clock;
    this.#one = handle.one;
    this.#many = handle.many;
    this.#most = waiting.queue === undefined ? 1_000 : whole('queue', waiting.queue);
    this.maxWait = durationOr('maxWait', waiting.maxWait, waiting.queue ? Infinity : 0);
  }

  /** @internal */
  get handle(): Tries {
    return this.#handle;
  }

  /** Where its time comes from. */
  get clock(): Clock {
    return this.#clock;
  }

  /** How many wait for permits. */
  get waiting(): number {
    if (this.#asleep.length !== 0) {
      const now = this.#clock.now();
      this.#asleep = this.#asleep.filter((readyAt) => readyAt > now);
    }
    return this.#waiters.length + this.#asleep.length;
  }

  /** @internal How long `permits` take to come, once none are left; 0 if that cannot be said. */
  protected abstract interval(permits: number): number;

  /** @internal */
  protected ask(op: number, ...numbers: number[]): number {
    return ask(this.#handle, this.#clock, op, ...numbers);
  }

  /** Takes `cost` permits now, all or none, and says whether it did. */
  tryAcquire(cost = 1): boolean {
    const taken = cost === 1 ? this.#one() : this.#many(whole('cost', cost));
    if (!taken && this.#refusals.heard) this.told(...this.#last());
    return taken;
  }

  /** The reason and the wait of the newest refusal. */
  #last(): [Reason, number] {
    const wait = this.#handle.ask(OP.last);
    return [REASONS[current().io()[0] as number] as Reason, wait];
  }

  /** @internal A request was refused. */
  told(reason: Reason, wait: number): void {
    if (!this.#refusals.heard) return;
    const retryAfterMs = wait === Infinity ? undefined : wait;
    this.#refusals.tell({ name: this.name, reason, retryAfterMs, at: this.#clock.now() });
  }

  #refuse(reason: Reason, wait: number): RefusedError {
    this.told(reason, wait);
    return refusal(this.name, reason, wait);
  }

  /** @internal The error of the newest refusal. */
  refused(): RefusedError {
    return refusal(this.name, ...this.#last());
  }

  /** Takes `cost` permits, also those to come within `maxWait`, and says from when on they may be used; or throws. */
  reserve(cost = 1, { maxWait }: { maxWait?: Duration } = {}): Reservation {
    const promised = this.#promise(
      whole('cost', cost),
      maxWait === undefined ? this.longest() : duration('maxWait', maxWait),
    );
    if (promised === undefined) throw this.#refuse(...this.#last());
    return new Reservation(promised[0] as number, promised[1] as number, () => this.#back(promised));
  }

  /** @internal The longest wait of a reservation about which nothing was said. */
  protected longest(): number {
    return Infinity;
  }

  #promise(cost: number, maxWait: number): Promised | undefined {
    if (this.ask(OP.reserve, cost, maxWait) !== 0) return undefined;
    return Array.from(current().io().subarray(0, 6));
  }

  #back(promised: Promised): boolean {
    return this.ask(OP.cancel, ...promised.slice(2)) === 1;
  }

  /**
   * Waits for `cost` permits, first come first served. Refused at once where the wait would be longer than `timeout`; an
   * abort or a timeout gives everything back and makes nobody else wait longer.
   */
  acquire({ cost = 1, timeout, signal }: AcquireOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    try {
      const permits = whole('cost', cost);
      return this.#wait(permits, durationOr('timeout', timeout, Infinity), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #wait(cost: number, timeout: number, signal: AbortSignal | undefined): Promise<void> {
    const { first, length } = this.#waiters;
    if (first === undefined && (cost === 1 ? this.#one() : this.#many(cost))) return Promise.resolve();
    if (areApart()) return this.#sleep(cost, timeout, signal);
    if (length >= this.#most) return Promise.reject(this.#refuse('queue-full', this.#ahead(cost)));
    if (first !== undefined) {
      const wait = this.#ahead(cost);
      if (wait > timeout) return Promise.reject(this.#refuse('rate-limited', wait));
    }
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(cost, this.#clock.now() + timeout, resolve, reject);
      this.#waiters.add(waiter, signal, (gone, wasFirst) => this.#gone(gone, wasFirst));
      if (first === undefined) return this.#serve();
      this.#owed += cost;
      if (timeout !== Infinity) waiter.alarm = after(this.#clock, timeout, () => this.#late(waiter));
    });
  }

  /** The same where nobody can wake anybody: the permits are taken for later, and each sleeps by itself. */
  #sleep(cost: number, timeout: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.waiting >= this.#most) {
      return Promise.reject(this.#refuse('queue-full', (this.#asleep[0] as number) - this.#clock.now()));
    }
    const promised = this.#promise(cost, timeout);
    if (promised === undefined) return Promise.reject(this.#refuse(...this.#last()));
    const [wait, readyAt] = promised as [number, number];
    if (wait === 0) return Promise.resolve();
    this.#asleep.push(readyAt);
    return new Promise((resolve, reject) => {
      const alarm = after(this.#clock, wait, () => {
        unwatch?.();
        resolve();
      });
      const unwatch =
        signal &&
        onAbort(signal, () => {
          alarm.cancel();
          this.#asleep = this.#asleep.filter((other) => other !== readyAt);
          this.#back(promised);
          reject(signal.reason);
        });
    });
  }

  /** How long `cost` more permits would have to wait behind those who wait now. */
  #ahead(cost: number): number {
    const ready = this.#promised?.[1] ?? 0;
    return Math.max(ready - this.#clock.now(), 0) + this.interval(this.#owed + cost);
  }

  /** Gives permits to whoever is first, as far as there are any. */
  #serve(): void {
    for (let first = this.#waiters.first; first !== undefined; first = this.#waiters.first) {
      const promised = this.#promise(first.cost, Math.max(first.deadline - this.#clock.now(), 0));
      if (promised === undefined) {
        this.#leave(first);
        first.reject(this.#refuse(...this.#last()));
      } else if (promised[0] === 0) {
        this.#leave(first);
        first.resolve();
      } else {
        this.#promised = promised;
        first.alarm?.cancel();
        const waiter = first;
        first.alarm = after(this.#clock, promised[0] as number, () => this.#ready(waiter));
        return;
      }
    }
  }

  /** Takes the first out; what the next one wants is no longer behind the first. */
  #leave(first: Waiter<void>): void {
    this.#waiters.remove(first);
    this.#owed -= this.#waiters.first?.cost ?? 0;
  }

  #ready(waiter: Waiter<void>): void {
    this.#promised = undefined;
    this.#leave(waiter);
    waiter.resolve();
    this.#serve();
  }

  #late(waiter: Waiter<void>): void {
    if (!this.#waiters.remove(waiter)) return;
    this.#owed -= waiter.cost;
    waiter.reject(this.#refuse('rate-limited', this.#ahead(waiter.cost)));
  }

  #gone(waiter: Waiter<void>, wasFirst: boolean): void {
    if (!wasFirst) {
      this.#owed -= waiter.cost;
      return;
    }
    this.#owed -= this.#waiters.first?.cost ?? 0;
    this.#release();
    this.#serve();
  }

  /** Gives the first one's promise back to the engine. */
  #release(): void {
    const promised = this.#promised;
    this.#promised = undefined;
    if (promised !== undefined) this.#back(promised);
  }

  /** @internal Changes what permits are worth: who waits first asks again. */
  protected change<T>(how: () => T): T {
    this.#release();
    try {
      return how();
    } finally {
      this.#serve();
    }
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T> {
    if (this.maxWait === 0) {
      if (!this.tryAcquire()) return Promise.reject(this.refused());
      return invoke(fn, context);
    }
    if (this.#waiters.first === undefined && this.#one()) return invoke(fn, context);
    return this.acquire({ timeout: this.maxWait, signal: context.ends }).then(() => {
      if (context.ended) throw context.reason;
      return fn(context);
    });
  }

  /** Calls `listener` with every refusal; the function that is returned ends that. */
  on<K extends keyof RefusalEvents>(kind: K, listener: (event: RefusalEvents[K]) => void): () => void {
    return this.#refusals.events.on(kind, listener);
  }

  /** The same for the next refusal only. */
  once<K extends keyof RefusalEvents>(kind: K, listener: (event: RefusalEvents[K]) => void): () => void {
    return this.#refusals.events.once(kind, listener);
  }

  /** Ends the calls of `listener`. */
  off<K extends keyof RefusalEvents>(kind: K, listener: (event: RefusalEvents[K]) => void): void {
    this.#refusals.events.off(kind, listener);
  }

  /** @internal Since it was made. */
  protected refusedTotal(): number {
    return this.ask(OP.refusals);
  }

  /** The state as bytes, for a restart. */
  snapshot(): Uint8Array {
    return save(this.#handle, this.#clock, OP.snapshot);
  }

  /** Goes on from a snapshot that is `age` old. */
  restore(snapshot: Uint8Array, { age = 0 }: { age?: Duration } = {}): void {
    this.change(() => load(this.#handle, this.#clock, OP.restore, snapshot, duration('age', age)));
  }
}

/** The answer of `fn` as a promise, its throws as rejections. */
export function invoke<T>(fn: Call<T>, context: Context): Promise<T> {
  try {
    const answer = fn(context);
    return answer instanceof Promise ? (answer as Promise<T>) : Promise.resolve(answer);
  } catch (error) {
    return Promise.reject(error);
  }
}
