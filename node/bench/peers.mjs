// The libraries people use today, each asked for the same thing, set up so that nothing but what is measured happens.

import { Sema } from 'async-sema';
import Bottleneck from 'bottleneck';
import {
  bulkhead,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { RateLimiter, TokenBucket } from 'limiter';
import Opossum from 'opossum';
import pLimit from 'p-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { work } from './floors.mjs';
import { bench } from './harness.mjs';

const PLENTY = 1e9;

export function limiters() {
  const bucket = new TokenBucket({ bucketSize: PLENTY, tokensPerInterval: PLENTY, interval: 'second' });
  bench('limiter: TokenBucket.tryRemoveTokens', (times) => {
    for (let i = 0; i < times; i++) bucket.tryRemoveTokens(1);
  });
  const limiter = new RateLimiter({ tokensPerInterval: PLENTY, interval: 'second' });
  bench('limiter: RateLimiter.tryRemoveTokens', (times) => {
    for (let i = 0; i < times; i++) limiter.tryRemoveTokens(1);
  });
  const used = new TokenBucket({ bucketSize: 1, tokensPerInterval: 1, interval: 'day' });
  bench('limiter: TokenBucket, refused', (times) => {
    for (let i = 0; i < times; i++) used.tryRemoveTokens(1);
  });
  bench('limiter: await removeTokens', async (times) => {
    for (let i = 0; i < times; i++) await limiter.removeTokens(1);
  });
  const flexible = new RateLimiterMemory({ points: PLENTY, duration: 3600 });
  bench('rate-limiter-flexible: await consume', async (times) => {
    for (let i = 0; i < times; i++) await flexible.consume('key');
  });
}

const fired = () => new Opossum(work, { timeout: false, rollingPercentilesEnabled: false, resetTimeout: 3_600_000 });
const broken = (rule) => circuitBreaker(handleAll, { halfOpenAfter: 3_600_000, breaker: rule });

export function breakers() {
  const plain = fired();
  bench('opossum: fire, no timeout', async (times) => {
    for (let i = 0; i < times; i++) await plain.fire();
  });
  const full = new Opossum(work);
  bench('opossum: fire, defaults', async (times) => {
    for (let i = 0; i < times; i++) await full.fire();
  });
  const consecutive = broken(new ConsecutiveBreaker(5));
  bench('cockatiel: ConsecutiveBreaker', async (times) => {
    for (let i = 0; i < times; i++) await consecutive.execute(work);
  });
  const count = broken(new CountBreaker({ size: 100, threshold: 0.5 }));
  bench('cockatiel: CountBreaker', async (times) => {
    for (let i = 0; i < times; i++) await count.execute(work);
  });
  const sampling = broken(new SamplingBreaker({ threshold: 0.5, duration: 30_000 }));
  bench('cockatiel: SamplingBreaker', async (times) => {
    for (let i = 0; i < times; i++) await sampling.execute(work);
  });
}

export function refusals() {
  const opossum = fired();
  opossum.open();
  bench('opossum: refused', async (times) => {
    for (let i = 0; i < times; i++) {
      try {
        await opossum.fire();
      } catch {}
    }
  });
  const cockatiel = broken(new ConsecutiveBreaker(5));
  cockatiel.isolate();
  bench('cockatiel: refused', async (times) => {
    for (let i = 0; i < times; i++) {
      try {
        await cockatiel.execute(work);
      } catch {}
    }
  });
}

export function pipelines() {
  const all = wrap(
    retry(handleAll, { maxAttempts: 3 }),
    broken(new ConsecutiveBreaker(5)),
    timeout(2_000, TimeoutStrategy.Aggressive),
    bulkhead(8),
  );
  bench('cockatiel: wrap(retry, breaker, timeout, bulkhead)', async (times) => {
    for (let i = 0; i < times; i++) await all.execute(work);
  });
}

export function concurrency() {
  const slots = bulkhead(8);
  bench('cockatiel: bulkhead', async (times) => {
    for (let i = 0; i < times; i++) await slots.execute(work);
  });
  const limit = pLimit(8);
  bench('p-limit: call', async (times) => {
    for (let i = 0; i < times; i++) await limit(work);
  });
  const sema = new Sema(8);
  bench('async-sema: acquire, work, release', async (times) => {
    for (let i = 0; i < times; i++) {
      await sema.acquire();
      await work();
      sema.release();
    }
  });
  // It goes through timers each time: a hundred at once, or the rounds would take minutes.
  const neck = new Bottleneck({ maxConcurrent: 100 });
  const schedule = () => neck.schedule(work);
  const hundred = async (times) => {
    for (let i = 0; i < times; i++) await Promise.all(Array.from({ length: 100 }, schedule));
  };
  bench('bottleneck: schedule, of 100 at once', hundred, 100);
}
