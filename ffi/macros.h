
/* Initialisers: states and settings that the compiler computes, for static storage and flash. */

/* Stops the compiler (a negative array size) unless `condition`; is 0 otherwise. */
#define OC_REQUIRE(condition) (0u * (unsigned)sizeof(char[(condition) ? 1 : -1]))

/* New objects. All zero is as good. */
#define OC_LIMITER32_INIT { 0 }
#define OC_TINY_BREAKER32_INIT { 0 }
/* A bulkhead with room for `max` calls, 0 to 65,535. */
#define OC_BULKHEAD32_INIT(max) { ((uint32_t)(max) << 16) + OC_REQUIRE((max) >= 0 && (max) <= 65535) }
/* A tick counter whose tick lasts that many nanoseconds. */
#define OC_TICKS_INIT(tick_ns) { 0, (tick_ns) }

/* A second, a minute, a millisecond in nanoseconds. */
#define OC_MILLISECOND UINT64_C(1000000)
#define OC_SECOND UINT64_C(1000000000)
#define OC_MINUTE UINT64_C(60000000000)
/* An oc_backoff_t: waits that begin at `first_ns` and grow by `multiplier_milli` / 1000 (1,000: none; then `first_ns` in whole
 * milliseconds) up to `cap_ns` (OC_NEVER: no limit), spread as `jitter`, an OC_JITTER_ constant, says. */
#define OC_BACKOFF(first_ns, multiplier_milli, cap_ns, jitter)                                              \
  { (first_ns) + OC_REQUIRE((first_ns) >= 1 && ((multiplier_milli) == 1000 || (first_ns) % 1000000 == 0)),  \
    (cap_ns) + OC_REQUIRE((cap_ns) >= (first_ns)),                                                          \
    (multiplier_milli) + OC_REQUIRE((multiplier_milli) >= 1000 && (multiplier_milli) <= 1000000),           \
    (jitter) + OC_REQUIRE((jitter) <= 3) }
/* The waits of one call, before the first. All zero is as good. */
#define OC_DELAYS_INIT { 0, 0, 0 }

/* An oc_quota32_t: `permits` per `per` ticks, at most `burst` at one instant. */
#define OC_RATE32(permits, per, burst) OC_RATE32_WAIT(permits, per, burst, 0)
/* The same, with reservations and penalties of up to `max_wait` ticks. */
#define OC_RATE32_WAIT(permits, per, burst, max_wait)                                                      \
  { OC_PRIVATE_STEP(permits, per, burst) + OC_REQUIRE((permits) >= 1 && (permits) <= (per)),                \
    (uint32_t)OC_PRIVATE_WINDOW(permits, per, burst)                                                        \
      + OC_REQUIRE((burst) >= 1 && OC_PRIVATE_WINDOW(permits, per, burst) + (max_wait) <= 0x7ff00000u),     \
    (uint32_t)(OC_PRIVATE_WINDOW(permits, per, burst) + (max_wait) + 0x100000u),                            \
    (max_wait), (burst), (permits), (per) }
#define OC_PRIVATE_STEP(permits, per, burst)                                                                \
  (((uint64_t)(per) << 32) / (permits)                                                                      \
    + (((uint64_t)(per) << 32) % (permits) != 0 && (uint64_t)(burst) * (permits) >> 32 != 0))
#define OC_PRIVATE_WINDOW(permits, per, burst)                                                              \
  (((uint64_t)(burst) * OC_PRIVATE_STEP(permits, per, burst) + 0xffffffffu) >> 32)

/* An oc_tiny_policy32_t: the last `calls` (1 to 19), at least `min_calls` of them, trips at `failure_rate` parts per
 * 100,000, stays open for `open_for` ticks (1 to 8,323,072), then tries `trials` calls (1 to 15), whose results must
 * come within `lease` ticks of the last of them (1 to 2^29). */
