/* What every board has: a console, a verdict, a reset, a tick. The firmware is `run` and `on_tick`. */
#ifndef BOARD_H
#define BOARD_H
#include "overcurrent.h"

void say(const char *text);
void tell(const char *name, uint32_t value);
/* Ends the run: QEMU exits with the verdict. */
void finish(int passed);
/* Resets the chip; what is KEPT stays. */
void restart(void);
#define KEPT __attribute__((section(".uninit")))

/* Units of the board's timer since an earlier reading; a reading at 0. Not while there are ticks. */
void start_counting(void);
uint32_t count_since(uint32_t earlier);
/* One tick, that many units from now. */
void tick_after(uint32_t units);
void stop_ticks(void);

void run(void);
void on_tick(void);

#ifdef CRITICAL_HOOKS
/* How often the library asked for a critical section. */
extern volatile uint32_t sections_entered;
#endif

#define TEXT(x) #x
#define LINE(x) TEXT(x)
#define CHECK(c) do { if (!(c)) { say("FAILED " __FILE__ ":" LINE(__LINE__) ": " #c "\n"); finish(0); } } while (0)

#endif
