export * from './breaker.js';
export { type Clock, ManualClock, manualClock, monotonic } from './clock.js';
export type { Call, CallContext, CallOptions } from './context.js';
export type { Duration, Per } from './duration.js';
export {
  BreakerOpenError,
  BulkheadFullError,
  captureStacks,
  ConfigError,
  OvercurrentError,
  RateLimitedError,
  type Reason,
  RefusedError,
  RetryBudgetError,
  TimeoutError,
} from './errors.js';
export { Permit } from './guard.js';
export * from './limiter.js';
export type { Outcome, OutcomeRules, Verdict } from './outcome.js';
export { Policy, type Tried } from './policy.js';
