/* Cortex-M under QEMU: semihosting for text and verdict, SysTick for the tick. */
#include "board.h"

extern uint32_t __data, __data_end, __data_load, __bss, __bss_end, __stack;

static int semihost(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
void say(const char *text) { semihost(4, text); }
void finish(int passed) {
    semihost(0x18, (const void *)(passed ? 0x20026 : 0x20023));
    for (;;) {}
}

static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010; /* control, reload, current */
static volatile uint32_t *const interrupts = (volatile uint32_t *)0xE000ED04;

void restart(void) {
    for (;;) interrupts[2] = 0x05FA0004;
}
void start_counting(void) {
    systick[0] = 0;
    systick[1] = 0xffffff;
    systick[2] = 0;
    systick[0] = 5;
}
uint32_t count_since(uint32_t earlier) { return (0xffffff - systick[2] - earlier) & 0xffffff; }
void tick_after(uint32_t units) {
    systick[0] = 0;
    systick[1] = units;
    systick[2] = 0;
    *interrupts = 1u << 25; /* a tick that came due meanwhile */
    systick[0] = 7;
}
void stop_ticks(void) { systick[0] = 0; }

#ifdef CRITICAL_HOOKS
/* What a core without compare-and-swap needs: interrupts off, and as they were. */
volatile uint32_t sections_entered;
uint32_t oc_critical_enter(void);
void oc_critical_exit(uint32_t state);
uint32_t oc_critical_enter(void) {
    uint32_t mask;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(mask) : : "memory");
    sections_entered++;
    return mask;
}
void oc_critical_exit(uint32_t state) { __asm__ volatile("msr primask, %0" : : "r"(state) : "memory"); }
#endif

void reset(void);
void reset(void) {
    uint32_t *from = &__data_load, *to = &__data;
    while (to < &__data_end) *to++ = *from++;
    for (to = &__bss; to < &__bss_end; to++) *to = 0;
    run();
}
static void fault(void) {
    say("FAILED: a fault\n");
    finish(0);
}

__attribute__((section(".vectors"), used)) static const struct {
    void *stack;
    void (*handlers[15])(void);
} vectors = { &__stack, { reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, on_tick } };
