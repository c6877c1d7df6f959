"""Calls are timed by `time.monotonic()`: in every thread, and in a forked child."""

import os
import sys
import threading
import time

import overcurrent as oc

# How far from it a time may be. A busy machine makes it no worse: it lies between two readings of the clock.
NEAR = 10e-6


def fails():
    raise OSError


def differences():
    """How much before the call, and after its end, the times lie that failed calls are told with."""
    breaker = oc.CircuitBreaker("clock", window=oc.last_calls(1), min_calls=1)
    told = []
    breaker.on_transition(lambda event: told.append(event.at) if event.new == "open" else None)
    early, late = [], []
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        before = time.monotonic()
        try:
            breaker.call(fails)
        except OSError:
            pass
        after = time.monotonic()
        early.append(before - told[-1])
        late.append(told[-1] - after)
        breaker.reset()
    assert len(told) == len(early) > 100, len(told)
    return max(early), max(late)


def check():
    early, late = differences()
    assert max(early, late) < NEAR, (early, late)


def test_in_every_thread():
    wrong = []

    def run():
        try:
            check()
        except AssertionError as error:
            wrong.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    check()
    for thread in threads:
        thread.join()
    assert not wrong, wrong


if sys.platform != "win32":

    def test_in_a_forked_child():
        """Its thread goes on with what the parent's has learnt of the processor's counter."""
        check()
        child = os.fork()
        if child == 0:
            try:
                check()
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0


def test_a_wait_that_python_ends_is_over():
    """In the millisecond in which the clock is not read, too."""
    limiter = oc.RateLimiter(2000, burst=1)
    for _ in range(300):
        limiter.try_acquire()
        time.sleep(limiter.peek().retry_after)
        assert limiter.try_acquire()
        time.sleep(limiter.peek().retry_after)
