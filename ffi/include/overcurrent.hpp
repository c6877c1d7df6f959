// overcurrent for C++17: permits that give themselves back, std::chrono, no exceptions, no allocation.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A thin layer over overcurrent.h, which documents every operation: units, errors, thread- and interrupt-safety. States here
// are neither copied nor moved; the policy or quota that one was made with must outlive it. Time is std::chrono::nanoseconds
// of any monotonic clock: `now()` reads std::chrono::steady_clock for those who have no other. The 32-bit forms of small chips
// are C only.
#ifndef OVERCURRENT_HPP
#define OVERCURRENT_HPP

#include "overcurrent/answer.hpp"
#include "overcurrent/breaker.hpp"
#include "overcurrent/bulkhead.hpp"
#include "overcurrent/events.hpp"
#include "overcurrent/limiter.hpp"
#include "overcurrent/pipeline.hpp"
#include "overcurrent/retry.hpp"
#include "overcurrent/tiny_breaker.hpp"

#endif  // OVERCURRENT_HPP
