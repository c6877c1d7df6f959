import type { Clock } from './clock.js';
import type { Call, Context } from './context.js';
import { type Duration, durationOr } from './duration.js';
import { ask, create, current, delay, type Handle, KIND } from './engine.js';
import { RefusedError } from './errors.js';
import { Policy } from './policy.js';
import { callable, common, fraction, known, oneOf, whole } from './settings.js';
import { sleep } from './sleep.js';
import { invoke } from './throttle.js';

/** How the waits between attempts are spread, so that callers who failed together do not come back together. */
export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated';

const JITTERS: readonly Jitter[] = ['none', 'full', 'equal', 'decorrelated'];

/** The waits between attempts. */
export interface BackoffOptions {
  /** The first. 100 ms. */
  initial?: Duration | undefined;
  /** How much longer each is than the one before. 2. */
  factor?: number | undefined;
  /** The longest. 30 s. */
  max?: Duration | undefined;
  /** `'full'`: anything from nothing to the whole wait. */
  jitter?: Jitter | undefined;
}

/** How many retries there may be, as a share of the calls. */
export interface BudgetOptions {
  /** Retries that each call pays for, 0 to 1. 0.2. */
  ratio?: number | undefined;
  /** Retries that time pays for, a second. 10. */
  minPerSecond?: number | undefined;
  /** The most that can be saved up. 100. */
  cap?: number | undefined;
  /** Where the time comes from. The engine's monotonic clock. */
  clock?: Clock | undefined;
}

/** The engine's numbers of what a budget can be asked. */
const OP = { deposit: 0, withdraw: 1, available: 2 } as const;

/** A budget that several retries can share: a sick server is not drowned in second attempts. */
export class RetryBudget {
  readonly #handle: Handle;
  readonly #clock: Clock;

  constructor(options: BudgetOptions = {}) {
    known('budget', options, ['ratio', 'minPerSecond', 'cap', 'clock']);
    common(options);
    this.#clock = options.clock ?? current().clock;
    const row = [
      fraction('budget.ratio', options.ratio ?? 0.2, 0),
      whole('budget.minPerSecond', options.minPerSecond ?? 10),
      whole('budget.cap', options.cap ?? 100),
    ];
    this.#handle = create<Handle>(KIND.budget, row, this.#clock);
  }

  /** Counts a call that may earn a retry. */
  deposit(): void {
    ask(this.#handle, this.#clock, OP.deposit);
  }

  /** Takes one retry, if there is one. */
  tryWithdraw(): boolean {
    return ask(this.#handle, this.#clock, OP.withdraw) === 0;
  }

  /** How many retries there are. */
  get available(): number {
    return ask(this.#handle, this.#clock, OP.available);
  }
}

/** Everything that can be said about a retry. */
export interface RetryOptions {
  /** The most calls, the first one among them. 3. */
  attempts?: number | undefined;
  /** The waits between them. */
  backoff?: BackoffOptions | undefined;
  /** How many retries there may be; one budget can serve several retries. No limit. */
  budget?: RetryBudget | BudgetOptions | undefined;
  /** Whether an error is worth another attempt. Without this rule every error is, but refusals of gates. */
  retryIf?: ((error: unknown) => boolean) | undefined;
  /** Whether an error's `retryAfterMs` is waited for where it is longer than the back-off. `true`. */
  retryAfter?: boolean | undefined;
  /** Where the time comes from: the runtime's timers, or a manual clock. */
  clock?: Clock | undefined;
}

/** Makes a call again while it fails, a limited number of times. Rejects with what the last attempt brought. */
export class Retry extends Policy {
  readonly #attempts: number;
  readonly #backoff: readonly [number, number, number, number];
  readonly #budget: RetryBudget | undefined;
  readonly #retryIf: (error: unknown) => boolean;
  readonly #retryAfter: boolean;
  readonly #clock: Clock;

  constructor(options: RetryOptions = {}) {
    super('retry');
    known('retry', options, ['attempts', 'backoff', 'budget', 'retryIf', 'retryAfter', 'clock']);
    const { attempts = 3, backoff = {}, budget, retryIf = usual, retryAfter = true, clock } = options;
    common({ clock });
    callable('retryIf', retryIf);
    known('backoff', backoff, ['initial', 'factor', 'max', 'jitter']);
    this.#attempts = Math.max(whole('attempts', attempts), 1);
    this.#backoff = [
      durationOr('backoff.initial', backoff.initial, 100),
      backoff.factor ?? 2,
      durationOr('backoff.max', backoff.max, 30_000),
      oneOf('backoff.jitter', backoff.jitter ?? 'full', JITTERS),
    ];
    delay(...this.#backoff, 1, 0, NaN); // says what is wrong with it, now
    this.#budget = budget === undefined || budget instanceof RetryBudget ? budget : new RetryBudget(budget);
    this.#retryIf = retryIf;
    this.#retryAfter = retryAfter;
    this.#clock = clock ?? current().clock;
  }

  /** @internal */
  override run<T>(fn: Call<T>, context: Context): Promise<T> {
    this.#budget?.deposit();
    return this.#attempt(fn, context, 1);
  }

  #attempt<T>(fn: Call<T>, context: Context, attempt: number): Promise<T> {
    const answer = invoke(fn, attempt === 1 ? context : context.again(attempt));
    if (attempt === this.#attempts) return answer;
    return answer.then(undefined, (error: unknown) => this.#again(fn, context, attempt, error));
  }

  #again<T>(fn: Call<T>, context: Context, attempt: number, error: unknown): Promise<T> {
    if (context.ended || !this.#retryIf(error) || this.#budget?.tryWithdraw() === false) return Promise.reject(error);
    return sleep(this.#clock, this.#wait(attempt, error), context.ends).then(() => {
      if (context.ended) throw context.reason;
      return this.#attempt(fn, context, attempt + 1);
    });
  }

  #wait(attempt: number, error: unknown): number {
    const told =
      this.#retryAfter && typeof error === 'object' && error !== null
        ? (error as { retryAfterMs?: unknown }).retryAfterMs
        : undefined;
    // What is no length of time says nothing: the error is somebody else's.
    return delay(...this.#backoff, attempt, Math.random(), typeof told === 'number' && told >= 0 ? told : NaN);
  }
}

/** A gate that said no would say it again. */
function usual(error: unknown): boolean {
  return !(error instanceof RefusedError);
}

/** A retry: `new Retry(options)`. */
export function retry(options?: RetryOptions): Retry {
  return new Retry(options);
}
