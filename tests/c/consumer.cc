// The C++ wrapper, used as a program would.
#include <overcurrent.hpp>

#include "check.h"

namespace oc = overcurrent;
using namespace std::chrono_literals;

static constexpr oc_quota_t quota = OC_RATE(100, OC_SECOND, 2);
static constexpr oc_policy_t by_time = OC_POLICY_TIME(OC_SECOND, 10, 2, 50000, 30 * OC_SECOND, 1);
static constexpr oc_policy_t by_calls = OC_POLICY_CALLS(40, 2, 50000, 30 * OC_SECOND, 1);
static oc::limiter limiter(quota);
static oc::calls_breaker<40> breaker(by_calls);

int main() {
  CHECK(oc::now() > 0ns);
  CHECK(limiter.try_acquire(2, 1s) && !limiter.try_acquire(1, 1s));
  CHECK(limiter.try_acquire(1, 1s).retry_after() == std::chrono::nanoseconds(10ms));
  CHECK(!limiter.try_acquire(3, 1s).retry_after());
  auto promise = limiter.reserve(1, 1s, 1s);
  CHECK(promise && limiter.cancel(*promise));

  CHECK(breaker.fits());
  for (int i = 0; i < 2; i++) {
    auto permit = breaker.enter(1s);
    CHECK(permit);
    permit.fail(1s);
  }
  CHECK(breaker.state(1s) == oc::state::open);
  auto refused = breaker.enter(2s);
  CHECK(!refused && refused.why().reason() == OC_BREAKER_OPEN && *refused.why().retry_after() <= 30s);
  {
    auto trial = breaker.enter(32s);
    CHECK(trial && !breaker.enter(32s));
  }  // gone without a word: the trial is free again
  breaker.enter(32s).succeed(32s);
  CHECK(breaker.state(32s) == oc::state::closed);

  oc::time_breaker<10> timed(by_time);
  CHECK(timed.fits() && timed.transition(oc::state::forced_open, 1s) && !timed.enter(1s));
  timed.reset(1s);
  CHECK(timed.metrics(1s).calls == 0);

  oc::bulkhead bulkhead(1);
  {
    auto slot = bulkhead.enter();
    CHECK(slot && !bulkhead.enter());
    auto moved = std::move(slot);
    CHECK(moved && bulkhead.in_flight() == 1);
  }
  CHECK(bulkhead.in_flight() == 0);

  oc::config_error why;
  CHECK(oc::rate(7, 1s, 7) && !oc::rate(0, 1s, 7, &why) && why.field == "permits");
  puts("C++ wrapper: all checks passed");
}