#define OC_TINY_POLICY32(calls, min_calls, failure_rate, open_for, trials, lease)                           \
  { (calls) + OC_REQUIRE((calls) >= 1 && (calls) <= 19),                                                    \
    (min_calls) + OC_REQUIRE((min_calls) >= 1 && (min_calls) <= (calls)),                                   \
    255, (trials) + OC_REQUIRE((trials) >= 1 && (trials) <= 15),                                            \
    ((trials) * (failure_rate) + 99999u) / 100000u, OC_PRIVATE_SHIFT(lease),                                \
    (uint32_t)(((uint64_t)(failure_rate) << 21) / 100000u)                                                  \
      + OC_REQUIRE((failure_rate) >= 1 && (failure_rate) <= 100000),                                        \
    (open_for) + OC_REQUIRE((open_for) >= 1 && (open_for) <= 8323072), (open_for) + 0x10000u,               \
    (lease) + OC_REQUIRE((lease) >= 1 && (lease) <= 536870912),                                             \
    ((uint32_t)(lease) >> OC_PRIVATE_SHIFT(lease)) + (0x10000u >> OC_PRIVATE_SHIFT(lease)) + 2u,            \
    (1u << (calls)) - 1u, 0xffffffffu }
#define OC_PRIVATE_FITS(lease, shift) ((uint32_t)(lease) >> (shift) <= 1000u)
#define OC_PRIVATE_SHIFT(lease)                                                                             \
  (OC_PRIVATE_FITS(lease, 6) ? 6 : OC_PRIVATE_FITS(lease, 7) ? 7 : OC_PRIVATE_FITS(lease, 8) ? 8 :          \
   OC_PRIVATE_FITS(lease, 9) ? 9 : OC_PRIVATE_FITS(lease, 10) ? 10 : OC_PRIVATE_FITS(lease, 11) ? 11 :      \
   OC_PRIVATE_FITS(lease, 12) ? 12 : OC_PRIVATE_FITS(lease, 13) ? 13 : OC_PRIVATE_FITS(lease, 14) ? 14 :    \
   OC_PRIVATE_FITS(lease, 15) ? 15 : OC_PRIVATE_FITS(lease, 16) ? 16 : OC_PRIVATE_FITS(lease, 17) ? 17 :    \
   OC_PRIVATE_FITS(lease, 18) ? 18 : OC_PRIVATE_FITS(lease, 19) ? 19 : 20)

#ifdef OC_WIDE
#define OC_LIMITER_INIT { 0 }
#define OC_TINY_BREAKER_INIT { 0 }
#define OC_RETRY_BUDGET_INIT { 0 }
#define OC_CELL_INIT { 0 }
#define OC_LIVE_POLICY_INIT { { 0 } }
#define OC_COUNTERS_INIT { { 0 } }
/* A bulkhead with room for `max` calls, 0 to 2^31 - 1. */
#define OC_BULKHEAD_INIT(max) { ((uint64_t)(max) << 32) + OC_REQUIRE((max) >= 0 && (max) <= 2147483647) }

/* An oc_quota_t: `permits` per `per_ns` nanoseconds, at most `burst` at one instant. For rates that are one permit every
 * whole number of nanoseconds, or at most 4 per period; other rates need oc_quota_init, and the compiler says so. */
#define OC_RATE(permits, per_ns, burst)                                                                     \
  { OC_PRIVATE_TIMES(permits, per_ns), 0,                                                                   \
    1 + OC_REQUIRE((permits) >= 1 && (uint64_t)(permits) <= (uint64_t)(per_ns)                              \
                   && ((uint64_t)(per_ns) % (permits) == 0 || (permits) <= 4)),                             \
    OC_PRIVATE_UNIT(permits, per_ns), OC_PRIVATE_UNIT(permits, per_ns) * (burst),                           \
    (permits), (per_ns),                                                                                    \
    (burst) + OC_REQUIRE((burst) >= 1 && (uint64_t)(burst) <= UINT64_C(0x100000000)                         \
                         && OC_PRIVATE_UNIT(permits, per_ns) <= (UINT64_C(1) << 62) / (burst)),             \
    (burst) }
#define OC_PRIVATE_TIMES(permits, per_ns) ((uint64_t)(per_ns) % (permits) == 0 ? 1u : (uint64_t)(permits))
#define OC_PRIVATE_UNIT(permits, per_ns)                                                                    \
  ((uint64_t)(per_ns) % (permits) == 0 ? (uint64_t)(per_ns) / (permits) : (uint64_t)(per_ns))

