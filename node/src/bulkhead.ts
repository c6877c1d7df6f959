import type { Clock } from './clock.js';
import type { Call, CallOptions, Context } from './context.js';
import { type Duration, durationOr } from './duration.js';
import { ask, create, current, type Entrance, KIND } from './engine.js';
import { BulkheadFullError, ConfigError, type Reason, type RefusedError, refusal } from './errors.js';
import { Guard, type Permit } from './guard.js';
import { Judge } from './outcome.js';
import type { Tried } from './policy.js';
import { type RefusalEvents, Refusals } from './refusals.js';
import { areApart } from './requests.js';
import { known, whole } from './settings.js';
import { after } from './timers.js';
import { Waiter, Waiters } from './waiters.js';

/** Everything that can be said about a new bulkhead. */
export interface BulkheadOptions {
  /** Told in errors and events. `'bulkhead'`. */
  name?: string | undefined;
  /** The most calls at the same time. */
  max: number;
  /** How many may wait for a slot. 1,000. */
  queue?: number | undefined;
  /** How long a call waits for its slot. Not at all, or without limit where `queue` is given. */
  maxWait?: Duration | undefined;
  /** One bulkhead of this name for all threads of the process, as long as that lives. Native engine only; no waiting. */
  shared?: boolean | undefined;
  /** Where the time of waiting comes from. The engine's monotonic clock. */
  clock?: Clock | undefined;
}

/** What can be said about waiting for a slot. */
export interface SlotOptions {
  /** The longest wait. No limit. */
  timeout?: Duration | undefined;
  /** Gives up waiting. */
  signal?: AbortSignal | undefined;
}

/** A bulkhead's numbers. */
export interface BulkheadMetrics {
  readonly name: string;
  readonly max: number;
  readonly inFlight: number;
  readonly available: number;
  readonly waiting: number;
  /** Calls of this thread that were refused since it was made. */
  readonly refusedTotal: number;
}

const OP = { look: 0, resize: 1 } as const;
const OPTIONS = ['name', 'max', 'queue', 'maxWait', 'shared', 'clock'] as const;

/**
 * At most so many calls at the same time.
 *
 * ```js
 * const slots = bulkhead({ max: 10 });
 * await slots.call(() => query('select 1')); // or BulkheadFullError, at once
 * using slot = await slots.acquire({ timeout: '2s' }); // waits in line
 * ```
 */
export class Bulkhead extends Guard {
  readonly #refusals = new Refusals();
  readonly #waiters = new Waiters<Permit>();
  readonly #most: number;
  #refusedTotal = 0;
  /** @internal How long a call waits. */
  readonly maxWait: number;

  constructor(options: BulkheadOptions) {
    known('bulkhead', options, OPTIONS);
    const { name = 'bulkhead', clock = current().clock, shared = false, queue, maxWait } = options;
    const max = whole('max', options.max);
    for (const [field, value] of [
      ['queue', queue],
      ['maxWait', maxWait],
    ] as const) {
      if (value && areApart()) throw new ConfigError(field, value, '0 at the edge, where no request can wake another');
    }
    super(
      name,
      create<Entrance>(KIND.bulkhead, [max], clock, shared ? { name, fields: ['max'] } : undefined),
      clock,
      ALWAYS,
    );
    // Another thread could not say that it gave a slot back.
    this.#most = shared || areApart() ? 0 : queue === undefined ? 1_000 : whole('queue', queue);
    this.maxWait = shared || areApart() ? 0 : durationOr('maxWait', maxWait, queue ? Infinity : 0);
  }

  /** @internal Bulkheads have no news. */
  override tell(): void {}

  /** @internal */
  override told(): void {
    this.#refusedTotal += 1;
    if (this.#refusals.heard) this.#tell('bulkhead-full');
  }

  #tell(reason: Reason): void {
    this.#refusals.tell({ name: this.name, reason, retryAfterMs: undefined, at: this.clock.now() });
  }

  /** @internal A slot was given back, perhaps by a pipeline: whoever waits first gets it. */
  override freed(): void {
    for (let first = this.#waiters.first; first !== undefined; first = this.#waiters.first) {
      const place = this.entered();
      if (place < 0) return;
      this.#waiters.remove(first);
      first.resolve(this.permit(place));
    }
  }

  #refuse(reason: Reason): RefusedError {
    this.#refusedTotal += 1;
    if (this.#refusals.heard) this.#tell(reason);
    return refusal(this.name, reason, Infinity, BulkheadFullError);
  }

  /** Waits for a slot, first come first served. An abort or a timeout makes nobody else wait longer. */
  acquire({ timeout, signal }: SlotOptions = {}): Promise<Permit> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    let longest: number;
    try {
      longest = durationOr('timeout', timeout, Infinity);
    } catch (error) {
      return Promise.reject(error);
    }
    const waiting = this.#waiters.first !== undefined;
    const place = waiting ? -1 : this.entered();
    if (place >= 0) return Promise.resolve(this.permit(place));
    if (longest === 0) return Promise.reject(this.#refuse('bulkhead-full'));
    if (this.#waiters.length >= this.#most) return Promise.reject(this.#refuse('queue-full'));
    return new Promise((resolve, reject) => {
      const waiter = new Waiter<Permit>(1, Infinity, resolve, reject);
      this.#waiters.add(waiter, signal, () => {});
      if (longest !== Infinity) waiter.alarm = after(this.clock, longest, () => this.#late(waiter));
    });
  }

  #late(waiter: Waiter<Permit>): void {
    if (this.#waiters.remove(waiter)) waiter.reject(this.#refuse('bulkhead-full'));
  }

  override tryCall<T>(fn: Call<T>, options?: CallOptions): Promise<Tried<T>> {
    return this.maxWait === 0 ? super.tryCall(fn, options) : this.tried(fn, options);
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T> {
    if (this.maxWait === 0) return super.run(fn, context);
    const place = this.#waiters.first === undefined ? this.entered() : -1;
    if (place >= 0) return this.go(place, fn, context);
    return this.acquire({ timeout: this.maxWait, signal: context.ends }).then((permit) => {
      if (!context.ended) return this.go(permit.take(), fn, context);
      permit.release();
      throw context.reason;
    });
  }

  #look(place: number): number {
    ask(this.handle, this.clock, OP.look);
    return current().io()[place] as number;
  }

  /** The most calls at the same time. */
  get max(): number {
    return this.#look(0);
  }

  /** The calls under way. */
  get inFlight(): number {
    return this.#look(1);
  }

  /** How many calls would be admitted now. */
  get available(): number {
    return this.#look(2);
  }

  /** How many wait for a slot. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Changes the maximum at once; calls under way end in their own time. */
  reconfigure({ max, ...rest }: { max: number }): void {
    known('bulkhead', rest, ['max']);
    ask(this.handle, this.clock, OP.resize, whole('max', max));
    this.freed();
  }

  /** The numbers now. */
  metrics(): BulkheadMetrics {
    const { name, max, inFlight, available, waiting } = this;
    return { name, max, inFlight, available, waiting, refusedTotal: this.#refusedTotal };
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
}

/** However a call ends, its slot is free. */
const ALWAYS = new Judge({ isFailure: () => false });

/** A bulkhead: `new Bulkhead(options)`. */
export function bulkhead(options: BulkheadOptions): Bulkhead {
  return new Bulkhead(options);
}
