// Histories of calls, drawn at random, played to a breaker and to a model that anybody can read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaker, manualClock } from 'overcurrent';
import { fc } from './histories.mjs';
import { BreakerModel } from './model/breaker.mjs';

const pick = (...values) => fc.constantFrom(...values);
const upTo = (most) => fc.integer({ min: 1, max: most });

const window = fc.oneof(
  fc.record({ calls: upTo(12) }),
  fc.record({ slice: pick(1, 7, 100), buckets: upTo(5) }), // of one bucket the partial current one is all there is
);

const openFor = fc.oneof(
  pick(1, 5, 40).map((wait) => ({ option: wait, of: () => wait })),
  fc.record({ initial: pick(1, 10), factor: pick(1.5, 2), max: pick(20, 1_000) }).map(({ initial, factor, max }) => ({
    option: { initial, factor, max },
    // Whole milliseconds, cut at every step.
    of(attempt) {
      let wait = initial;
      for (let n = 1; n < attempt; n++) wait = Math.min(max, Math.floor(wait * factor));
      return Math.min(max, wait);
    },
  })),
);

const plans = fc
  .record({
    window,
    minCalls: upTo(8),
    failureRate: pick(undefined, 0.00001, 0.33333, 0.5, 0.66667, 1),
    slow: pick(undefined, undefined, { slowCall: 5, slowRate: 0.5 }, { slowCall: 1, slowRate: 1 }),
    failureCount: pick(0, 0, 3),
    consecutiveFailures: pick(0, 0, 1, 3),
    openFor,
    trialCalls: upTo(5),
    trialMin: upTo(5),
    end: pick('never', 'lease', 'stay to open', 'stay to closed'),
    limit: pick(1, 30, 1_000),
    auto: fc.boolean(),
  })
  .map((drawn) => ({
    ...drawn,
    minCalls: Math.min(drawn.minCalls, drawn.window.calls ?? Infinity),
    failureCount: Math.min(drawn.failureCount, drawn.window.calls ?? Infinity),
    consecutiveFailures: Math.min(drawn.consecutiveFailures, drawn.window.calls ?? Infinity),
    trialMin: Math.min(drawn.trialMin, drawn.trialCalls),
  }));

function options({ window, slow, openFor, end, limit, auto, ...same }) {
  const stay = { stay: limit, then: end === 'stay to open' ? 'open' : 'closed' };
  return {
    ...same,
    ...slow,
    window: window.calls ? window : { time: window.slice * window.buckets, buckets: window.buckets },
    failureRate: same.failureRate ?? null,
    openFor: openFor.option,
    trialTimeout: { never: null, lease: limit }[end] ?? (end === 'never' ? null : stay),
    autoHalfOpen: auto,
  };
}

function model({ window, slow, openFor, end, limit, ...same }, now) {
  const stays = end.startsWith('stay') && { stay: limit, then: end === 'stay to open' ? 'open' : 'closed' };
  const leased = end === 'lease' && { lease: limit };
  return new BreakerModel({ ...same, ...window, ...slow, ...stays, ...leased, openFor: openFor.of }, now);
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant({ do: 'enter' }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('leave'),
        which: fc.nat(),
        how: pick('success', 'failure', 'failure', 'ignored'),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), ms: pick(1, 2, 6, 41, 1_001) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('step back'), ms: pick(1, 10, 500) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('move'),
        to: pick('closed', 'open', 'half-open', 'disabled', 'forced-open', 'metrics-only'),
      }),
    },
  ),
  { maxLength: 80 },
);

const MOVES = {
  closed: 'close',
  open: 'open',
  'half-open': 'halfOpen',
  disabled: 'disable',
  'forced-open': 'forceOpen',
  'metrics-only': 'metricsOnly',
};
const ENDS = { success: 'success', failure: 'failure', ignored: 'release' };

/** The wait of a refusal is over when the next call may pass; for what begins strictly after, a nanosecond later. */
const near = (got, said) => (said === undefined ? got === undefined : got >= said && got <= said + 0.001);

function play(plan, history) {
  const clock = manualClock(100_000);
  const ours = breaker({ ...options(plan), clock });
  const theirs = model(plan, clock.now());
  const permits = [];
  const act = {
    enter() {
      const said = theirs.enter(clock.now());
      if (said.reason === undefined) {
        permits.push([ours.enter(), said]);
        return;
      }
      const explained = ours.explain();
      const matches = (error) =>
        error.code === 'ERR_BREAKER_OPEN' &&
        error.reason === said.reason &&
        near(error.retryAfterMs, said.retryAfterMs);
      assert.throws(() => ours.enter(), matches, `${JSON.stringify(said)}, ${JSON.stringify(explained)}`);
    },
    leave({ which, how }) {
      if (permits.length === 0) return;
      const [[permit, ticket]] = permits.splice(which % permits.length, 1);
      permit[ENDS[how]]();
      theirs.leave(ticket, how, clock.now());
      permit.failure(); // once is enough
    },
    pass: ({ ms }) => clock.advance(ms),
    'step back': ({ ms }) => clock.set(clock.now() - ms),
    move({ to }) {
      if (theirs.move(to, clock.now())) ours[MOVES[to]]();
      else assert.throws(() => ours[MOVES[to]](), /cannot go from/);
    },
  };
  history.forEach((step, number) => {
    const at = () => `after step ${number}, ${JSON.stringify(step)}, at ${clock.now()}`;
    act[step.do](step);
    const seen = ours.metrics();
    theirs.settle(clock.now());
    assert.equal(seen.state, theirs.state, at());
    const { calls, failed, slow } = seen;
    assert.deepEqual({ calls, failed, slow }, theirs.totals(clock.now()), at());
  });
}

test('a breaker does what the model says, whatever the history', () => {
  fc.assert(fc.property(plans, steps, play), { numRuns: 1_500 });
});
