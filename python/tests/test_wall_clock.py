"""The wall clock jumps, and nothing here notices."""

import os
import subprocess
import sys

# Comes before the C library: adds what a file says to the wall clock, and leaves the monotonic clock alone.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/time.h>

static long jump(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("JUMP"), "r");
    if (file) {
        if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
        fclose(file);
    }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += jump();
    return answer;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"""

PROGRAM = """
import os, time
import overcurrent as oc

def jump(seconds):
    before = time.time()
    with open(os.environ["JUMP"], "w") as file:
        file.write(str(seconds))
    return time.time() - before

breaker = oc.CircuitBreaker("db", window=oc.last_seconds(3600), min_calls=3, open_for=1800)
limiter = oc.RateLimiter(1, per=1800, burst=2)
cycles = oc.CycleLimiter(1, period=1800)
retry = oc.Retry(2, first=0.01, jitter="none", timeout=1800)
deadline = oc.Deadline(1800)
with breaker.permit() as permit:
    permit.fail()
assert limiter.try_acquire(2)
while not cycles.try_acquire():
    pass
cycle = cycles.cycle

for seconds in (7200, -86400):
    passed = jump(seconds)
    assert abs(passed) > 7000, passed  # the shim works
    assert breaker.stats().calls == 1, "forgotten"
    assert not limiter.try_acquire(), "refilled"
    assert cycles.cycle == cycle, "another cycle"
    assert 1700 < deadline.check() <= 1800
    attempts = []
    try:
        retry.call(lambda: attempts.append(jump(-seconds)) or 1 / 0)
    except ZeroDivisionError:
        assert len(attempts) == 2, "gave up"

for _ in range(2):
    breaker.enter().fail()
for seconds in (7200, -86400):
    jump(seconds)
    assert breaker.state == "open"
    assert 1700 < breaker.explain().retry_after <= 1800

fast = oc.RateLimiter(200, burst=1)
for seconds in (7200, -86400, 0):
    jump(seconds)
    fast.acquire(timeout=60)  # neither frozen nor at once
began = time.monotonic()
for _ in range(10):
    fast.acquire(timeout=60)
assert time.monotonic() - began > 0.03
"""


if sys.platform == "linux":  # others have no such shim

    def test_jumps_of_hours_and_days(tmp_path):
        """The compiler is the one that linked the extension."""
        shim = tmp_path / "shim.so"
        shim.with_suffix(".c").write_text(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, shim.with_suffix(".c"), "-ldl"], check=True)
        jump = {"LD_PRELOAD": str(shim), "JUMP": str(tmp_path / "jump")}
        subprocess.run([sys.executable, "-P", "-c", PROGRAM], env=os.environ | jump, check=True, timeout=120)
