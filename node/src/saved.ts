import type { Clock } from './clock.js';
import { ask, current, type Handle, ROOM } from './engine.js';

/** The longest frame of a snapshot. */
const MOST = 1 << 17;

/** The snapshot of a gate. */
export function save(handle: Handle, clock: Clock, op: number): Uint8Array {
  const engine = current();
  try {
    for (let room = 1 << 10; ; room *= 4) {
      const io = engine.room(room);
      io[0] = clock.now();
      const length = handle.ask(op);
      if (length >= 0) return Uint8Array.from(engine.io().subarray(0, length));
      if (room >= MOST) throw new Error('a snapshot does not fit');
    }
  } finally {
    engine.room(ROOM);
  }
}

/** Hands a snapshot of some age to a gate. */
export function load(handle: Handle, clock: Clock, op: number, snapshot: Uint8Array, age: number): void {
  const engine = current();
  try {
    const io = engine.room(Math.max(snapshot.length + 2, ROOM));
    io.set(snapshot, 2);
    ask(handle, clock, op, age);
  } finally {
    engine.room(ROOM);
  }
}
