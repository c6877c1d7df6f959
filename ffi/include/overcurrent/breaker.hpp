// Circuit breakers over calls or over time. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_BREAKER_HPP
#define OVERCURRENT_BREAKER_HPP

#include <utility>

#include "answer.hpp"

namespace overcurrent {

/// A checked policy. Use OC_POLICY_CALLS or OC_POLICY_TIME for one that the compiler computes.
inline std::optional<oc_policy_t> policy(const oc_breaker_config_t &config, config_error *why = nullptr) noexcept {
  return detail::checked<oc_policy_t>(why, [&config](oc_policy_t *made, oc_error_t *error) noexcept {
    return oc_policy_init(made, &config, error);
  });
}

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
  /// Whether it is one of a half-open breaker's trials.
  bool is_trial() const noexcept { return of_ != nullptr && oc_permit_is_trial(&given_) != 0; }
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

/// Who hears of a breaker, and what spreads its jittered waits.
struct breaker_options {
  const oc_journal_t *journal = nullptr;
  oc_counters_t *counters = nullptr;
  std::uint32_t seed = 0;
};

/// A breaker with its memory inside; use calls_breaker or time_breaker.
template <std::size_t Cells>
class breaker {
 public:
  explicit breaker(const oc_policy_t &policy, breaker_options options = {}) noexcept
      : breaker(policy, options, nullptr) {}
  breaker(const breaker &) = delete;
  breaker &operator=(const breaker &) = delete;

  /// Whether the policy fits the memory.
  bool fits() const noexcept { return oc_breaker_check(&self_, nullptr) == OC_OK; }
  permit enter(nanoseconds at) noexcept {
    oc_permit_t given;
    oc_refusal_t refusal;
    const auto status = oc_breaker_enter(&self_, detail::ns(at), &given, &refusal);
    if (status == OC_OK) return permit(self_, given);
    return permit(answer(status, refusal));
  }
  enum state state(nanoseconds at) const noexcept {
    return static_cast<enum state>(oc_breaker_state(&self_, detail::ns(at)));
  }
  oc_metrics_t metrics(nanoseconds at) const noexcept {
    oc_metrics_t seen{};
    oc_breaker_metrics(&self_, detail::ns(at), &seen);
    return seen;
  }
  oc_explain_t explain(nanoseconds at) const noexcept {
    oc_explain_t seen{};
    oc_breaker_explain(&self_, detail::ns(at), &seen);
    return seen;
  }
  /// When something changes by time alone, if nothing is called before.
  std::optional<nanoseconds> next_deadline(nanoseconds at) const noexcept {
    return detail::wait(oc_breaker_next_deadline(&self_, detail::ns(at)));
  }
  bool transition(enum state to, nanoseconds at) noexcept {
    return oc_breaker_transition(&self_, static_cast<oc_state_t>(to), detail::ns(at)) == OC_OK;
  }
  bool open_for(nanoseconds wait, nanoseconds at) noexcept {
    return oc_breaker_open_for(&self_, detail::ns(wait), detail::ns(at)) == OC_OK;
  }
  void reset(nanoseconds at) noexcept { oc_breaker_reset(&self_, detail::ns(at)); }
  /// Writes the state into `bytes` and says how many that were; none if `length` is too short.
  std::optional<std::size_t> snapshot(std::uint8_t *bytes, std::size_t length, nanoseconds at) const noexcept {
    std::size_t written = 0;
    if (oc_breaker_snapshot(&self_, detail::ns(at), bytes, length, &written) != OC_OK) return std::nullopt;
    return written;
  }
  oc_status_t restore(const std::uint8_t *bytes, std::size_t length, nanoseconds off, nanoseconds at) noexcept {
    return oc_breaker_restore(&self_, bytes, length, detail::ns(off), detail::ns(at));
  }
  oc_gate_t gate() const noexcept { return OC_BREAKER_GATE(&self_); }
  const oc_breaker_t &handle() const noexcept { return self_; }

 protected:
  breaker(const oc_policy_t &policy, breaker_options options, oc_live_policy_t *live) noexcept
      : self_{&policy, cells_,          options.journal, static_cast<std::uint32_t>(Cells), options.seed,
              live,    options.counters} {}

 private:
  oc_cell_t cells_[Cells] = {};
  oc_breaker_t self_;
};

/// A breaker whose settings can be replaced while it runs; use live_calls_breaker or live_time_breaker.
template <std::size_t Cells>
class live_breaker : public breaker<Cells> {
 public:
  /// Begins with `policy`, which must outlive it.
  explicit live_breaker(const oc_policy_t &policy, breaker_options options = {}) noexcept
      : breaker<Cells>(policy, options, &live_) {}

  /// Puts a copy of `policy` in force and keeps state and history. `OC_ERR_BUSY` while another thread does the same,
  /// `OC_ERR_CONFIG` if it does not fit the memory.
  [[nodiscard]] oc_status_t reconfigure(const oc_policy_t &policy, nanoseconds at, config_error *why = nullptr) noexcept {
    oc_error_t error{};
    const auto status = oc_breaker_reconfigure(&this->handle(), &policy, detail::ns(at), &error);
    if (status == OC_ERR_CONFIG && why != nullptr)
      *why = {std::string_view(error.field, error.field_length), error.value, error.min, error.max};
    return status;
  }
  /// The settings in force.
  oc_policy_t policy() const noexcept {
    oc_policy_t seen{};
    oc_breaker_policy(&this->handle(), &seen);
    return seen;
  }

 private:
  oc_live_policy_t live_ = OC_LIVE_POLICY_INIT;
};

/// A breaker over up to `Calls` calls.
template <std::size_t Calls>
using calls_breaker = breaker<OC_CALLS_CELLS(Calls)>;
template <std::size_t Calls>
using live_calls_breaker = live_breaker<OC_CALLS_CELLS(Calls)>;
/// A breaker over up to `Buckets` slices of time.
template <std::size_t Buckets>
using time_breaker = breaker<OC_TIME_CELLS(Buckets)>;
template <std::size_t Buckets>
using live_time_breaker = live_breaker<OC_TIME_CELLS(Buckets)>;

}  // namespace overcurrent

#endif  // OVERCURRENT_BREAKER_HPP
