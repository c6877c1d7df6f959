// What the types promise, and what they refuse: compiled, never run.

import {
  type BreakerMetrics,
  BreakerOpenError,
  type BreakerState,
  type Bulkhead,
  breaker,
  bulkhead,
  type CallContext,
  CircuitBreaker,
  type ConfigError,
  cycleLimiter,
  type engine,
  fallback,
  limiter,
  manualClock,
  type Permit,
  pipe,
  type RateLimiter,
  type Reason,
  RefusedError,
  registry,
  retry,
  timeout,
} from 'overcurrent';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Fails to compile unless `A` is exactly `B`. */
function exactly<A, B>(_: Equal<A, B>): void {}

interface User {
  name: string;
}
declare function load(id: number): Promise<User>;

export async function calls(): Promise<void> {
  const db = breaker({ name: 'db', window: { calls: 100 }, failureRate: 0.5, openFor: '30s' });
  exactly<typeof db, CircuitBreaker>(true);

  const user = await db.call(() => load(7));
  exactly<typeof user, User>(true);
  const plain = await db.call(() => 7);
  exactly<typeof plain, number>(true);
  await db.call(async (context) => {
    exactly<typeof context, CallContext>(true);
    await fetch('http://localhost/', { signal: context.signal });
  });

  const wrapped = db.wrap(load);
  exactly<Parameters<typeof wrapped>, [id: number]>(true);
  exactly<ReturnType<typeof wrapped>, Promise<User>>(true);
  // @ts-expect-error: the arguments are those of the function
  wrapped('7');

  const tried = await db.tryCall(() => load(7));
  if (tried.ok) {
    exactly<typeof tried.value, User>(true);
  } else {
    exactly<typeof tried.reason, Reason>(true);
    exactly<typeof tried.retryAfterMs, number | undefined>(true);
    // @ts-expect-error: a refusal has no value
    void tried.value;
  }

  exactly<typeof db.state, BreakerState>(true);
  exactly<ReturnType<typeof db.metrics>, BreakerMetrics>(true);
  exactly<ReturnType<typeof db.snapshot>, Uint8Array>(true);
}

export function settings(): void {
  breaker({ window: { time: '30s', buckets: 10 }, openFor: { initial: '1s', factor: 2, max: '1m', jitter: 0.2 } });
  breaker({ trialTimeout: { stay: '10s', then: 'closed' }, failureRate: null, state: 'half-open' });
  breaker({ isFailure: (error) => (error instanceof TypeError ? 'ignore' : true) });
  // @ts-expect-error: a window is over calls or over time
  breaker({ window: 100 });
  // @ts-expect-error: no such unit
  breaker({ openFor: '30 fortnights' });
  // @ts-expect-error: no such state
  breaker({ state: 'ajar' });
  // @ts-expect-error: no such option
  breaker({ failureThreshold: 50 });
  // @ts-expect-error: a limiter needs a rate
  limiter({ per: 's' });
  // @ts-expect-error: a bulkhead needs a maximum
  bulkhead({});
  limiter({ rate: 100, per: 's', burst: 20, initial: 0, queue: 10, maxWait: '1s' });
  cycleLimiter({ limit: 100, period: 's' });
}

export async function limits(): Promise<void> {
  const api = limiter({ rate: 100 });
  exactly<typeof api, RateLimiter>(true);
  const got: boolean = api.tryAcquire(5);
  await api.acquire({ cost: 5, timeout: '1s', signal: AbortSignal.timeout(500) });
  const { remaining, retryAfterMs } = api.peek(3);
  exactly<typeof retryAfterMs, number | undefined>(true);
  void [got, remaining];

  const slots: Bulkhead = bulkhead({ max: 8 });
  const permit = slots.tryAcquire();
  exactly<typeof permit, Permit | undefined>(true);
  permit?.release();
  (await slots.acquire()).success();
}

export async function together(): Promise<void> {
  const all = pipe(
    fallback((): User => ({ name: 'nobody' })),
    retry({ attempts: 3, backoff: { initial: '50ms', jitter: 'full' }, budget: { ratio: 0.1 } }),
    timeout('2s'),
    breaker(),
    limiter({ rate: 10 }),
    bulkhead({ max: 2 }),
  );
  const user = await all.call(() => load(1));
  exactly<typeof user, User>(true);
  // @ts-expect-error: a pipeline is made of policies
  pipe(() => 1);
}

export function events(): void {
  const db = new CircuitBreaker();
  const end = db.on('state', ({ from, to }) => exactly<typeof from, typeof to>(true));
  db.once('refused', ({ retryAfterMs }) => exactly<typeof retryAfterMs, number | undefined>(true));
  // @ts-expect-error: no such event
  db.on('opened', () => {});
  end();
}

export function errors(error: unknown): number | undefined {
  if (error instanceof BreakerOpenError) {
    exactly<typeof error.code, string>(true);
    return error.retryAfterMs;
  }
  if (error instanceof RefusedError) exactly<typeof error.reason, Reason>(true);
  return (error as ConfigError).field.length;
}

export function rest(): void {
  exactly<typeof engine, 'native' | 'wasm'>(true);
  const clock = manualClock();
  breaker({ clock, shared: true, name: 'db' });
  breaker({ clock: { now: () => performance.now() } });
  const all = registry({ breaker: { failureRate: 0.5 } });
  exactly<ReturnType<typeof all.breaker>, CircuitBreaker>(true);
}
