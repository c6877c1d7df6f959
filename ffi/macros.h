
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
    (failure_rate) + OC_REQUIRE((failure_rate) >= 1 && (failure_rate) <= 100000),                           \
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
OC_STATIC_ASSERT(sizeof(oc_status_t) == 4, "oc_status_t");

