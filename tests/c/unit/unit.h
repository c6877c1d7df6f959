#ifndef UNIT_H
#define UNIT_H
#include "../check.h"
#include <overcurrent.h>
#include <string.h>

/* Each checks its part of the interface, or ends the program. */
void settings(void);
void limiters(void);
void breakers(void);
void tiny_breakers(void);
void gates(void);
void retries(void);
void events(void);

/* What the parts share: settings that the compiler computes. */
static const oc_quota_t quota = OC_RATE(3, OC_SECOND, 3);
static const oc_policy_t calls_policy = OC_POLICY_CALLS(40, 2, 50000, 30 * OC_SECOND, 3);
static const oc_policy_t time_policy = OC_POLICY_TIME(OC_SECOND, 10, 2, 50000, 30 * OC_SECOND, 3);
static const oc_tiny_policy_t tiny_policy = OC_TINY_POLICY(20, 2, 50000, 30 * OC_SECOND, 3);
static const oc_tiny_policy32_t tiny_policy32 = OC_TINY_POLICY32(16, 2, 50000, 5000, 3, 60000);
#endif
