// Rate limiters. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_LIMITER_HPP
#define OVERCURRENT_LIMITER_HPP

#include <array>

#include "answer.hpp"

namespace overcurrent {

/// A checked quota. Use OC_RATE for one that the compiler computes.
inline std::optional<oc_quota_t> rate(std::uint64_t permits, nanoseconds per, std::uint64_t burst,
                                      config_error *why = nullptr) noexcept {
  return detail::checked<oc_quota_t>(why, [=](oc_quota_t *made, oc_error_t *error) noexcept {
    return oc_quota_init(made, permits, detail::ns(per), burst, burst, error);
  });
}

/// The bytes of a limiter over a restart.
using limiter_snapshot = std::array<std::uint8_t, OC_LIMITER_SNAPSHOT_LENGTH>;

/// A token bucket whose quota stays.
class limiter {
 public:
  explicit limiter(const oc_quota_t &quota) noexcept : quota_(&quota) {}
  limiter(const limiter &) = delete;
  limiter &operator=(const limiter &) = delete;

  answer try_acquire(std::uint32_t n, nanoseconds at) noexcept {
    oc_refusal_t refusal;
    const auto status = oc_limiter_try_acquire(&word_, quota_, n, detail::ns(at), &refusal);
    return answer(status, refusal);
  }
  /// `n` may exceed the burst; it is charged in full.
  answer try_acquire_debt(std::uint32_t n, nanoseconds at) noexcept {
    oc_refusal_t refusal;
    const auto status = oc_limiter_try_acquire_debt(&word_, quota_, n, detail::ns(at), &refusal);
    return answer(status, refusal);
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
  void reset() noexcept { oc_limiter_reset(&word_); }
  limiter_snapshot snapshot(nanoseconds at) noexcept {
    limiter_snapshot bytes{};
    oc_limiter_snapshot(&word_, quota_, detail::ns(at), bytes.data(), bytes.size());
    return bytes;
  }
  oc_status_t restore(const std::uint8_t *bytes, std::size_t length, nanoseconds off, nanoseconds at) noexcept {
    return oc_limiter_restore(&word_, quota_, bytes, length, detail::ns(off), detail::ns(at));
  }
  oc_gate_t gate() noexcept { return OC_LIMITER_GATE(&word_, quota_); }

 private:
  oc_limiter_t word_ = OC_LIMITER_INIT;
  const oc_quota_t *quota_;
};

/// A token bucket whose quota can be replaced while it runs; the quota is copied.
class live_limiter {
 public:
  explicit live_limiter(const oc_quota_t &quota, nanoseconds at = nanoseconds::zero()) noexcept {
    oc_live_limiter_init(&self_, &quota, detail::ns(at));
  }
  live_limiter(const live_limiter &) = delete;
  live_limiter &operator=(const live_limiter &) = delete;

