// Several gates as one. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_PIPELINE_HPP
#define OVERCURRENT_PIPELINE_HPP

#include <array>
#include <utility>

#include "answer.hpp"

namespace overcurrent {

/// An admitted call of a pipeline, or a refusal. Say how it ended; one that just goes is cancelled in every gate.
template <std::size_t Gates>
class [[nodiscard]] pipeline_permit {
 public:
  explicit pipeline_permit(answer refused) noexcept : answer_(refused) {}
  pipeline_permit(const std::array<oc_gate_t, Gates> &of, const std::array<oc_gate_permit_t, Gates> &given) noexcept
      : of_(&of), given_(given) {}
  pipeline_permit(pipeline_permit &&other) noexcept
      : of_(std::exchange(other.of_, nullptr)), given_(other.given_), answer_(other.answer_) {}
  pipeline_permit &operator=(pipeline_permit &&) = delete;
  ~pipeline_permit() { cancel(); }
  /// Whether the call may be made.
  explicit operator bool() const noexcept { return bool(answer_); }
  /// Which gate refused, why, and for how long.
  const answer &why() const noexcept { return answer_; }
  void leave(outcome how, nanoseconds at) noexcept {
    if (of_ != nullptr)
      oc_pipeline_leave(std::exchange(of_, nullptr)->data(), Gates, given_.data(), static_cast<oc_outcome_t>(how),
                        detail::ns(at));
  }
  void succeed(nanoseconds at) noexcept { leave(outcome::success, at); }
  void fail(nanoseconds at) noexcept { leave(outcome::failure, at); }
  /// A failure whose answer said when to come back: nothing before `until`.
  void fail_and_hold(nanoseconds until, nanoseconds at) noexcept {
    if (of_ != nullptr)
      oc_pipeline_leave_and_hold(std::exchange(of_, nullptr)->data(), Gates, given_.data(), OC_OUTCOME_FAILURE,
                                 detail::ns(until), detail::ns(at));
  }
  void cancel() noexcept {
    if (of_ != nullptr) oc_pipeline_cancel(std::exchange(of_, nullptr)->data(), Gates, given_.data());
  }

 private:
  const std::array<oc_gate_t, Gates> *of_ = nullptr;
  std::array<oc_gate_permit_t, Gates> given_{};
  answer answer_;
};

/// All or nothing: `pipeline both(breaker.gate(), limiter.gate());`. The gates must outlive it.
template <std::size_t Gates>
class pipeline {
 public:
  template <class... Gate>
  explicit pipeline(Gate... gates) noexcept : gates_{gates...} {}
  pipeline(const pipeline &) = delete;
  pipeline &operator=(const pipeline &) = delete;

  pipeline_permit<Gates> enter(std::uint32_t cost, nanoseconds at) noexcept {
    std::array<oc_gate_permit_t, Gates> given{};
    oc_refusal_t refusal;
    const auto status = oc_pipeline_enter(gates_.data(), Gates, cost, detail::ns(at), given.data(), &refusal);
    if (status == OC_OK) return pipeline_permit<Gates>(gates_, given);
    return pipeline_permit<Gates>(answer(status, refusal));
  }
  /// What `enter` would answer, without taking.
  answer judge(std::uint32_t cost, nanoseconds at) const noexcept {
    oc_refusal_t refusal;
    const auto status = oc_pipeline_judge(gates_.data(), Gates, cost, detail::ns(at), &refusal);
    return answer(status, refusal);
  }

 private:
  std::array<oc_gate_t, Gates> gates_;
};
template <class... Gate>
pipeline(Gate...) -> pipeline<sizeof...(Gate)>;

}  // namespace overcurrent

#endif  // OVERCURRENT_PIPELINE_HPP