/* An oc_live_limiter_t with its first quota, for rates that are one permit every whole number of nanoseconds; others need
 * oc_live_limiter_init. */
#define OC_LIVE_LIMITER_INIT(permits, per_ns, burst)                                                        \
  { OC_REQUIRE((permits) >= 1 && (uint64_t)(permits) <= (uint64_t)(per_ns)                                  \
               && (uint64_t)(per_ns) <= (UINT64_C(1) << 62) && (uint64_t)(per_ns) % (permits) == 0          \
               && (burst) >= 1 && (uint64_t)(burst) <= UINT64_C(0x100000000)                                \
               && (uint64_t)(per_ns) / (permits) <= (UINT64_C(1) << 61) / (burst)),                         \
    OC_PRIVATE_SLOT(permits, per_ns, burst), OC_PRIVATE_SLOT(permits, per_ns, burst), 0, 0 }
#define OC_PRIVATE_SLOT(permits, per_ns, burst)                                                             \
  { 1, 0, (uint64_t)(per_ns) / (permits) * (burst), (uint64_t)(per_ns) / (permits), (permits), (per_ns) }

/* An oc_retry_budget_policy_t: `ratio` thousandths of a retry for each call (0 to 1,000), `min_per_second` retries a second
 * whatever the calls (0 to 1,000,000), at most `cap` saved up (1 to 1,000,000). */
#define OC_RETRY_BUDGET_POLICY(ratio, min_per_second, cap)                                                  \
  { OC_PRIVATE_EDGE(min_per_second) ? OC_PRIVATE_EVEN(min_per_second)                                       \
      : OC_PRIVATE_DIGITS(OC_PRIVATE_REST(min_per_second, 0), OC_PRIVATE_REST(min_per_second, 1)),          \
    OC_PRIVATE_EDGE(min_per_second) ? 0                                                                     \
      : OC_PRIVATE_DIGITS(OC_PRIVATE_REST(min_per_second, 2), OC_PRIVATE_REST(min_per_second, 3))           \
        + (OC_PRIVATE_REST(min_per_second, 4) != 0),                                                        \
    OC_PRIVATE_EDGE(min_per_second),                                                                        \
    (ratio) + OC_REQUIRE((ratio) >= 0 && (ratio) <= 1000),                                                  \
    (uint64_t)(cap) * 1000 + OC_REQUIRE((cap) >= 1 && (cap) <= 1000000),                                    \
    (min_per_second) + OC_REQUIRE((min_per_second) >= 0 && (min_per_second) <= 1000000) }
/* min_per_second / 10^6 as a binary fraction, in digits of 32 bits: what is left after so many of them, and two as one. */
#define OC_PRIVATE_EDGE(rate) ((rate) == 0 || (rate) == 1000000)
#define OC_PRIVATE_EVEN(rate) ((rate) == 0 ? 0u : 1u)
#define OC_PRIVATE_REST(rate, digits) OC_PRIVATE_REST_##digits((uint64_t)(rate))
#define OC_PRIVATE_REST_0(rest) (rest)
#define OC_PRIVATE_REST_1(rest) ((rest) * 967296 % 1000000)
#define OC_PRIVATE_REST_2(rest) OC_PRIVATE_REST_1(OC_PRIVATE_REST_1(rest))
#define OC_PRIVATE_REST_3(rest) OC_PRIVATE_REST_1(OC_PRIVATE_REST_2(rest))
#define OC_PRIVATE_REST_4(rest) OC_PRIVATE_REST_1(OC_PRIVATE_REST_3(rest))
#define OC_PRIVATE_DIGITS(first, second) ((((first) << 32) / 1000000) << 32 | ((second) << 32) / 1000000)

/* Cells of a breaker over the last `calls` calls (or with that many trial calls, if those are more). */
#define OC_CALLS_CELLS(calls) (OC_CALLS_HEAD + ((calls) + 15) / 16)
/* Cells of a breaker over `buckets` slices of time. */
#define OC_TIME_CELLS(buckets) (OC_TIME_HEAD + 2 * (buckets))
/* Cells of a journal of `events` events, a power of two. */
#define OC_JOURNAL_CELLS(events) (OC_JOURNAL_HEAD + 4 * (events) + OC_REQUIRE(((events) & ((events) - 1)) == 0))

