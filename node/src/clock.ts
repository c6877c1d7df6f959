import { current, type Readable } from './engine.js';
import { ConfigError } from './errors.js';

/** A source of time: milliseconds from any origin. It may step back; gates never admit more because of it. */
export interface Clock extends Readable {
  /** Now, in milliseconds. */
  now(): number;
}

/** The engine's own clock: monotonic, and the same for every thread of the process. */
export const monotonic: Clock = {
  now: () => current().clock.now(),
};

type Alarm = { at: number; ring: () => void };

/** Time by hand, for tests: stands still until `advance` or `set`, which wake whoever waits for that time. */
export class ManualClock implements Clock {
  #now: number;
  #alarms: Alarm[] = [];

  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Moves time on by so many milliseconds, and rings what becomes due on the way, each at its own time. */
  advance(ms: number): void {
    this.set(this.#now + ms);
  }

  /** Moves time to `ms`, which may be earlier than now. */
  set(ms: number): void {
    for (;;) {
      const next = this.#alarms[0];
      if (next === undefined || next.at > ms) break;
      this.#alarms.shift();
      this.#now = Math.max(this.#now, next.at);
      next.ring();
    }
    this.#now = ms;
  }

  /** @internal Rings at `at`; the function that is returned takes the alarm back. */
  alarm(at: number, ring: () => void): () => void {
    const alarm = { at, ring };
    const after = this.#alarms.findIndex((other) => other.at > at);
    this.#alarms.splice(after < 0 ? this.#alarms.length : after, 0, alarm);
    return () => {
      const place = this.#alarms.indexOf(alarm);
      if (place >= 0) this.#alarms.splice(place, 1);
    };
  }
}

/** A clock that is moved by hand, for tests. */
export function manualClock(start = 0): ManualClock {
  return new ManualClock(start);
}

/** A date, or a time of `clock`, as the latter. */
export function timeOf(clock: Clock, time: Date | number): number {
  if ((typeof time !== 'number' && !(time instanceof Date)) || Number.isNaN(Number(time))) {
    throw new ConfigError('time', time, 'a date, or a time of the clock in milliseconds');
  }
  return typeof time === 'number' ? time : clock.now() + Math.max(time.getTime() - Date.now(), 0);
}
