import { CircuitBreaker } from './breaker.js';
import { Bulkhead } from './bulkhead.js';
import type { Clock } from './clock.js';
import type { Call, Context } from './context.js';
import { ask, current } from './engine.js';
import type { Reason } from './errors.js';
import { Guard } from './guard.js';
import { Judge } from './outcome.js';
import { Policy } from './policy.js';
import { Throttle } from './throttle.js';

/** A gate that the engine can join with others: one that does not wait. */
type Gate = CircuitBreaker | Bulkhead | Throttle;

/** The most gates that the engine joins. */
const MOST = 8;
/** The engine's number of the question which gate refused. */
const WHO = 0;

function isGate(policy: Policy<unknown>): policy is Gate {
  if (policy instanceof CircuitBreaker) return true;
  return (policy instanceof Bulkhead || policy instanceof Throttle) && policy.maxWait === 0;
}

/** However a call ends, nobody learns from it. */
const NOBODY = new Judge({ isFailure: () => false });

/** Gates that stand next to each other: asked together, all or nothing, with one reading of the clock. */
class Joined extends Guard {
  readonly #gates: readonly Gate[];

  constructor(gates: readonly Gate[], clock: Clock) {
    const handles = gates.map((gate) => gate.handle.gate);
    const first = gates.find((gate) => gate instanceof CircuitBreaker);
    super(gates.map((gate) => gate.name).join(' '), current().join(handles, clock), clock, first?.judge ?? NOBODY);
    this.#gates = gates;
  }

  /** @internal */
  override tell(): void {
    for (const gate of this.#gates) if (gate instanceof CircuitBreaker) gate.tell();
  }

  /** @internal */
  override told(reason: Reason, wait: number): void {
    this.#refusing()?.told(reason, wait);
  }

  /** @internal */
  override freed(): void {
    for (const gate of this.#gates) if (gate instanceof Bulkhead) gate.freed();
  }

  #refusing(): Gate | undefined {
    return this.#gates[ask(this.handle, this.clock, WHO, 1)];
  }

  /** @internal */
  protected override lastGate(): string {
    return this.#refusing()?.name ?? this.name;
  }
}

/** The layers of a pipeline: neighbouring gates of one clock are joined. */
function layers(policies: readonly Policy<unknown>[]): Policy<unknown>[] {
  const all: Policy<unknown>[] = [];
  let run: Gate[] = [];
  const close = () => {
    const [first] = run;
    if (first !== undefined) all.push(run.length === 1 ? first : new Joined(run, first.clock));
    run = [];
  };
  for (const policy of policies) {
    if (isGate(policy)) {
      const [first] = run;
      if (run.length === MOST || (first !== undefined && first.clock !== policy.clock)) close();
      run.push(policy);
    } else {
      close();
      all.push(policy);
    }
  }
  close();
  return all;
}

type Run = <T>(fn: Call<T>, context: Context) => Promise<unknown>;

/** What one of the policies may answer instead. */
type Instead<P extends readonly Policy<unknown>[]> = NonNullable<P[number]['instead']>['value'];

/** Several policies as one, the first outermost. */
export class Pipeline<F = never> extends Policy<F> {
  readonly #policies: readonly Policy<unknown>[];
  readonly #run: Run;

  constructor(...policies: readonly Policy<F>[]) {
    super('pipeline');
    for (const policy of policies) {
      if (!(policy instanceof Policy))
        throw new TypeError('a pipeline is made of breakers, limiters, bulkheads, retries, timeouts, fallbacks');
    }
    const flat = policies.flatMap((policy) => (policy instanceof Pipeline ? policy.#policies : [policy]));
    const [innermost, ...outer] = layers(flat).reverse();
    if (innermost === undefined) throw new TypeError('a pipeline needs at least one policy');
    this.#policies = flat;
    this.#run = outer.reduce<Run>(
      (inner, layer) => (fn, context) => layer.run((context) => inner(fn, context as Context), context),
      (fn, context) => innermost.run(fn, context),
    );
  }

  /** What it is made of, the first outermost. */
  get policies(): readonly Policy<unknown>[] {
    return this.#policies;
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T | F> {
    return this.#run(fn, context) as Promise<T | F>;
  }
}

/**
 * Several policies as one, the first outermost. Breakers, limiters and bulkheads that stand next to each other are asked
 * together: all or nothing, and a refusal by one takes nothing from the others.
 *
 * ```js
 * const api = pipe(retry(), timeout('2s'), db, limit, slots);
 * const getUser = api.wrap((id) => fetchUser(id));
 * ```
 */
export function pipe<P extends readonly Policy<unknown>[]>(...policies: P): Pipeline<Instead<P>> {
  return new Pipeline(...(policies as readonly Policy<Instead<P>>[]));
}