/* An oc_breaker_t over an array of cells of its own; with a journal and a seed for jitter; with an oc_live_policy_t for
 * settings that change while it runs. For more than one of these, name the fields. */
#define OC_BREAKER_INIT(policy, cells) { &(policy), (cells), NULL, OC_PRIVATE_COUNT(cells), 0, NULL, NULL }
#define OC_BREAKER_INIT_WITH(policy, cells, journal, seed)                                                  \
  { &(policy), (cells), &(journal), OC_PRIVATE_COUNT(cells), (seed), NULL, NULL }
#define OC_LIVE_BREAKER_INIT(policy, live, cells)                                                           \
  { &(policy), (cells), NULL, OC_PRIVATE_COUNT(cells), 0, &(live), NULL }
/* An oc_journal_t over an array of cells of its own. */
#define OC_JOURNAL_INIT(cells) { (cells), OC_PRIVATE_COUNT(cells), 0 }
#define OC_PRIVATE_COUNT(cells) ((uint32_t)(sizeof(cells) / sizeof((cells)[0])))

/* An oc_policy_t over the last `calls` calls (1 to 32,767): judged from `min_calls` on, trips at `failure_rate` parts per
 * 100,000, stays open for `open_for_ns`, then tries `trials` calls, with a lease of 60 s for their results. Everything
 * else is off: see oc_policy_init. */
#define OC_POLICY_CALLS(calls, min_calls, failure_rate, open_for_ns, trials)                                \
  OC_PRIVATE_POLICY(OC_WINDOW_CALLS + OC_REQUIRE((calls) >= 1 && (calls) <= 32767                           \
                                                 && (min_calls) >= 1 && (min_calls) <= (calls)),            \
    OC_PRIVATE_FIRST_HALF(calls), 0, min_calls, failure_rate, open_for_ns, trials)
/* The same over `buckets` slices (1 to 4,095) of `slice_ns` nanoseconds (1 ms to 24 h). */
#define OC_POLICY_TIME(slice_ns, buckets, min_calls, failure_rate, open_for_ns, trials)                     \
  OC_PRIVATE_POLICY(OC_WINDOW_TIME + OC_REQUIRE((buckets) >= 1 && (buckets) <= 4095 && (min_calls) >= 1     \
                      && (slice_ns) >= 1000000 && (uint64_t)(slice_ns) <= UINT64_C(86400000000000)),        \
    (slice_ns), OC_PRIVATE_FIRST_HALF(buckets), min_calls, failure_rate, open_for_ns, trials)
#define OC_PRIVATE_POLICY(kind, first, second, least, rate, open, trials)                                   \
  { (kind), 0, (first), (second),                                                                           \
    (rate) + OC_REQUIRE((rate) >= 1 && (rate) <= 100000), 0, UINT64_MAX, (least), 0, 0, 0,                  \
    (open) + OC_REQUIRE((open) >= 1), 1000, 0, UINT64_MAX, 0, 0, 0,                                         \
    (trials) + OC_REQUIRE((trials) >= 1 && (trials) <= 32767), (trials), 0,                                 \
    0, 0, UINT64_C(60000000000), 0, 0, 0, { 0, 0, 0, 0, 0, 0, 0 } }
/* Where a 32-bit number lies in a 64-bit field. */
#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define OC_PRIVATE_FIRST_HALF(number) ((uint64_t)(number) << 32)
#else
#define OC_PRIVATE_FIRST_HALF(number) (number)
#endif
/* An oc_tiny_policy_t over the last `calls` calls, 1 to 24, with at most 15 trials. */
#define OC_TINY_POLICY(calls, min_calls, failure_rate, open_for_ns, trials)                                 \
  { OC_POLICY_CALLS(calls, min_calls, failure_rate, open_for_ns, trials),                                   \
    (calls) + OC_REQUIRE((calls) <= 24 && (trials) <= 15), 0 }

