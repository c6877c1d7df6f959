import { onAbort } from './abort.js';
import type { Clock } from './clock.js';
import { after } from './timers.js';

/** Sleeps for `ms` of `clock`; an abort of `signal` ends that, calls `gone`, and rejects with its reason. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal | undefined, gone?: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const alarm = after(clock, ms, () => {
      unwatch?.();
      resolve();
    });
    const unwatch =
      signal &&
      onAbort(signal, () => {
        alarm.cancel();
        gone?.();
        reject(signal.reason);
      });
  });
}
