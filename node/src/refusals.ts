import type { Reason } from './errors.js';
import { Emitter } from './events.js';
import { channels } from './telemetry.js';

/** A call was refused. */
export interface RefusedEvent {
  readonly name: string;
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;
  /** When, in milliseconds of the gate's clock. */
  readonly at: number;
}

/** What limiters and bulkheads tell. */
export interface RefusalEvents {
  /** A call, or a request for permits, was refused. */
  refused: RefusedEvent;
}

/** Listeners of a gate that tells its refusals; made when the first one comes. */
export class Refusals {
  #events: Emitter<RefusalEvents> | undefined;

  /** The listeners. */
  get events(): Emitter<RefusalEvents> {
    return (this.#events ??= new Emitter('refused'));
  }

  /** Whether a refusal would be heard by anybody. */
  get heard(): boolean {
    return this.#events?.heard === true || channels().heard;
  }

  tell(event: RefusedEvent): void {
    this.#events?.emit('refused', event);
    channels().refused(event);
  }
}
