import type { Permit } from './guard.js';
import { areApart } from './requests.js';

/** How long after a first refusal those permits are looked at that are still out, ms. */
const PATIENCE = 1_000;

/**
 * The permits of a bulkhead that are out. One that was dropped without an end would keep its slot for ever: it is given back
 * once it has been collected. To watch a permit costs more than the permit, so it is done only where calls are refused or wait,
 * and only for those that are out a second later; the others cost a few assignments.
 */
export class Outstanding {
  readonly #lost: (place: number) => void;
  #first: Permit | undefined;
  #registry: FinalizationRegistry<number> | undefined;
  #suspected = false;

  constructor(lost: (place: number) => void) {
    this.#lost = lost;
  }

  /** `permit` is out. */
  add(permit: Permit): Permit {
    const first = this.#first;
    permit.next = first;
    if (first !== undefined) first.before = permit;
    this.#first = permit;
    return permit;
  }

  /** It is not any more. */
  remove(permit: Permit): void {
    if (permit.watched) this.#registry?.unregister(permit);
    else this.#unlink(permit);
  }

  #unlink(permit: Permit): void {
    const { before, next } = permit;
    if (before === undefined) this.#first = next;
    else before.next = next;
    if (next !== undefined) next.before = before;
    permit.next = permit.before = undefined;
  }

  /** Somebody found no slot. */
  suspect(): void {
    if (this.#suspected || this.#first === undefined || typeof FinalizationRegistry !== 'function') return;
    if (areApart()) {
      this.#watch(); // a timer would end with its request
    } else {
      this.#suspected = true;
      const timer: { unref?(): void } = setTimeout(() => this.#watch(), PATIENCE) as never;
      timer.unref?.();
    }
  }

  #watch(): void {
    this.#suspected = false;
    this.#registry ??= new FinalizationRegistry((place) => this.#lost(place));
    for (let permit = this.#first; permit !== undefined; permit = this.#first) {
      this.#unlink(permit);
      permit.watched = true;
      this.#registry.register(permit, permit.place, permit);
    }
  }
}

/** Tells whoever runs the program, once for each gate, that a permit of it was dropped. */
export function warnOfLost(gate: string): void {
  const message = `a permit of '${gate}' was dropped without release(); its slot is given back`;
  const { process } = globalThis as { process?: { emitWarning?(message: string, options: object): void } };
  if (process?.emitWarning !== undefined) {
    process.emitWarning(message, { type: 'OvercurrentWarning', code: 'OVERCURRENT_LOST_PERMIT' });
  } else {
    console.warn(message);
  }
}
