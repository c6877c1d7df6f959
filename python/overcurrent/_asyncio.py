"""Waiting in a task of asyncio."""

from __future__ import annotations

import asyncio
from math import inf

from overcurrent._fork import Place
from overcurrent._native import ring_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from overcurrent._native import ManualClock, Wait


class _Waker:
    """Wakes a task, from any thread."""

    __slots__ = ("loop", "woken")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.woken: asyncio.Future[None] = self.loop.create_future()

    def __call__(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)


async def sleep(seconds: float, clock: ManualClock | None = None, /) -> None:
    if clock is None:
        await asyncio.sleep(seconds)
        return
    waker = _Waker()
    alarm = ring_after(clock, seconds, waker)
    await waker.woken
    del alarm


async def wait(wait: Wait, /) -> None:
    """Until the place in the queue has come up."""
    place = Place(wait)
    try:
        while True:
            waker = _Waker()
            delay = wait.poll(waker)
            if delay is None:
                return
            timer = None if delay == inf else waker.loop.call_later(delay, waker.wake)
            try:
                await waker.woken
            finally:
                if timer is not None:
                    timer.cancel()
    except BaseException:
        # Cancelled, most likely: the place in the queue, and what was granted to it, go back.
        wait.close()
        raise
    finally:
        del place


async def within(
    seconds: float,
    clock: ManualClock | None,
    function: Callable[..., Awaitable[Any]],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    /,
) -> tuple[bool, Any]:
    """Whether the call ended in time, and what it brought."""
    scope = asyncio.timeout(seconds if clock is None else None)
    try:
        async with scope:
            alarm = None if clock is None else ring_after(clock, seconds, _End(scope))
            result = await function(*args, **kwargs)
            del alarm
            return True, result
    except TimeoutError:
        # The call's own is its own.
        if not scope.expired():
            raise
    return False, None


class _End:
    """Ends a time limit, from any thread, once or never."""

    __slots__ = ("loop", "scope")

    def __init__(self, scope: asyncio.Timeout) -> None:
        self.loop = asyncio.get_running_loop()
        self.scope = scope

    def __call__(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.end)

    def end(self) -> None:
        try:
            self.scope.reschedule(self.loop.time())
        except RuntimeError:
            pass  # the call has ended
