// The circuit breaker as one would write it on an afternoon: a list of outcomes and a string. Times are whole milliseconds.

/** A rate is met when this share or more of the calls were of that kind; in parts per 100,000, as the engine counts. */
const reaches = (part, total, rate) => rate !== undefined && part > 0 && part * 1e5 >= Math.round(rate * 1e5) * total;

export class BreakerModel {
  state = 'closed';
  generation = 0;
  attempts = 0;
  calls = [];
  newest;
  trialWindow = false;
  inARow = 0;
  taken = 0;
  deadline = 0;

  /**
   * plan: { calls } or { slice, buckets } for the window, minCalls, failureRate, slowCall, slowRate, failureCount,
   * consecutiveFailures, openFor (of the n-th trip in a row), trialCalls, trialMin, lease or stay with `then`, auto.
   */
  constructor(plan, now) {
    this.plan = plan;
    this.newest = this.#slice(now);
  }

  #slice(now) {
    return this.plan.slice ? Math.floor(now / this.plan.slice) : 0;
  }

  /** The outcomes that count at this time. */
  seen(now) {
    const { plan } = this;
    if (this.trialWindow) return this.calls.slice(-plan.trialCalls);
    if (!plan.slice) return this.calls.slice(-plan.calls);
    const newest = Math.max(this.newest, this.#slice(now));
    return this.calls.filter((call) => call.slice + plan.buckets > newest);
  }

  totals(now) {
    const seen = this.seen(now);
    const count = (what) => seen.filter(what).length;
    return { calls: seen.length, failed: count((call) => call.failed), slow: count((call) => call.slow) };
  }

  /** A new stay with an empty window. */
  #turn(state, attempts, now) {
    Object.assign(this, { state, attempts, calls: [], newest: this.#slice(now), inARow: 0, taken: 0, deadline: 0 });
    this.trialWindow = state === 'half-open';
    this.generation += 1;
  }

  #halfOpen(now) {
    this.#turn('half-open', this.attempts, now);
    if (this.plan.stay) this.deadline = now + this.plan.stay;
  }

  /** Open keeps the window, and the generation, of the state before. */
  #open(now) {
    this.attempts += 1;
    this.state = 'open';
    this.deadline = now + this.plan.openFor(this.attempts);
  }

  #permits() {
    return Math.max(0, this.plan.trialCalls - this.taken);
  }

  #mustOpen(now) {
    const { plan } = this;
    const { calls, failed, slow } = this.totals(now);
    const rates = reaches(failed, calls, plan.failureRate) || reaches(slow, calls, plan.slowRate);
    return (
      (calls >= plan.minCalls && rates) ||
      (plan.failureCount > 0 && failed >= plan.failureCount) ||
      (plan.consecutiveFailures > 0 && this.inARow >= plan.consecutiveFailures)
    );
  }

  #decideTrials(missing, now) {
    const { calls, failed, slow } = this.totals(now);
    const all = calls + missing;
    const bad = reaches(failed + missing, all, this.plan.failureRate ?? 0.5) || reaches(slow, all, this.plan.slowRate);
    if (bad) this.#open(now);
    else this.#turn('closed', 0, now);
  }

  #complete() {
    return this.totals(0).calls >= this.plan.trialMin;
  }

  /** What time alone has changed. A long chain is cut off: after 64 links what follows happens now. */
  settle(now) {
    for (let link = 0; link < 128; link++) {
      const { plan, state, deadline } = this;
      const at = link < 64 ? deadline : now;
      if (state === 'open' && plan.auto && now >= deadline) this.#halfOpen(at);
      else if (state === 'half-open' && plan.stay && now >= deadline) {
        if (plan.then === 'open') this.#open(at);
        else this.#turn('closed', 0, at);
      } else if (state === 'half-open' && plan.lease && this.#permits() === 0 && now > deadline) {
        this.#decideTrials(plan.trialCalls - this.totals(now).calls, at);
      } else return;
    }
  }

  /** A ticket, or { reason, retryAfterMs }. The wait is to the millisecond at which time is over or past. */
  enter(now) {
    this.settle(now);
    const { plan } = this;
    if (this.state === 'forced-open') return { reason: 'forced-open' };
    if (this.state === 'open' && now <= this.deadline) {
      return { reason: 'breaker-open', retryAfterMs: this.deadline - now };
    }
    if (this.state === 'half-open' && this.#permits() === 0) {
      const ends = plan.stay || plan.lease;
      return { reason: 'trials-taken', ...(ends && { retryAfterMs: this.deadline - now }) };
    }
    const trial = this.state === 'open' || this.state === 'half-open';
    if (trial) {
      if (this.state === 'open') this.#halfOpen(now);
      if (plan.lease && this.#permits() === 1) this.deadline = now + plan.lease;
      this.taken += 1;
    }
    return { generation: this.generation, trial, records: this.state !== 'disabled', entered: now };
  }

  leave(ticket, outcome, now) {
    if (outcome === 'ignored' || !ticket.records) {
      const here = this.state === 'half-open' && ticket.generation === this.generation;
      if (ticket.trial && here) this.taken -= 1;
      return;
    }
    if (ticket.trial) this.settle(now);
    if (ticket.generation !== this.generation) return;
    if (this.state === 'half-open' && this.#complete()) return;
    const failed = outcome === 'failure';
    const slow = this.plan.slowRate !== undefined && Math.max(0, now - ticket.entered) > this.plan.slowCall;
    this.newest = Math.max(this.newest, this.#slice(now));
    this.calls.push({ slice: this.newest, failed, slow });
    this.inARow = failed ? this.inARow + 1 : 0;
    if (this.state === 'closed' && this.#mustOpen(now)) this.#open(now);
    else if (this.state === 'half-open' && this.#complete()) this.#decideTrials(0, now);
  }

  /** By hand; whether the machine has that transition. */
  move(to, now) {
    this.settle(now);
    if (this.state === 'closed' && to === 'half-open') return false;
    if (this.state === 'metrics-only' && (to === 'open' || to === 'half-open')) return false;
    if (to === 'open') this.#open(now);
    else if (to === 'half-open') this.#halfOpen(now);
    else this.#turn(to, to === 'forced-open' ? this.attempts + 1 : 0, now);
    return true;
  }
}
