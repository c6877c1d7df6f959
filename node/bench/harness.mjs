// Nanoseconds of process CPU time a call: medians of interleaved batches in one process. CPU time, because a machine
// that does other things stretches the clock on the wall; of the whole process, because V8 collects garbage on other threads.

const BATCH_MS = 15;
const cases = new Map();

/**
 * Adds a case: `run(times)` does its thing so many times, in a loop of its own, so that V8 can specialise it; each time is
 * `calls` calls.
 */
export function bench(name, run, calls = 1) {
  if (cases.has(name)) throw new Error(`two cases are called ${name}`);
  cases.set(name, { name, run, calls, times: 1, samples: [] });
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

async function batch(one) {
  globalThis.gc?.({ type: 'minor' }); // the garbage of the case before is not this one's
  const began = cpuMs();
  const pending = one.run(one.times);
  if (pending !== undefined) await pending;
  return cpuMs() - began;
}

async function calibrate(one) {
  for (;;) {
    const ms = await batch(one);
    if (ms >= BATCH_MS) return;
    one.times = Math.ceil(one.times * Math.min(8, Math.max(1.3, (BATCH_MS * 1.2) / (ms + 0.01))));
  }
}

function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Runs all cases so many rounds, each round in another order; gives the median of each by its name. */
export async function measure(rounds, progress) {
  const all = [...cases.values()];
  for (const one of all) await calibrate(one);
  for (let round = 0; round < rounds; round++) {
    progress?.(round);
    for (let at = 0; at < all.length; at++) {
      const one = all[(at + round * 7) % all.length];
      one.samples.push(((await batch(one)) * 1e6) / (one.times * one.calls));
    }
  }
  return new Map(all.map(({ name, samples }) => [name, median(samples)]));
}
