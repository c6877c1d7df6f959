// What was promised, as ratios to a peer in the same run.

const either = ['opossum: refused', 'cockatiel: refused'];

const bars = [
  { ours: 'tryAcquire', peers: ['limiter: TokenBucket.tryRemoveTokens'], native: 1.15, wasm: 1.0 },
  { ours: 'tryAcquire', peers: ['limiter: RateLimiter.tryRemoveTokens'], native: 0.6, wasm: 0.6 },
  { ours: 'breaker, count window', peers: ['cockatiel: ConsecutiveBreaker'], native: 0.75, wasm: 0.6 },
  { ours: 'breaker, count window', peers: ['opossum: fire, no timeout'], native: 0.25, wasm: 0.25 },
  { ours: 'breaker, slow-call rule', peers: ['cockatiel: ConsecutiveBreaker'], native: 1.3, wasm: 1.0 },
  {
    ours: 'pipe(retry, breaker, timeout, bulkhead)',
    peers: ['cockatiel: wrap(retry, breaker, timeout, bulkhead)'],
    native: 0.1,
    wasm: 0.1,
  },
  { ours: 'refused, as a value', peers: either, native: 0.25, wasm: 0.25 },
  { ours: 'refused, thrown', peers: either, native: 0.4, wasm: 0.4 },
];

/** Each bar with what was measured: against the fastest of its peers. */
export function judge(times) {
  return bars.flatMap(({ ours, peers, ...most }) =>
    ['native', 'wasm'].map((engine) => {
      const [peer, base] = peers.map((name) => [name, times.get(name)]).reduce((a, b) => (a[1] <= b[1] ? a : b));
      const ratio = times.get(`${engine}: ${ours}`) / base;
      return { what: `${engine}: ${ours}`, peer, ratio, most: most[engine], met: ratio <= most[engine] };
    }),
  );
}