  /// Keeps what was used. `OC_ERR_BUSY` while another thread does the same.
  [[nodiscard]] oc_status_t reconfigure(const oc_quota_t &quota, nanoseconds at) noexcept {
    return oc_live_limiter_reconfigure(&self_, &quota, detail::ns(at));
  }
  oc_quota_t quota() noexcept {
    oc_quota_t seen{};
    oc_live_limiter_quota(&self_, &seen);
    return seen;
  }
  answer try_acquire(std::uint32_t n, nanoseconds at) noexcept {
    oc_refusal_t refusal;
    const auto status = oc_live_limiter_try_acquire(&self_, n, detail::ns(at), &refusal);
    return answer(status, refusal);
  }
  /// `n` may exceed the burst; it is charged in full.
  answer try_acquire_debt(std::uint32_t n, nanoseconds at) noexcept {
    oc_refusal_t refusal;
    const auto status = oc_live_limiter_try_acquire_debt(&self_, n, detail::ns(at), &refusal);
    return answer(status, refusal);
  }
  /// Permits with the wait before their use, or none if that would be longer than `max_wait`.
  std::optional<oc_reservation_t> reserve(std::uint32_t n, nanoseconds max_wait, nanoseconds at) noexcept {
    oc_reservation_t promise;
    if (oc_live_limiter_reserve(&self_, n, detail::ns(max_wait), detail::ns(at), &promise, nullptr) != OC_OK)
      return std::nullopt;
    return promise;
  }
  bool cancel(const oc_reservation_t &promise) noexcept { return oc_live_limiter_cancel(&self_, &promise) == OC_OK; }
  std::uint32_t acquire_up_to(std::uint32_t n, nanoseconds at) noexcept {
    return oc_live_limiter_acquire_up_to(&self_, n, detail::ns(at));
  }
  oc_peek_t peek(std::uint32_t n, nanoseconds at) noexcept {
    oc_peek_t seen{};
    oc_live_limiter_peek(&self_, n, detail::ns(at), &seen);
    return seen;
  }
  void drain(nanoseconds at) noexcept { oc_live_limiter_drain(&self_, detail::ns(at)); }
  void penalize_until(nanoseconds until, nanoseconds at) noexcept {
    oc_live_limiter_penalize_until(&self_, detail::ns(until), detail::ns(at));
  }
  /// `OC_ERR_BUSY` while another thread replaces the quota.
  [[nodiscard]] oc_status_t reset() noexcept { return oc_live_limiter_reset(&self_); }
  limiter_snapshot snapshot(nanoseconds at) noexcept {
    limiter_snapshot bytes{};
    oc_live_limiter_snapshot(&self_, detail::ns(at), bytes.data(), bytes.size());
    return bytes;
  }
  oc_status_t restore(const std::uint8_t *bytes, std::size_t length, nanoseconds off, nanoseconds at) noexcept {
    return oc_live_limiter_restore(&self_, bytes, length, detail::ns(off), detail::ns(at));
  }
  oc_gate_t gate() noexcept { return OC_LIVE_LIMITER_GATE(&self_); }

 private:
  oc_live_limiter_t self_ = {};
};

/// Fixed cycles, each with its own permits.
class cycle_limiter {
 public:
  /// `ready` says whether limit and period were within their ranges; otherwise it refuses everything.
  cycle_limiter(std::uint32_t limit, nanoseconds period, nanoseconds timeout = nanoseconds::zero(),
                bool changes_with_next_cycle = false) noexcept
      : ready_(oc_cycle_init(&self_, limit, detail::ns(period), detail::ns(timeout), changes_with_next_cycle, nullptr) ==
               OC_OK) {}
  cycle_limiter(const cycle_limiter &) = delete;
  cycle_limiter &operator=(const cycle_limiter &) = delete;

  bool ready() const noexcept { return ready_; }
  answer try_acquire(std::uint32_t n, nanoseconds at) noexcept {
    oc_refusal_t refusal;
    const auto status = oc_cycle_try_acquire(&self_, n, detail::ns(at), &refusal);
    return answer(status, refusal);
  }
  /// Permits with the wait before their use, at most the timeout.
  std::optional<oc_reservation_t> reserve(std::uint32_t n, nanoseconds at) noexcept {
    oc_reservation_t promise;
    if (oc_cycle_reserve(&self_, n, detail::ns(at), &promise, nullptr) != OC_OK) return std::nullopt;
    return promise;
  }
  std::optional<oc_reservation_t> reserve_within(std::uint32_t n, nanoseconds max_wait, nanoseconds at) noexcept {
    oc_reservation_t promise;
    if (oc_cycle_reserve_within(&self_, n, detail::ns(max_wait), detail::ns(at), &promise, nullptr) != OC_OK)
      return std::nullopt;
    return promise;
  }
  bool cancel(const oc_reservation_t &promise) noexcept { return oc_cycle_cancel(&self_, &promise) == OC_OK; }
  std::uint64_t drain(nanoseconds at) noexcept { return oc_cycle_drain(&self_, detail::ns(at)); }
  std::int64_t balance(nanoseconds at) noexcept { return oc_cycle_balance(&self_, detail::ns(at)); }
  std::uint32_t limit() noexcept { return oc_cycle_limit(&self_); }
  [[nodiscard]] oc_status_t set_limit(std::uint32_t limit, nanoseconds at) noexcept {
    return oc_cycle_set_limit(&self_, limit, detail::ns(at));
  }
  void set_timeout(nanoseconds timeout) noexcept { oc_cycle_set_timeout(&self_, detail::ns(timeout)); }
  oc_gate_t gate() noexcept { return OC_CYCLE_GATE(&self_); }

 private:
  oc_cycle_t self_ = {};
  bool ready_;
};

}  // namespace overcurrent

#endif  // OVERCURRENT_LIMITER_HPP
