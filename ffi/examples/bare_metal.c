/* For a chip: a log limiter that an interrupt handler shares with main, a breaker for a sensor bus, both in four bytes.
 * Runs on a host too, where main plays the tick counter.
 *
 *   arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -DOC_NARROW -c bare_metal.c        (link with libovercurrent.a) */
#include <overcurrent.h>

static volatile uint32_t ticks = 0xfffffff0u; /* 1 ms each; about to wrap */

static const oc_quota32_t log_quota = OC_RATE32(5, 1000, 3); /* in flash: 5 lines a second, 3 at once */
static oc_limiter32_t log_lines;                             /* in .bss */

static const oc_tiny_policy32_t bus_policy = OC_TINY_POLICY32(8, 3, 50000, 2000, 1, 500);
static oc_tiny_breaker32_t bus;

static unsigned lines, reads;

/* From main and from interrupt handlers: the same call. */
void log_line(const char *text) {
  if (oc_limiter32_try_acquire(&log_lines, &log_quota, 1, ticks, NULL) == OC_OK) {
    (void)text; /* to the serial port */
    lines++;
  }
}

static int sensor_answers(void) { return 0; } /* a dead one */

void poll_sensor(void) {
  oc_permit32_t permit;
  if (oc_tiny_breaker32_enter(&bus, &bus_policy, ticks, &permit, NULL) != OC_OK)
    return; /* dead: do not spend the loop's time on it */
  reads++;
  oc_tiny_breaker32_leave(&bus, &bus_policy, &permit, sensor_answers() ? OC_OUTCOME_SUCCESS : OC_OUTCOME_FAILURE, ticks);
}

int main(void) {
  uint32_t i;
  for (i = 0; i < 1000; i++) { /* a second of polls */
    poll_sensor();
    log_line("no answer");
    ticks++;
  }
  return reads == 3 && lines == 7 ? 0 : 1;
}
