"""Waiting, for threads and event loops: sleeps until the place in the queue says when to look again, or wakes us."""

from __future__ import annotations

import sys
from _thread import TIMEOUT_MAX, allocate_lock
from math import inf

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from _thread import LockType

    from overcurrent._native import Wait


def block(wait: Wait) -> None:
    """Waits in this thread."""
    try:
        while True:
            # A lock, because an interrupt gets through its wait. A new one each time: a late wake is another one's.
            lock = allocate_lock()
            lock.acquire()
            delay = wait.poll(_Bell(lock))
            if delay is None:
                return
            _refuse_in_a_loop()
            lock.acquire(timeout=-1 if delay == inf else min(delay, TIMEOUT_MAX))
    except BaseException:
        wait.close()
        raise


class _Bell:
    """Ends a wait; rung twice, it does so once."""

    __slots__ = ("lock",)

    def __init__(self, lock: LockType) -> None:
        self.lock = lock

    def __call__(self) -> None:
        try:
            self.lock.release()
        except RuntimeError:
            pass


def _refuse_in_a_loop() -> None:
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        msg = "this would block the running event loop: use acquire_async or call_async"
        raise RuntimeError(msg)


async def sleep(wait: Wait) -> None:
    """Waits in this task."""
    import asyncio

    loop = asyncio.get_running_loop()
    try:
        while True:
            woken: asyncio.Future[None] = loop.create_future()
            delay = wait.poll(_Waker(loop, woken))
            if delay is None:
                return
            timer = None if delay == inf else loop.call_later(delay, _wake, woken)
            try:
                await woken
            finally:
                if timer is not None:
                    timer.cancel()
    except BaseException:
        # Cancelled, most likely: the place in the queue, and what was granted to it, go back.
        wait.close()
        raise


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


class _Waker:
    """Wakes a task from any thread."""

    __slots__ = ("loop", "woken")

    def __init__(self, loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> None:
        self.loop = loop
        self.woken = woken

    def __call__(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(_wake, self.woken)
