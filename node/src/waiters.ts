import { onAbort } from './abort.js';
import type { Alarm } from './timers.js';

/** Somebody who waits in a queue. */
export class Waiter<T> {
  next: Waiter<T> | undefined;
  before: Waiter<T> | undefined;
  /** Rings when it is time to give up, or to go. */
  alarm: Alarm | undefined;
  /** Ends the watch over the caller's signal. */
  unwatch: (() => void) | undefined;
  waits = true;

  constructor(
    readonly cost: number,
    /** By the gate's clock. */
    readonly deadline: number,
    readonly resolve: (value: T) => void,
    readonly reject: (reason: unknown) => void,
  ) {}
}

/** Those who wait, first come first served. Taking one out, wherever it stands, costs a few assignments. */
export class Waiters<T> {
  first: Waiter<T> | undefined;
  #last: Waiter<T> | undefined;
  length = 0;

  /** Puts `waiter` last; if `signal` is aborted before it goes, it is taken out, rejected, and `gone` is called. */
  add(waiter: Waiter<T>, signal: AbortSignal | undefined, gone: (waiter: Waiter<T>, wasFirst: boolean) => void): void {
    waiter.before = this.#last;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.length += 1;
    if (signal !== undefined) {
      waiter.unwatch = onAbort(signal, () => {
        const wasFirst = this.first === waiter;
        if (this.remove(waiter)) {
          waiter.reject(signal.reason);
          gone(waiter, wasFirst);
        }
      });
    }
  }

  /** Takes `waiter` out, its alarm and its watch with it; `false` if it was out already. */
  remove(waiter: Waiter<T>): boolean {
    if (!waiter.waits) return false;
    waiter.waits = false;
    if (waiter.before === undefined) this.first = waiter.next;
    else waiter.before.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.before;
    else waiter.next.before = waiter.before;
    waiter.next = waiter.before = undefined;
    waiter.alarm?.cancel();
    waiter.unwatch?.();
    this.length -= 1;
    return true;
  }
}