/* Gates of a pipeline, from pointers. */
#define OC_LIMITER_GATE(limiter, quota) { OC_GATE_LIMITER, 0, (limiter), (quota) }
#define OC_CYCLE_GATE(cycle) { OC_GATE_CYCLE, 0, (cycle), NULL }
#define OC_BULKHEAD_GATE(bulkhead) { OC_GATE_BULKHEAD, 0, (bulkhead), NULL }
#define OC_BREAKER_GATE(breaker) { OC_GATE_BREAKER, 0, NULL, (breaker) }
#define OC_LIVE_LIMITER_GATE(limiter) { OC_GATE_LIVE_LIMITER, 0, (limiter), NULL }
#define OC_RETRY_BUDGET_GATE(budget, policy) { OC_GATE_RETRY_BUDGET, 0, (budget), (policy) }
#define OC_TINY_BREAKER_GATE(breaker, policy) { OC_GATE_TINY_BREAKER, 0, (breaker), (policy) }
#endif /* OC_WIDE */

/* Sizes are part of the interface. */
#if defined(__cplusplus)
#define OC_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define OC_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define OC_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#else
#define OC_STATIC_ASSERT(condition, text) extern char oc_private_assertion[(condition) ? 1 : -1]
#endif
OC_STATIC_ASSERT(sizeof(oc_limiter32_t) == 4, "oc_limiter32_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_breaker32_t) == 4, "oc_tiny_breaker32_t");
OC_STATIC_ASSERT(sizeof(oc_bulkhead32_t) == 4, "oc_bulkhead32_t");
OC_STATIC_ASSERT(sizeof(oc_quota32_t) == 32, "oc_quota32_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_policy32_t) == 36, "oc_tiny_policy32_t");
OC_STATIC_ASSERT(sizeof(oc_permit32_t) == 4, "oc_permit32_t");
OC_STATIC_ASSERT(sizeof(oc_reservation32_t) == 16, "oc_reservation32_t");
OC_STATIC_ASSERT(sizeof(oc_backoff_t) == 24, "oc_backoff_t");
OC_STATIC_ASSERT(sizeof(oc_delays_t) == 16, "oc_delays_t");
OC_STATIC_ASSERT(sizeof(oc_ticks_t) == 16, "oc_ticks_t");
OC_STATIC_ASSERT(sizeof(oc_status_t) == 4, "oc_status_t");
#ifdef OC_WIDE
OC_STATIC_ASSERT(sizeof(oc_cell_t) == 8, "oc_cell_t");
OC_STATIC_ASSERT(sizeof(oc_limiter_t) == 8, "oc_limiter_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_breaker_t) == 8, "oc_tiny_breaker_t");
OC_STATIC_ASSERT(sizeof(oc_bulkhead_t) == 8, "oc_bulkhead_t");
OC_STATIC_ASSERT(sizeof(oc_cycle_t) == 96, "oc_cycle_t");
OC_STATIC_ASSERT(sizeof(oc_quota_t) == 72, "oc_quota_t");
OC_STATIC_ASSERT(sizeof(oc_policy_t) == 128, "oc_policy_t");
OC_STATIC_ASSERT(sizeof(oc_tiny_policy_t) == 136, "oc_tiny_policy_t");
OC_STATIC_ASSERT(sizeof(oc_permit_t) == 16, "oc_permit_t");
OC_STATIC_ASSERT(sizeof(oc_reservation_t) == 32, "oc_reservation_t");
OC_STATIC_ASSERT(sizeof(oc_live_limiter_t) == 112, "oc_live_limiter_t");
OC_STATIC_ASSERT(sizeof(oc_live_policy_t) == 192, "oc_live_policy_t");
OC_STATIC_ASSERT(sizeof(oc_retry_budget_t) == 8, "oc_retry_budget_t");
OC_STATIC_ASSERT(sizeof(oc_retry_budget_policy_t) == 48, "oc_retry_budget_policy_t");
OC_STATIC_ASSERT(sizeof(oc_counters_t) == 128, "oc_counters_t");
OC_STATIC_ASSERT(sizeof(oc_counts_t) == 160, "oc_counts_t");
OC_STATIC_ASSERT(sizeof(oc_metrics_t) == 32, "oc_metrics_t");
OC_STATIC_ASSERT(sizeof(oc_gate_permit_t) == 32, "oc_gate_permit_t");
#endif

