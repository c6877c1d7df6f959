// Rate limiters with exact rational time. Times are whole milliseconds.

/**
 * GCRA as its definition says: permits are owed until an instant, kept in units of 1 / rate milliseconds so that every
 * number is whole.
 */
export class GcraModel {
  /** Full again at this instant, in units. */
  #fullAt;

  constructor({ rate, perMs, burst, initial = burst, now }) {
    Object.assign(this, { rate: BigInt(rate), per: BigInt(perMs), burst: BigInt(burst) });
    const missing = this.burst - BigInt(initial);
    this.#fullAt = missing === 0n ? 0n : this.#units(now) + missing * this.per; // nothing owed is nothing at any time
  }

  #units(now) {
    return BigInt(now) * this.rate;
  }

  #base(now) {
    return this.#fullAt > this.#units(now) ? this.#fullAt : this.#units(now);
  }

  /** In units, when so many could be had. */
  #ready(n, now) {
    return this.#base(now) + n * this.per - this.burst * this.per;
  }

  tryAcquire(count, now) {
    const n = BigInt(count);
    if (n > this.burst || this.#ready(n, now) > this.#units(now)) return false;
    this.#fullAt = this.#base(now) + n * this.per;
    return true;
  }

  remaining(now) {
    const owed = this.#base(now) - this.#units(now);
    const left = this.burst * this.per - owed;
    return left > 0n ? Number(left / this.per) : 0;
  }

  /** Milliseconds until so many could be had, as a fraction. */
  wait(count, now) {
    const n = BigInt(count);
    if (n > this.burst) return undefined;
    const left = this.#ready(n, now) - this.#units(now);
    return left > 0n ? Number(left) / Number(this.rate) : 0;
  }
}

/** Permits renewed in fixed cycles; what is promised out of later cycles is a balance below zero. */
export class CycleModel {
  #cycle = 0;
  #balance;

  constructor({ permits, periodMs }) {
    Object.assign(this, { limit: permits, period: periodMs });
    this.#balance = permits;
  }

  #refresh(now) {
    const cycle = Math.floor(now / this.period);
    if (cycle <= this.#cycle) return; // a clock that stepped back renews nothing
    this.#balance = Math.min(this.#balance + (cycle - this.#cycle) * this.limit, this.limit);
    this.#cycle = cycle;
  }

  tryAcquire(n, now) {
    this.#refresh(now);
    if (this.#balance < n) return false;
    this.#balance -= n;
    return true;
  }
}
