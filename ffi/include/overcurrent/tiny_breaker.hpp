// The circuit breaker in eight bytes. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_TINY_BREAKER_HPP
#define OVERCURRENT_TINY_BREAKER_HPP

#include <array>
#include <utility>

#include "answer.hpp"

namespace overcurrent {

/// A checked policy of a tiny breaker. Use OC_TINY_POLICY for one that the compiler computes.
inline std::optional<oc_tiny_policy_t> tiny_policy(const oc_policy_t &policy, config_error *why = nullptr) noexcept {
  return detail::checked<oc_tiny_policy_t>(why, [&policy](oc_tiny_policy_t *made, oc_error_t *error) noexcept {
    return oc_tiny_policy_init(made, &policy, error);
  });
}

/// An admitted call of a tiny breaker, or a refusal; used like a permit.
class [[nodiscard]] tiny_permit {
 public:
  explicit tiny_permit(answer refused) noexcept : answer_(refused) {}
  tiny_permit(oc_tiny_breaker_t &of, const oc_tiny_policy_t &policy, const oc_permit_t &given) noexcept
      : of_(&of), policy_(&policy), given_(given) {}
  tiny_permit(tiny_permit &&other) noexcept
      : of_(std::exchange(other.of_, nullptr)), policy_(other.policy_), given_(other.given_), answer_(other.answer_) {}
  tiny_permit &operator=(tiny_permit &&) = delete;
  ~tiny_permit() { cancel(); }
  /// Whether the call may be made.
  explicit operator bool() const noexcept { return bool(answer_); }
  const answer &why() const noexcept { return answer_; }
  /// Whether it is one of a half-open breaker's trials.
  bool is_trial() const noexcept { return of_ != nullptr && oc_permit_is_trial(&given_) != 0; }
  void leave(outcome how, nanoseconds at) noexcept {
    if (of_ != nullptr)
      oc_tiny_breaker_leave(std::exchange(of_, nullptr), policy_, &given_, static_cast<oc_outcome_t>(how),
                            detail::ns(at));
  }
  void succeed(nanoseconds at) noexcept { leave(outcome::success, at); }
  void fail(nanoseconds at) noexcept { leave(outcome::failure, at); }
  /// A failure whose answer said how long to stay away.
  void fail_and_open_for(nanoseconds wait, nanoseconds at) noexcept {
    if (of_ != nullptr)
      oc_tiny_breaker_leave_and_open_for(std::exchange(of_, nullptr), policy_, &given_, OC_OUTCOME_FAILURE,
                                         detail::ns(wait), detail::ns(at));
  }
  void cancel() noexcept {
    if (of_ != nullptr) oc_tiny_breaker_cancel(std::exchange(of_, nullptr), policy_, &given_);
  }

 private:
  oc_tiny_breaker_t *of_ = nullptr;
  const oc_tiny_policy_t *policy_ = nullptr;
  oc_permit_t given_{};
  answer answer_;
};

/// The bytes of a tiny breaker over a restart.
using tiny_snapshot = std::array<std::uint8_t, OC_TINY_BREAKER_SNAPSHOT_LENGTH>;

/// A breaker over up to 24 calls.
class tiny_breaker {
 public:
  explicit tiny_breaker(const oc_tiny_policy_t &policy) noexcept : policy_(&policy) {}
  tiny_breaker(const tiny_breaker &) = delete;
  tiny_breaker &operator=(const tiny_breaker &) = delete;

  tiny_permit enter(nanoseconds at) noexcept {
    oc_permit_t given;
    oc_refusal_t refusal;
    const auto status = oc_tiny_breaker_enter(&word_, policy_, detail::ns(at), &given, &refusal);
    if (status == OC_OK) return tiny_permit(word_, *policy_, given);
    return tiny_permit(answer(status, refusal));
  }
  enum state state(nanoseconds at) noexcept {
    return static_cast<enum state>(oc_tiny_breaker_state(&word_, policy_, detail::ns(at)));
  }
  oc_metrics_t metrics(nanoseconds at) noexcept {
    oc_metrics_t seen{};
    oc_tiny_breaker_metrics(&word_, policy_, detail::ns(at), &seen);
    return seen;
  }
  oc_explain_t explain(nanoseconds at) noexcept {
    oc_explain_t seen{};
    oc_tiny_breaker_explain(&word_, policy_, detail::ns(at), &seen);
    return seen;
  }
  bool transition(enum state to, nanoseconds at) noexcept {
    return oc_tiny_breaker_transition(&word_, policy_, static_cast<oc_state_t>(to), detail::ns(at)) == OC_OK;
  }
  bool open_for(nanoseconds wait, nanoseconds at) noexcept {
    return oc_tiny_breaker_open_for(&word_, policy_, detail::ns(wait), detail::ns(at)) == OC_OK;
  }
  void reset(nanoseconds at) noexcept { oc_tiny_breaker_reset(&word_, policy_, detail::ns(at)); }
  tiny_snapshot snapshot(nanoseconds at) noexcept {
    tiny_snapshot bytes{};
    oc_tiny_breaker_snapshot(&word_, policy_, detail::ns(at), bytes.data(), bytes.size());
    return bytes;
  }
  oc_status_t restore(const std::uint8_t *bytes, std::size_t length, nanoseconds off, nanoseconds at) noexcept {
    return oc_tiny_breaker_restore(&word_, policy_, bytes, length, detail::ns(off), detail::ns(at));
  }
  oc_gate_t gate() noexcept { return OC_TINY_BREAKER_GATE(&word_, policy_); }

 private:
  oc_tiny_breaker_t word_ = OC_TINY_BREAKER_INIT;
  const oc_tiny_policy_t *policy_;
};

}  // namespace overcurrent

#endif  // OVERCURRENT_TINY_BREAKER_HPP
