// overcurrent for C++17: permits that give themselves back, std::chrono, no exceptions, no allocation.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A thin layer over overcurrent.h, which documents every operation. States here are neither copied nor moved; the policy
// or quota that one was made with must outlive it. Time is std::chrono::nanoseconds of any monotonic clock: `now()` reads
// std::chrono::steady_clock for those who have no other.
#ifndef OVERCURRENT_HPP
#define OVERCURRENT_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "overcurrent.h"

namespace overcurrent {

using nanoseconds = std::chrono::nanoseconds;

/// The present on the steady clock.
inline nanoseconds now() noexcept {
  return std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

namespace detail {
inline std::uint64_t ns(nanoseconds time) noexcept {
  return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}
inline std::optional<nanoseconds> wait(std::uint64_t ns) noexcept {
  if (ns == OC_NEVER) return std::nullopt;
  return nanoseconds(static_cast<std::int64_t>(ns > INT64_MAX ? INT64_MAX : ns));
}
}  // namespace detail

enum class outcome : std::int32_t {
  success = OC_OUTCOME_SUCCESS,
  failure = OC_OUTCOME_FAILURE,
  ignored = OC_OUTCOME_IGNORED,
};

enum class state : std::int32_t {
  closed = OC_STATE_CLOSED,
  open = OC_STATE_OPEN,
  half_open = OC_STATE_HALF_OPEN,
  disabled = OC_STATE_DISABLED,
  forced_open = OC_STATE_FORCED_OPEN,
  metrics_only = OC_STATE_METRICS_ONLY,
};

/// Why a call was refused; in a yes, `reason` is OC_OK.
class [[nodiscard]] answer {
 public:
  constexpr answer() noexcept = default;
  explicit answer(oc_status_t reason, std::uint64_t retry_after_ns = OC_NEVER) noexcept
      : reason_(reason), retry_after_ns_(retry_after_ns) {}
  constexpr explicit operator bool() const noexcept { return reason_ == OC_OK; }
  constexpr oc_status_t reason() const noexcept { return reason_; }
  /// The wait after which to ask again; none when time alone will not help.
  std::optional<nanoseconds> retry_after() const noexcept { return detail::wait(retry_after_ns_); }

 private:
  oc_status_t reason_ = OC_OK;
  std::uint64_t retry_after_ns_ = 0;
};

/// A setting that was refused.
struct config_error {
  std::string_view field;
  std::uint64_t value = 0, min = 0, max = 0;
};

/// A checked quota. Use OC_RATE for one that the compiler computes.
inline std::optional<oc_quota_t> rate(std::uint64_t permits, nanoseconds per, std::uint64_t burst,
                                      config_error *why = nullptr) noexcept {
  oc_quota_t quota{};
  oc_error_t error{};
  if (oc_quota_init(&quota, permits, detail::ns(per), burst, burst, &error) == OC_OK) return quota;
  if (why != nullptr) *why = {std::string_view(error.field, error.field_length), error.value, error.min, error.max};
  return std::nullopt;
}

/// A checked policy. Use OC_POLICY_CALLS or OC_POLICY_TIME for one that the compiler computes.
inline std::optional<oc_policy_t> policy(const oc_breaker_config_t &config, config_error *why = nullptr) noexcept {
  oc_policy_t policy{};
  oc_error_t error{};
  if (oc_policy_init(&policy, &config, &error) == OC_OK) return policy;
  if (why != nullptr && error.field != nullptr)
    *why = {std::string_view(error.field, error.field_length), error.value, error.min, error.max};
  return std::nullopt;
}

class limiter {
 public:
  explicit limiter(const oc_quota_t &quota) noexcept : quota_(&quota) {}
  limiter(const limiter &) = delete;
  limiter &operator=(const limiter &) = delete;

  answer try_acquire(std::uint32_t n, nanoseconds at) noexcept {
    oc_refusal_t refusal;
    const auto status = oc_limiter_try_acquire(&word_, quota_, n, detail::ns(at), &refusal);
    return status == OC_OK ? answer() : answer(status, status > 0 ? refusal.retry_after_ns : OC_NEVER);
  }
  /// Permits with the wait before their use, or none if that would be longer than `max_wait`.
  std::optional<oc_reservation_t> reserve(std::uint32_t n, nanoseconds max_wait, nanoseconds at) noexcept {
    oc_reservation_t promise;
    if (oc_limiter_reserve(&word_, quota_, n, detail::ns(max_wait), detail::ns(at), &promise, nullptr) != OC_OK)
      return std::nullopt;
    return promise;
  }
  bool cancel(const oc_reservation_t &promise) noexcept { return oc_limiter_cancel(&word_, &promise) == OC_OK; }
  std::uint32_t acquire_up_to(std::uint32_t n, nanoseconds at) noexcept {
    return oc_limiter_acquire_up_to(&word_, quota_, n, detail::ns(at));
  }
  oc_peek_t peek(std::uint32_t n, nanoseconds at) noexcept {
    oc_peek_t seen{};
    oc_limiter_peek(&word_, quota_, n, detail::ns(at), &seen);
    return seen;
  }
  void drain(nanoseconds at) noexcept { oc_limiter_drain(&word_, quota_, detail::ns(at)); }
  void penalize_until(nanoseconds until, nanoseconds at) noexcept {
    oc_limiter_penalize_until(&word_, quota_, detail::ns(until), detail::ns(at));
  }
  oc_gate_t gate() noexcept { return OC_LIMITER_GATE(&word_, quota_); }

 private:
  oc_limiter_t word_ = OC_LIMITER_INIT;
  const oc_quota_t *quota_;
};

/// A slot of a bulkhead, given back when it goes.
class [[nodiscard]] slot {
 public:
  slot() noexcept = default;
  explicit slot(oc_bulkhead_t *of) noexcept : of_(of) {}
  slot(slot &&other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
  slot &operator=(slot &&other) noexcept {
    if (this != &other) {
      leave();
      of_ = std::exchange(other.of_, nullptr);
    }
    return *this;
  }
  ~slot() { leave(); }
  explicit operator bool() const noexcept { return of_ != nullptr; }
  void leave() noexcept {
    if (of_ != nullptr) oc_bulkhead_leave(std::exchange(of_, nullptr));
  }

 private:
  oc_bulkhead_t *of_ = nullptr;
};

class bulkhead {
 public:
  explicit bulkhead(std::uint32_t max) noexcept { oc_bulkhead_init(&word_, max, nullptr); }
  bulkhead(const bulkhead &) = delete;
  bulkhead &operator=(const bulkhead &) = delete;
  slot enter() noexcept { return oc_bulkhead_enter(&word_) == OC_OK ? slot(&word_) : slot(); }
  std::uint32_t in_flight() noexcept { return oc_bulkhead_in_flight(&word_); }
  oc_gate_t gate() noexcept { return OC_BULKHEAD_GATE(&word_); }

 private:
  oc_bulkhead_t word_ = {0};
};

/// An admitted call, or a refusal. Say how it ended with `succeed`, `fail` or `leave`; one that just goes is cancelled.
class [[nodiscard]] permit {
 public:
  explicit permit(answer refused) noexcept : answer_(refused) {}
  permit(const oc_breaker_t &of, const oc_permit_t &given) noexcept : of_(&of), given_(given) {}
  permit(permit &&other) noexcept
      : of_(std::exchange(other.of_, nullptr)), given_(other.given_), answer_(other.answer_) {}
  permit &operator=(permit &&) = delete;
  ~permit() { cancel(); }
  /// Whether the call may be made.
  explicit operator bool() const noexcept { return bool(answer_); }
  const answer &why() const noexcept { return answer_; }
  void leave(outcome how, nanoseconds at) noexcept {
    if (of_ != nullptr)
      oc_breaker_leave(std::exchange(of_, nullptr), &given_, static_cast<oc_outcome_t>(how), detail::ns(at));
  }
  void succeed(nanoseconds at) noexcept { leave(outcome::success, at); }
  void fail(nanoseconds at) noexcept { leave(outcome::failure, at); }
  /// A failure whose answer said how long to stay away.
  void fail_and_open_for(nanoseconds wait, nanoseconds at) noexcept {
    if (of_ != nullptr)
      oc_breaker_leave_and_open_for(std::exchange(of_, nullptr), &given_, OC_OUTCOME_FAILURE, detail::ns(wait),
                                    detail::ns(at));
  }
  void cancel() noexcept {
    if (of_ != nullptr) oc_breaker_cancel(std::exchange(of_, nullptr), &given_);
  }

 private:
  const oc_breaker_t *of_ = nullptr;
  oc_permit_t given_{};
  answer answer_;
};

/// A breaker with its memory inside; use calls_breaker or time_breaker.
template <std::size_t Cells>
class breaker {
 public:
  explicit breaker(const oc_policy_t &policy, const oc_journal_t *journal = nullptr, std::uint32_t seed = 0) noexcept
      : self_{&policy, cells_, journal, static_cast<std::uint32_t>(Cells), seed} {}
  breaker(const breaker &) = delete;
  breaker &operator=(const breaker &) = delete;

  /// Whether the policy fits the memory.
  bool fits() const noexcept { return oc_breaker_check(&self_, nullptr) == OC_OK; }
  permit enter(nanoseconds at) noexcept {
    oc_permit_t given;
    oc_refusal_t refusal;
    const auto status = oc_breaker_enter(&self_, detail::ns(at), &given, &refusal);
    if (status == OC_OK) return permit(self_, given);
    return permit(answer(status, status > 0 ? refusal.retry_after_ns : OC_NEVER));
  }
  enum state state(nanoseconds at) const noexcept {
    return static_cast<enum state>(oc_breaker_state(&self_, detail::ns(at)));
  }
  oc_metrics_t metrics(nanoseconds at) const noexcept {
    oc_metrics_t seen{};
    oc_breaker_metrics(&self_, detail::ns(at), &seen);
    return seen;
  }
  bool transition(enum state to, nanoseconds at) noexcept {
    return oc_breaker_transition(&self_, static_cast<oc_state_t>(to), detail::ns(at)) == OC_OK;
  }
  bool open_for(nanoseconds wait, nanoseconds at) noexcept {
    return oc_breaker_open_for(&self_, detail::ns(wait), detail::ns(at)) == OC_OK;
  }
  void reset(nanoseconds at) noexcept { oc_breaker_reset(&self_, detail::ns(at)); }
  oc_gate_t gate() const noexcept { return OC_BREAKER_GATE(&self_); }
  const oc_breaker_t &handle() const noexcept { return self_; }

 private:
  oc_cell_t cells_[Cells] = {};
  oc_breaker_t self_;
};

/// A breaker over up to `Calls` calls.
template <std::size_t Calls>
using calls_breaker = breaker<OC_CALLS_CELLS(Calls)>;
/// A breaker over up to `Buckets` slices of time.
template <std::size_t Buckets>
using time_breaker = breaker<OC_TIME_CELLS(Buckets)>;

}  // namespace overcurrent

#endif  // OVERCURRENT_HPP
