// A worker at Cloudflare's edge: gates that all its requests share.

import { breaker, bulkhead, engine, limiter, pipe, retry, timeout } from 'overcurrent';

const db = breaker({ window: { calls: 4 }, minCalls: 4, openFor: '1h' });
const permits = limiter({ rate: 1, per: 'h', burst: 3 });
const paced = limiter({ rate: 10, per: 's', burst: 1 });
const slots = bulkhead({ max: 1 });
const short = pipe(timeout(300));
const again = retry({ attempts: 3, backoff: { initial: 20, jitter: 'none' } });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const pages = {
  '/engine': () => engine,
  '/permit': () => permits.tryAcquire(),
  '/good': () => db.tryCall(async () => 'well'),
  '/bad': () =>
    db
      .tryCall(async () => {
        throw new Error('no');
      })
      .catch((error) => error.message),
  '/state': () => db.state,
  '/wait': () => paced.acquire().then(() => 'in turn'),
  '/slot': () => slots.call(() => sleep(100).then(() => 'alone')),
  '/quick': () => short.call(() => sleep(50).then(() => 'in time')),
  '/hang': () => short.call(() => new Promise(() => {})),
  '/again': async () => {
    let attempts = 0;
    return again.call(async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('not yet');
      return attempts;
    });
  },
  '/queue': () => bulkhead({ max: 1, queue: 1 }).max,
};

export default {
  async fetch(request) {
    try {
      return Response.json({ answer: await pages[new URL(request.url).pathname]() });
    } catch (error) {
      return Response.json({ code: error.code, message: error.message });
    }
  },
};
