// Histories of a limiter, drawn at random, played to the limiter and to exact rational arithmetic.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limiter, manualClock } from 'overcurrent';
import { fc } from './histories.mjs';
import { GcraModel } from './model/limiter.mjs';

const pick = (...values) => fc.constantFrom(...values);

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('try'), n: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), ms: pick(1, 3, 17, 250, 10_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('step back'), ms: pick(1, 30, 2_000) }) },
  ),
  { maxLength: 100 },
);

function play(clock, history, step) {
  history.forEach((one, number) => {
    if (one.do === 'pass') clock.advance(one.ms);
    if (one.do === 'step back') clock.set(clock.now() - one.ms);
    step(one, `after step ${number}, ${JSON.stringify(one)}, at ${clock.now()}`);
  });
}

test('a limiter does what exact arithmetic says, whatever the history', () => {
  const quotas = fc.record({
    rate: fc.integer({ min: 1, max: 50 }),
    perMs: pick(1, 7, 1_000, 60_000),
    burst: fc.integer({ min: 1, max: 8 }),
  });
  const property = fc.property(quotas, fc.nat(), steps, (quota, drawn, history) => {
    const initial = drawn % (quota.burst + 1);
    const clock = manualClock(1_000_000);
    const { rate, perMs, burst } = quota;
    const ours = limiter({ rate, per: perMs, burst, initial, clock });
    // The model begins at the limiter's birth.
    const theirs = new GcraModel({ ...quota, initial, now: clock.now() });
    play(clock, history, (step, at) => {
      const now = clock.now();
      if (step.do === 'try') assert.equal(ours.tryAcquire(step.n), theirs.tryAcquire(step.n, now), at);
      const { remaining, retryAfterMs } = ours.peek(1);
      assert.equal(remaining, theirs.remaining(now), at);
      const wait = theirs.wait(1, now);
      assert.ok(Math.abs(retryAfterMs - wait) < 1e-5, `waits ${retryAfterMs}, the model ${wait}, ${at}`);
    });
  });
  fc.assert(property, { numRuns: 1_500 });
});

test('a clock that steps back behind a time already seen never brings a permit', () => {
  const property = fc.property(steps, (history) => {
    const clock = manualClock(1_000_000);
    const ours = limiter({ rate: 10, per: 's', burst: 5, clock });
    let newest = clock.now();
    let got = Number(ours.tryAcquire());
    play(clock, history, (step, at) => {
      newest = Math.max(newest, clock.now());
      if (step.do === 'try' && ours.tryAcquire(step.n)) got += step.n;
      assert.ok(got <= 5 + (newest - 1_000_000) / 100, at);
    });
  });
  fc.assert(property, { numRuns: 500 });
});
