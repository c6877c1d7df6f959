import { callable, oneOf } from './settings.js';

type Listener<T> = (event: T) => void;

/** Typed events: `on`, `once`, `off`. A listener that throws is reported by the runtime and disturbs nobody else. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Listener<never>[]>();
  readonly #kinds: readonly (keyof Events & string)[];

  constructor(...kinds: readonly (keyof Events & string)[]) {
    this.#kinds = kinds;
  }

  /** Calls `listener` with every event of `kind` from now on; the function that is returned ends that. */
  on<K extends keyof Events>(kind: K, listener: Listener<Events[K]>): () => void {
    oneOf('event', kind, this.#kinds); // one that never comes must not be waited for in silence
    callable('listener', listener ?? null);
    // Copied: an emit that is under way goes on over the old ones.
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
    return () => this.off(kind, listener);
  }

  /** Calls `listener` with the next event of `kind`. */
  once<K extends keyof Events>(kind: K, listener: Listener<Events[K]>): () => void {
    callable('listener', listener ?? null);
    const end = this.on(kind, (event) => {
      end();
      listener(event);
    });
    return end;
  }

  /** Ends the calls of `listener`. */
  off<K extends keyof Events>(kind: K, listener: Listener<Events[K]>): void {
    const left = (this.#listeners.get(kind) ?? []).filter((other) => other !== listener);
    if (left.length === 0) this.#listeners.delete(kind);
    else this.#listeners.set(kind, left);
  }

  /** Whether anybody listens to anything. */
  get heard(): boolean {
    return this.#listeners.size !== 0;
  }

  /** @internal */
  emit<K extends keyof Events>(kind: K, event: Events[K]): void {
    for (const listener of this.#listeners.get(kind) ?? []) {
      try {
        (listener as Listener<Events[K]>)(event);
      } catch (error) {
        // Where an uncaught error goes, but after the call that it must not change.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
