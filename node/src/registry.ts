import { type BreakerMetrics, type BreakerOptions, CircuitBreaker } from './breaker.js';
import { Bulkhead, type BulkheadMetrics, type BulkheadOptions } from './bulkhead.js';
import { CycleLimiter, type CycleLimiterMetrics, type CycleLimiterOptions } from './cycle.js';
import { ConfigError } from './errors.js';
import { type LimiterMetrics, type LimiterOptions, RateLimiter } from './limiter.js';
import { known } from './settings.js';

/** What a registry makes. */
export type RegisteredGate = CircuitBreaker | RateLimiter | CycleLimiter | Bulkhead;

/** Settings that all gates of a kind have unless told otherwise. */
export interface RegistryDefaults {
  breaker?: Omit<BreakerOptions, 'name'> | undefined;
  limiter?: Partial<Omit<LimiterOptions, 'name'>> | undefined;
  cycleLimiter?: Partial<Omit<CycleLimiterOptions, 'name'>> | undefined;
  bulkhead?: Partial<Omit<BulkheadOptions, 'name'>> | undefined;
}

/** The numbers of one gate of a registry. */
export type GateMetrics =
  | ({ readonly kind: 'breaker' } & BreakerMetrics)
  | ({ readonly kind: 'limiter' } & LimiterMetrics)
  | ({ readonly kind: 'cycle-limiter' } & CycleLimiterMetrics)
  | ({ readonly kind: 'bulkhead' } & BulkheadMetrics);

interface Entry {
  readonly gate: RegisteredGate;
  readonly options: Record<string, unknown>;
  readonly metrics: () => GateMetrics;
}

/** Gates by name: the same name, the same gate. */
export class Registry {
  readonly #defaults: RegistryDefaults;
  readonly #entries = new Map<string, Entry>();

  constructor(defaults: RegistryDefaults = {}) {
    known('registry', defaults, ['breaker', 'limiter', 'cycleLimiter', 'bulkhead']);
    this.#defaults = defaults;
  }

  #get<G extends RegisteredGate>(
    kind: new (options: never) => G,
    name: string,
    options: object,
    make: () => [G, () => GateMetrics],
  ): G {
    const given = options as Record<string, unknown>;
    const found = this.#entries.get(name);
    if (found === undefined) {
      const [gate, metrics] = make();
      this.#entries.set(name, { gate, options: given, metrics });
      return gate;
    }
    if (!(found.gate instanceof kind)) throw new ConfigError('name', name, `a name that no other kind of gate has`);
    for (const field of Object.keys(given)) {
      if (!same(given[field], found.options[field])) {
        throw new ConfigError(field, given[field], `what '${name}' was made with: ${String(found.options[field])}`);
      }
    }
    return found.gate;
  }

  /** The breaker of that name, made now if it is not there. */
  breaker(name: string, options: Omit<BreakerOptions, 'name'> = {}): CircuitBreaker {
    return this.#get(CircuitBreaker, name, options, () => {
      const gate = new CircuitBreaker({ ...this.#defaults.breaker, ...options, name });
      return [gate, () => ({ kind: 'breaker', ...gate.metrics() })];
    });
  }

  /** The limiter of that name, made now if it is not there. */
  limiter(name: string, options: Partial<Omit<LimiterOptions, 'name'>> = {}): RateLimiter {
    return this.#get(RateLimiter, name, options, () => {
      const gate = new RateLimiter({ ...this.#defaults.limiter, ...options, name } as LimiterOptions);
      return [gate, () => ({ kind: 'limiter', ...gate.metrics() })];
    });
  }

  /** The cycle limiter of that name, made now if it is not there. */
  cycleLimiter(name: string, options: Partial<Omit<CycleLimiterOptions, 'name'>> = {}): CycleLimiter {
    return this.#get(CycleLimiter, name, options, () => {
      const gate = new CycleLimiter({ ...this.#defaults.cycleLimiter, ...options, name } as CycleLimiterOptions);
      return [gate, () => ({ kind: 'cycle-limiter', ...gate.metrics() })];
    });
  }

  /** The bulkhead of that name, made now if it is not there. */
  bulkhead(name: string, options: Partial<Omit<BulkheadOptions, 'name'>> = {}): Bulkhead {
    return this.#get(Bulkhead, name, options, () => {
      const gate = new Bulkhead({ ...this.#defaults.bulkhead, ...options, name } as BulkheadOptions);
      return [gate, () => ({ kind: 'bulkhead', ...gate.metrics() })];
    });
  }

  /** The gate of that name, of whatever kind. */
  get(name: string): RegisteredGate | undefined {
    return this.#entries.get(name)?.gate;
  }

  /** Forgets the gate of that name; whoever holds it can go on. Whether there was one. */
  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  /** Names and gates, in the order in which they were made. */
  *[Symbol.iterator](): IterableIterator<[string, RegisteredGate]> {
    for (const [name, { gate }] of this.#entries) yield [name, gate];
  }

  /** The numbers of every gate: what an exporter reads. */
  metrics(): GateMetrics[] {
    return Array.from(this.#entries.values(), ({ metrics }) => metrics());
  }
}

/** Whether two options say the same: functions and clocks by identity, plain data by contents. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const get = (object: object, key: string) => (object as Record<string, unknown>)[key];
  return (
    Object.getPrototypeOf(a) === Object.prototype &&
    keys.length === others.length &&
    keys.every((key) => same(get(a, key), get(b, key)))
  );
}

/** A registry: `new Registry(defaults)`. */
export function registry(defaults?: RegistryDefaults): Registry {
  return new Registry(defaults);
}
