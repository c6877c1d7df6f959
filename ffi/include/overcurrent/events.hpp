// What happened, and how often. Part of overcurrent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef OVERCURRENT_EVENTS_HPP
#define OVERCURRENT_EVENTS_HPP

#include "answer.hpp"

namespace overcurrent {

/// The newest `Events` events (a power of two) of the breakers that it is given to.
template <std::size_t Events>
class journal {
 public:
  journal() noexcept = default;
  journal(const journal &) = delete;
  journal &operator=(const journal &) = delete;

  /// The oldest event, if there is one.
  std::optional<oc_event_t> pop() noexcept {
    oc_event_t event;
    if (oc_journal_pop(&self_, &event) != OC_OK) return std::nullopt;
    return event;
  }
  std::uint64_t length() const noexcept { return oc_journal_length(&self_); }
  /// Events that made room for newer ones.
  std::uint64_t dropped() const noexcept { return oc_journal_dropped(&self_); }
  /// Notes the refusal of something other than a breaker.
  void note(const answer &refused, nanoseconds at) noexcept {
    const auto wait = refused.retry_after();
    oc_journal_note_refusal(&self_, refused.reason(), wait ? detail::ns(*wait) : OC_NEVER, detail::ns(at));
  }
  const oc_journal_t &handle() const noexcept { return self_; }

 private:
  static_assert(Events > 0 && (Events & (Events - 1)) == 0, "a journal's size is a power of two");
  oc_cell_t cells_[OC_JOURNAL_HEAD + 4 * Events] = {};
  oc_journal_t self_ = OC_JOURNAL_INIT(cells_);
};

/// Counts refusals, trips and changes of state of the breakers that it is given to.
class counters {
 public:
  counters() noexcept = default;
  counters(const counters &) = delete;
  counters &operator=(const counters &) = delete;

  oc_counts_t get() noexcept {
    oc_counts_t counts{};
    oc_counters_get(&self_, &counts);
    return counts;
  }
  /// Refusals in a breaker's present stay; for counters of one breaker.
  std::uint64_t rejections(const oc_metrics_t &of) noexcept { return oc_counters_rejections(&self_, of.generation); }
  /// Counts the refusal of something other than a breaker with these counters; a yes is not counted.
  void note(const answer &answered) noexcept {
    if (!answered) oc_counters_note_refusal(&self_, answered.reason());
  }
  oc_counters_t &handle() noexcept { return self_; }

 private:
  oc_counters_t self_ = OC_COUNTERS_INIT;
};

}  // namespace overcurrent

#endif  // OVERCURRENT_EVENTS_HPP
