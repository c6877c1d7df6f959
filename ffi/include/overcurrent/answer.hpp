// What gates answer, in the words of C++. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_ANSWER_HPP
#define OVERCURRENT_ANSWER_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "../overcurrent.h"

namespace overcurrent {

using nanoseconds = std::chrono::nanoseconds;

/// The present on the steady clock.
inline nanoseconds now() noexcept {
  return std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

/// As the longest wait of a back-off, as a server's wait: for ever.
inline constexpr nanoseconds forever = nanoseconds::max();

namespace detail {
constexpr std::uint64_t ns(nanoseconds time) noexcept {
  return time.count() < 0 ? 0 : time == forever ? OC_NEVER : static_cast<std::uint64_t>(time.count());
}
constexpr nanoseconds cut(std::uint64_t ns) noexcept {
  return nanoseconds(static_cast<std::int64_t>(ns > INT64_MAX ? INT64_MAX : ns));
}
inline std::optional<nanoseconds> wait(std::uint64_t ns) noexcept {
  if (ns == OC_NEVER) return std::nullopt;
  return cut(ns);
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

/// Its name, the same in every language: `half-open`.
inline std::string_view name(state of) noexcept { return oc_state_name(static_cast<oc_state_t>(of)); }

/// Why a call was refused; in a yes, `reason` is OC_OK.
class [[nodiscard]] answer {
 public:
  constexpr answer() noexcept = default;
  constexpr explicit answer(oc_status_t reason, std::uint64_t retry_after_ns = OC_NEVER, std::uint32_t gate = 0) noexcept
      : reason_(reason), gate_(gate), retry_after_ns_(retry_after_ns) {}
  /// What a function returned and filled in; it fills in only refusals.
  constexpr answer(oc_status_t reason, const oc_refusal_t &refusal) noexcept
      : reason_(reason), gate_(reason > 0 ? refusal.gate : 0),
        retry_after_ns_(reason == OC_OK ? 0 : reason > 0 ? refusal.retry_after_ns : OC_NEVER) {}
  constexpr explicit operator bool() const noexcept { return reason_ == OC_OK; }
  constexpr oc_status_t reason() const noexcept { return reason_; }
  /// The reason's name, the same in every language: `breaker-open`.
  std::string_view name() const noexcept { return oc_status_name(reason_); }
  /// In a pipeline: the number of the gate that refused, from 0.
  constexpr std::uint32_t gate() const noexcept { return gate_; }
  /// The wait after which to ask again; none when time alone will not help.
  std::optional<nanoseconds> retry_after() const noexcept { return detail::wait(retry_after_ns_); }

 private:
  oc_status_t reason_ = OC_OK;
  std::uint32_t gate_ = 0;
  std::uint64_t retry_after_ns_ = 0;
};

/// A setting that was refused.
struct config_error {
  std::string_view field;
  std::uint64_t value = 0, min = 0, max = 0;
};

namespace detail {
/// What `make` made, or nothing, and why.
template <class Made, class Make>
std::optional<Made> checked(config_error *why, Make make) noexcept {
  Made made{};
  oc_error_t error{};
  if (make(&made, &error) == OC_OK) return made;
  if (why != nullptr && error.field != nullptr)
    *why = {std::string_view(error.field, error.field_length), error.value, error.min, error.max};
  return std::nullopt;
}
}  // namespace detail

}  // namespace overcurrent

#endif  // OVERCURRENT_ANSWER_HPP
