import { type Clock, ManualClock } from './clock.js';
import { areApart } from './requests.js';

/** Something that will ring. */
export interface Alarm {
  /** It will not. */
  cancel(): void;
}

/** The longest wait that a timer of the runtime can do. */
const LONGEST = 2 ** 31 - 1;

interface Handle {
  ref?(): void;
  unref?(): void;
}

/** One alarm of a row. */
class Due implements Alarm {
  next: Due | undefined;
  before: Due | undefined;
  row: Row | undefined;

  constructor(
    readonly at: number,
    readonly ring: () => void,
    row: Row,
  ) {
    this.row = row;
  }

  cancel(): void {
    this.row?.remove(this);
  }
}

const rows = new Map<number, Row>();

/**
 * The alarms of one length of time. They ring in the order in which they were set, so one timer serves them all, and
 * setting or cancelling one costs a few assignments. The timer keeps the process alive only while an alarm is set.
 */
class Row {
  #first: Due | undefined;
  #last: Due | undefined;
  #timer: Handle | undefined;

  constructor(readonly ms: number) {}

  add(ring: () => void): Due {
    const due = new Due(performance.now() + this.ms, ring, this);
    due.before = this.#last;
    if (this.#last === undefined) {
      this.#first = due;
      if (this.#timer === undefined) this.#arm(this.ms);
      else this.#timer.ref?.();
    } else {
      this.#last.next = due;
    }
    this.#last = due;
    return due;
  }

  remove(due: Due): void {
    if (due.before === undefined) this.#first = due.next;
    else due.before.next = due.next;
    if (due.next === undefined) this.#last = due.before;
    else due.next.before = due.before;
    due.row = due.next = due.before = undefined;
    if (this.#first === undefined) this.#timer?.unref?.();
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(this.#wake, Math.min(Math.max(Math.ceil(ms), 1), LONGEST)) as unknown as Handle;
  }

  #wake = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const rings: (() => void)[] = [];
    for (let due = this.#first; due !== undefined && due.at <= now; due = this.#first) {
      this.remove(due);
      rings.push(due.ring);
    }
    if (this.#first === undefined) rows.delete(this.ms);
    else this.#arm(this.#first.at - now);
    for (const ring of rings) ring();
  };
}

/** An alarm with a timer of its own, which belongs to the request that set it. */
class Alone implements Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #at: number;
  readonly #ring: () => void;

  constructor(ms: number, ring: () => void) {
    this.#at = performance.now() + ms;
    this.#ring = ring;
    this.#arm(ms);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(
      () => {
        const left = this.#at - performance.now();
        if (left > 0) this.#arm(left);
        else this.#ring();
      },
      Math.min(Math.max(Math.ceil(ms), 1), LONGEST),
    );
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

/** Rings once, `ms` from now by `clock`. What rings must not throw. */
export function after(clock: Clock, ms: number, ring: () => void): Alarm {
  if (clock instanceof ManualClock) return { cancel: clock.alarm(clock.now() + ms, ring) };
  if (areApart()) return new Alone(ms, ring);
  const length = Math.min(ms, Number.MAX_SAFE_INTEGER);
  let row = rows.get(length);
  if (row === undefined) rows.set(length, (row = new Row(length)));
  return row.add(ring);
}
