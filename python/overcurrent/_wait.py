"""Waiting: sleeps until the place in the queue says when to look again, or wakes us."""

from __future__ import annotations

from _thread import TIMEOUT_MAX, allocate_lock
from math import inf

from overcurrent._fork import waiting_threads
from overcurrent._loops import refuse_to_block, running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Coroutine
    from typing import Any

    from overcurrent._native import ManualClock, Wait


class Bell:
    """Ends a wait of a thread; rung twice, it does so once."""

    __slots__ = ("lock",)

    def __init__(self) -> None:
        # A lock, because an interrupt gets through its wait.
        self.lock: LockType = allocate_lock()
        self.lock.acquire()

    def __call__(self) -> None:
        try:
            self.lock.release()
        except RuntimeError:
            pass


def block(wait: Wait) -> None:
    """Waits in this thread."""
    waiting_threads.add(wait)
    try:
        while True:
            bell = Bell()  # a new one each time: a late ring is another one's
            delay = wait.poll(bell)
            if delay is None:
                return
            refuse_to_block()
            bell.lock.acquire(timeout=-1 if delay == inf else min(delay, TIMEOUT_MAX))
    except BaseException:
        wait.close()
        raise
    finally:
        waiting_threads.discard(wait)


def sleep(wait: Wait) -> Coroutine[Any, Any, None]:
    """Waits in this task, whichever loop runs it."""
    return running().wait(wait)


def pause(seconds: float, clock: ManualClock | None) -> None:
    """Sleeps in this thread."""
    refuse_to_block()
    if clock is None:
        from time import sleep

        sleep(seconds)
    else:
        from overcurrent._native import ring_after

        bell = Bell()
        alarm = ring_after(clock, seconds, bell)
        bell.lock.acquire()
        del alarm
