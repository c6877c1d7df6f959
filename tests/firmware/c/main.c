/* Bare metal: the library without an operating system, a C library or a heap. Checks, a reset, races with an interrupt
 * handler; QEMU's exit code is the verdict. Settings are in flash, states in .bss. */
#include "checks.h"

void run(void) {
    if (is_first_start()) {
        checks();
        say("checks ok\n");
        save_and_restart();
    }
    check_what_was_kept();
    say("reboot ok\n");
    races();
    say("races ok\n");
    finish(1);
}
