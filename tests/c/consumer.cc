// The C++ wrapper, used as a program would.
#include <overcurrent.hpp>

#include "check.h"

namespace oc = overcurrent;
using namespace std::chrono_literals;

static constexpr oc_quota_t quota = OC_RATE(100, OC_SECOND, 2);
static constexpr oc_policy_t by_time = OC_POLICY_TIME(OC_SECOND, 10, 2, 50000, 30 * OC_SECOND, 1);
static constexpr oc_policy_t by_calls = OC_POLICY_CALLS(40, 2, 50000, 30 * OC_SECOND, 1);
static constexpr oc_tiny_policy_t few = OC_TINY_POLICY(10, 2, 50000, 30 * OC_SECOND, 1);
static constexpr oc_backoff_t waits = OC_BACKOFF(10 * OC_MILLISECOND, 2000, OC_SECOND, OC_JITTER_NONE);
static constexpr oc_retry_budget_policy_t retries = OC_RETRY_BUDGET_POLICY(500, 0, 2);
static constexpr oc_retry_budget_policy_t plenty = OC_RETRY_BUDGET_POLICY(200, 10, 100);
static oc::limiter limiter(quota);
static oc::calls_breaker<40> breaker(by_calls);

// Nothing here throws.
static constexpr oc::nanoseconds second = 1s;
static_assert(noexcept(limiter.try_acquire(1, second)) && noexcept(breaker.enter(second).fail(second)));
static_assert(noexcept(oc::pipeline(breaker.gate()).enter(1, second)) && noexcept(oc::retry_budget(retries).deposit(second)));

static void limiters() {
  CHECK(oc::now() > 0ns);
  CHECK(limiter.try_acquire(2, 1s) && !limiter.try_acquire(1, 1s));
  CHECK(limiter.try_acquire(1, 1s).retry_after() == std::chrono::nanoseconds(10ms));
  CHECK(!limiter.try_acquire(3, 1s).retry_after() && limiter.try_acquire(3, 1s).name() == "cost-exceeds-burst");
  auto promise = limiter.reserve(1, 1s, 1s);
  CHECK(promise && limiter.cancel(*promise));
  auto saved = limiter.snapshot(1s);
  limiter.reset();
  CHECK(limiter.peek(1, 1s).remaining == 2);
  CHECK(limiter.restore(saved.data(), saved.size(), 0s, 1s) == OC_OK && limiter.acquire_up_to(5, 1s) == 0);
  CHECK(limiter.try_acquire_debt(5, 2s) && !limiter.try_acquire(1, 2s));
  limiter.reset();
  limiter.penalize_until(9s, 8s);
  CHECK(!limiter.try_acquire(1, 8s));
  limiter.drain(10s);
  CHECK(!limiter.try_acquire(1, 10s));

  oc::live_limiter live(quota);
  CHECK(live.try_acquire(2, 1s) && live.try_acquire(1, 1s).reason() == OC_RATE_LIMITED);
  auto wider = oc::rate(100, 1s, 5);
  CHECK(wider && live.reconfigure(*wider, 1s) == OC_OK && live.quota().burst == 5);
  CHECK(live.peek(1, 1s).remaining == 3 && live.acquire_up_to(9, 1s) == 3 && !live.try_acquire(1, 1s));
  promise = live.reserve(1, 1s, 1s);
  CHECK(promise && live.cancel(*promise) && live.try_acquire_debt(50, 2s));
  saved = live.snapshot(2s);
  CHECK(live.reset() == OC_OK && live.try_acquire(5, 2s));
  CHECK(live.restore(saved.data(), saved.size(), 0s, 2s) == OC_OK);
  live.penalize_until(20s, 2s);
  live.drain(30s);
  CHECK(!live.try_acquire(1, 30s));

  oc::cycle_limiter cycle(2, 1s, 1s), broken(0, 1s);
  CHECK(cycle.ready() && !broken.ready() && !broken.try_acquire(1, 0s));
  CHECK(cycle.try_acquire(2, 0s) && cycle.try_acquire(1, 400ms).retry_after() == std::chrono::nanoseconds(600ms));
  promise = cycle.reserve(1, 400ms);
  CHECK(promise && promise->wait_ns == 600000000 && cycle.balance(400ms) == -1 && cycle.cancel(*promise));
  CHECK(!cycle.reserve_within(1, 500ms, 400ms) && cycle.reserve_within(1, 600ms, 400ms)->ready_at_ns == OC_SECOND);
  CHECK(cycle.set_limit(5, 1s) == OC_OK && cycle.limit() == 5 && cycle.drain(3s) == 5);
  cycle.set_timeout(0s);

  oc::config_error why;
  CHECK(oc::rate(7, 1s, 7) && !oc::rate(0, 1s, 7, &why) && why.field == "permits");
}

