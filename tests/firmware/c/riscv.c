/* RV32 on QEMU's `virt`: a serial port, the test device for the verdict, the machine timer for the tick. */
#include "board.h"

static volatile uint8_t *const serial = (volatile uint8_t *)0x10000000;
static volatile uint32_t *const test = (volatile uint32_t *)0x100000;
static volatile uint32_t *const compare = (volatile uint32_t *)0x02004000;
static volatile uint32_t *const time = (volatile uint32_t *)0x0200BFF8;

__asm__(".section .init,\"ax\"\n"
        ".global _start\n"
        "_start: la sp, __stack\n"
        "la t0, trap\n"
        "csrw mtvec, t0\n"
        "la t0, __bss\n"
        "la t1, __bss_end\n"
        "1: bgeu t0, t1, 2f\n"
        "sw zero, 0(t0)\n"
        "addi t0, t0, 4\n"
        "j 1b\n"
        "2: call run\n"
        ".text\n");

void say(const char *text) {
    while (*text) *serial = (uint8_t)*text++;
}
void finish(int passed) {
    for (;;) *test = passed ? 0x5555 : 0x13333;
}
void restart(void) {
    for (;;) *test = 0x7777;
}
void start_counting(void) {} /* it always does */
uint32_t count_since(uint32_t earlier) { return time[0] - earlier; }
void tick_after(uint32_t units) {
    uint64_t end = ((uint64_t)time[1] << 32 | time[0]) + units;
    compare[0] = UINT32_MAX;
    compare[1] = (uint32_t)(end >> 32);
    compare[0] = (uint32_t)end;
    __asm__ volatile("csrs mie, %0\n csrsi mstatus, 8" : : "r"(0x80) : "memory");
}
void stop_ticks(void) { __asm__ volatile("csrc mie, %0" : : "r"(0x80) : "memory"); }

__attribute__((interrupt("machine"), aligned(4), used)) static void trap(void) {
    uint32_t cause;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    if (cause != 0x80000007) {
        tell("FAILED: a trap ", cause);
        finish(0);
    }
    on_tick();
}

#ifdef CRITICAL_HOOKS
/* What a core without compare-and-swap needs: interrupts off, and as they were. */
volatile uint32_t sections_entered;
uint32_t oc_critical_enter(void);
void oc_critical_exit(uint32_t state);
uint32_t oc_critical_enter(void) {
    uint32_t before;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(before) : : "memory");
    sections_entered++;
    return before & 8;
}
void oc_critical_exit(uint32_t state) { __asm__ volatile("csrs mstatus, %0" : : "r"(state) : "memory"); }
#endif
