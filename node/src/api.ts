export * from './breaker.js';
export * from './bulkhead.js';
export { type Clock, ManualClock, manualClock, monotonic } from './clock.js';
export type { Call, CallContext, CallOptions } from './context.js';
export * from './cycle.js';
export type { Duration, Per } from './duration.js';
export {
  BreakerOpenError,
  BulkheadFullError,
  ConfigError,
  captureStacks,
  OvercurrentError,
  RateLimitedError,
  type Reason,
  RefusedError,
  TimeoutError,
  TransitionError,
} from './errors.js';
export * from './fallback.js';
export { Permit } from './guard.js';
export * from './limiter.js';
export type { Outcome, OutcomeRules, Verdict } from './outcome.js';
export * from './pipe.js';
export { Policy, type Tried } from './policy.js';
export type { RefusalEvents, RefusedEvent } from './refusals.js';
export * from './registry.js';
export * from './retry.js';
export { type AcquireOptions, Reservation, Throttle, type WaitingOptions } from './throttle.js';
export * from './timeout.js';