static void breakers() {
  oc::journal<16> journal;
  oc::counters counters;
  CHECK(breaker.fits());
  for (int i = 0; i < 2; i++) {
    auto permit = breaker.enter(1s);
    CHECK(permit && !permit.is_trial());
    permit.fail(1s);
  }
  CHECK(breaker.state(1s) == oc::state::open && oc::name(breaker.state(1s)) == "open");
  CHECK(breaker.next_deadline(1s) == std::chrono::nanoseconds(31s) && breaker.explain(1s).rule_met == OC_RULE_FAILURE_RATE);
  auto refused = breaker.enter(2s);
  CHECK(!refused && refused.why().reason() == OC_BREAKER_OPEN && *refused.why().retry_after() <= 30s);
  {
    auto trial = breaker.enter(32s);
    CHECK(trial && trial.is_trial() && !breaker.enter(32s));
  }  // gone without a word: the trial is free again
  breaker.enter(32s).succeed(32s);
  CHECK(breaker.state(32s) == oc::state::closed);

  oc::time_breaker<10> timed(by_time, {&journal.handle(), &counters.handle(), 7});
  CHECK(timed.fits() && timed.transition(oc::state::forced_open, 1s) && !timed.enter(1s));
  CHECK(counters.get().refused[OC_FORCED_OPEN] == 1 && counters.rejections(timed.metrics(1s)) == 1);
  counters.note(limiter.try_acquire(100, 1s));
  journal.note(limiter.try_acquire(100, 1s), 1s);
  CHECK(counters.get().refusals == 2 && journal.length() == 3 && journal.dropped() == 0);
  CHECK(journal.pop()->kind == OC_EVENT_TRANSITION && journal.pop()->reason == OC_FORCED_OPEN);
  CHECK(journal.pop()->reason == OC_COST_EXCEEDS_BURST && !journal.pop());
  std::uint8_t page[256];
  auto length = timed.snapshot(page, sizeof page, 1s);
  timed.reset(1s);
  CHECK(timed.metrics(1s).calls == 0 && timed.enter(1s));
  CHECK(length && timed.restore(page, *length, 0s, 1s) == OC_OK && timed.state(1s) == oc::state::forced_open);
  CHECK(timed.open_for(2s, 1s) && timed.enter(3s).why().reason() == OC_BREAKER_OPEN);
  CHECK(!timed.snapshot(page, 5, 1s));

  oc::live_calls_breaker<40> live(by_calls, {nullptr, &counters.handle()});
  oc_breaker_config_t config{};
  config.window_calls = 40;
  config.consecutive_failures = 1;
  auto strict = oc::policy(config);
  CHECK(live.fits() && strict && live.reconfigure(*strict, 1s) == OC_OK && live.policy().consecutive_failures == 1);
  live.enter(1s).fail_and_open_for(5s, 1s);
  CHECK(live.state(2s) == oc::state::open);
  config.window_calls = 400;
  auto longer = oc::policy(config);
  oc::config_error why;
  CHECK(longer && live.reconfigure(*longer, 1s, &why) == OC_ERR_CONFIG && why.value == 400);
  oc::live_time_breaker<10> live_timed(by_time);
  CHECK(live_timed.reconfigure(*strict, 1s) == OC_ERR_CONFIG && live_timed.reconfigure(by_time, 1s) == OC_OK);

  oc::tiny_breaker tiny(few);
  for (int i = 0; i < 2; i++) tiny.enter(1s).fail(1s);
  CHECK(tiny.state(1s) == oc::state::open && !tiny.enter(1s) && tiny.enter(1s).why().name() == "breaker-open");
  auto saved = tiny.snapshot(1s);
  tiny.reset(1s);
  CHECK(tiny.metrics(1s).calls == 0 && tiny.restore(saved.data(), saved.size(), 0s, 0s) == OC_OK);
  CHECK(tiny.state(0s) == oc::state::open && tiny.explain(0s).refusal.reason == OC_BREAKER_OPEN);
  {
    auto trial = tiny.enter(31s);
    CHECK(trial && trial.is_trial() && !tiny.enter(31s));
  }
  tiny.enter(31s).succeed(31s);
  CHECK(tiny.state(31s) == oc::state::closed && tiny.transition(oc::state::disabled, 31s) && tiny.open_for(1s, 31s));
  tiny.reset(31s);
  tiny.enter(31s).fail_and_open_for(9s, 31s);
  CHECK(tiny.state(32s) == oc::state::open && oc::tiny_policy(by_calls) == std::nullopt && oc::tiny_policy(few.policy));
}

