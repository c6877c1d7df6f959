// A limit of calls at the same time. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_BULKHEAD_HPP
#define OVERCURRENT_BULKHEAD_HPP

#include <utility>

#include "answer.hpp"

namespace overcurrent {

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
  /// Whether `max` is within its range.
  bool resize(std::uint32_t max) noexcept { return oc_bulkhead_resize(&word_, max) == OC_OK; }
  std::uint32_t in_flight() noexcept { return oc_bulkhead_in_flight(&word_); }
  std::uint32_t available() noexcept { return oc_bulkhead_available(&word_); }
  std::uint32_t max() noexcept { return oc_bulkhead_max(&word_); }
  oc_gate_t gate() noexcept { return OC_BULKHEAD_GATE(&word_); }

 private:
  oc_bulkhead_t word_ = {0};
};

}  // namespace overcurrent

#endif  // OVERCURRENT_BULKHEAD_HPP
