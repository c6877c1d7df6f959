// Trying again: how long to wait, and how often at all. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_RETRY_HPP
#define OVERCURRENT_RETRY_HPP

#include <utility>

#include "answer.hpp"

namespace overcurrent {

enum class jitter : std::uint32_t {
  full = OC_JITTER_FULL,
  equal = OC_JITTER_EQUAL,
  decorrelated = OC_JITTER_DECORRELATED,
  none = OC_JITTER_NONE,
};

/// Checked waits. Use OC_BACKOFF for those that the compiler checks.
inline std::optional<oc_backoff_t> backoff(nanoseconds first, std::uint32_t multiplier_milli, nanoseconds cap = forever,
                                           jitter spread = jitter::full, config_error *why = nullptr) noexcept {
  return detail::checked<oc_backoff_t>(why, [=](oc_backoff_t *made, oc_error_t *error) noexcept {
    return oc_backoff_init(made, detail::ns(first), multiplier_milli, detail::ns(cap), static_cast<std::uint32_t>(spread),
                           error);
  });
}

/// 32 bits that look random, from the time and a seed of this machine's.
inline std::uint32_t random(nanoseconds at, std::uint32_t seed) noexcept { return oc_random(detail::ns(at), seed); }

/// The waits between the attempts of one call.
class delays {
 public:
  explicit delays(const oc_backoff_t &backoff) noexcept : backoff_(&backoff) {}
  /// The wait after one more failure: at least `retry_after`, if somebody said when to come back. None: not again.
  std::optional<nanoseconds> next(std::uint32_t random, nanoseconds retry_after = nanoseconds::zero()) noexcept {
    return detail::wait(oc_delays_next(&self_, backoff_, random, detail::ns(retry_after)));
  }
  /// Failures so far.
  std::uint32_t attempts() const noexcept { return self_.attempt; }

 private:
  oc_delays_t self_ = OC_DELAYS_INIT;
  const oc_backoff_t *backoff_;
};

/// Checked settings of a retry budget. Use OC_RETRY_BUDGET_POLICY for those that the compiler computes.
inline std::optional<oc_retry_budget_policy_t> retry_budget_policy(std::uint32_t ratio_milli, std::uint32_t min_per_second,
                                                                   std::uint32_t cap,
                                                                   config_error *why = nullptr) noexcept {
  return detail::checked<oc_retry_budget_policy_t>(why, [=](oc_retry_budget_policy_t *made, oc_error_t *error) noexcept {
    return oc_retry_budget_policy_init(made, ratio_milli, min_per_second, cap, error);
  });
}

/// A retry that a budget has paid for, or a refusal. Say `spend` when it is made; one that just goes is given back.
class [[nodiscard]] withdrawal {
 public:
  explicit withdrawal(answer refused) noexcept : answer_(refused) {}
  withdrawal(oc_retry_budget_t &of, std::uint64_t taken) noexcept : of_(&of), taken_(taken) {}
  withdrawal(withdrawal &&other) noexcept
      : of_(std::exchange(other.of_, nullptr)), taken_(other.taken_), answer_(other.answer_) {}
  withdrawal &operator=(withdrawal &&) = delete;
  ~withdrawal() { cancel(); }
  /// Whether the retry may be made.
  explicit operator bool() const noexcept { return bool(answer_); }
  const answer &why() const noexcept { return answer_; }
  void spend() noexcept { of_ = nullptr; }
  /// Whether it came back; it does not if something has happened since.
  bool cancel() noexcept {
    return of_ != nullptr && oc_retry_budget_cancel(std::exchange(of_, nullptr), taken_) == OC_OK;
  }

 private:
  oc_retry_budget_t *of_ = nullptr;
  std::uint64_t taken_ = 0;
  answer answer_;
};

/// Retries as a share of the calls: pay in once per call, ask before every retry.
class retry_budget {
 public:
  explicit retry_budget(const oc_retry_budget_policy_t &policy) noexcept : policy_(&policy) {}
  retry_budget(const retry_budget &) = delete;
  retry_budget &operator=(const retry_budget &) = delete;

  withdrawal try_withdraw(nanoseconds at) noexcept {
    std::uint64_t taken = 0;
    oc_refusal_t refusal;
    const auto status = oc_retry_budget_try_withdraw(&word_, policy_, detail::ns(at), &taken, &refusal);
    if (status == OC_OK) return withdrawal(word_, taken);
    return withdrawal(answer(status, refusal));
  }
  void deposit(nanoseconds at) noexcept { oc_retry_budget_deposit(&word_, policy_, detail::ns(at)); }
  std::uint32_t available(nanoseconds at) noexcept {
    return oc_retry_budget_available(&word_, policy_, detail::ns(at));
  }
  oc_gate_t gate() noexcept { return OC_RETRY_BUDGET_GATE(&word_, policy_); }

 private:
  oc_retry_budget_t word_ = OC_RETRY_BUDGET_INIT;
  const oc_retry_budget_policy_t *policy_;
};

}  // namespace overcurrent

#endif  // OVERCURRENT_RETRY_HPP