static void retry() {
  oc::delays delays(waits);
  CHECK(delays.next(0) == std::chrono::nanoseconds(10ms) && delays.next(0) == std::chrono::nanoseconds(20ms));
  CHECK(delays.next(0, 3s) == std::chrono::nanoseconds(3s) && !delays.next(0, oc::forever) && delays.attempts() == 4);
  auto spread = oc::backoff(10ms, 1500, 1s, oc::jitter::decorrelated);
  oc::config_error why;
  CHECK(spread && !oc::backoff(0ms, 1500, 1s, oc::jitter::full, &why) && why.field == "first");
  oc::delays random(*spread);
  CHECK(*random.next(oc::random(1s, 7)) >= 10ms && oc::random(1s, 7) != oc::random(2s, 7));

  oc::retry_budget budget(retries);
  CHECK(budget.available(1s) == 2);
  {
    auto unused = budget.try_withdraw(1s);
    CHECK(unused && budget.available(1s) == 1);
  }  // not made: it is there again
  CHECK(budget.available(1s) == 2);
  for (int i = 0; i < 2; i++) {
    auto made = budget.try_withdraw(1s);
    CHECK(made);
    made.spend();
  }
  auto refused = budget.try_withdraw(1s);
  CHECK(!refused && refused.why().reason() == OC_RETRY_BUDGET_SPENT && !refused.why().retry_after());
  budget.deposit(1s);
  budget.deposit(1s);
  CHECK(budget.try_withdraw(1s).cancel() && budget.available(1s) == 1);
  CHECK(oc::retry_budget_policy(200, 10, 100) && !oc::retry_budget_policy(1001, 10, 100, &why) && why.field == "ratio");
}

static void together() {
  oc::bulkhead bulkhead(1);
  {
    auto slot = bulkhead.enter();
    CHECK(slot && !bulkhead.enter());
    auto moved = std::move(slot);
    CHECK(moved && bulkhead.in_flight() == 1 && bulkhead.available() == 0);
  }
  CHECK(bulkhead.in_flight() == 0 && bulkhead.resize(3) && bulkhead.max() == 3);

  oc::calls_breaker<40> guard(by_calls);
  oc::limiter fresh(quota);
  oc::live_limiter live(quota);
  oc::retry_budget budget(plenty);
  oc::pipeline gates(guard.gate(), bulkhead.gate(), fresh.gate(), live.gate(), budget.gate());
  gates.enter(1, 1s).succeed(1s);
  CHECK(guard.metrics(1s).calls == 1 && bulkhead.in_flight() == 0 && live.peek(1, 1s).remaining == 1);
  {
    auto dropped = gates.enter(1, 1s);
    CHECK(dropped && bulkhead.in_flight() == 1);
  }
  CHECK(bulkhead.in_flight() == 0 && fresh.peek(1, 1s).remaining == 1);
  gates.enter(1, 1s).fail_and_hold(5s, 1s);
  auto held = gates.judge(1, 2s);
  CHECK(!held && held.gate() == 0 && held.reason() == OC_BREAKER_OPEN && *held.retry_after() > 2s);
  CHECK(gates.enter(1, 2s).why().gate() == 0 && !fresh.try_acquire(1, 4s) && !live.try_acquire(1, 4s));
}

int main() {
  limiters();
  breakers();
  retry();
  together();
  puts("C++ wrapper: all checks passed");
}
