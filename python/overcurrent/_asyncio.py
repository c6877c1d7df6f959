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


class _Bell:
    """Does something in the loop's thread, rung from any thread."""

    __slots__ = ("does", "loop")

    def __init__(self, does: Callable[[], object]) -> None:
        self.does = does
        self.loop = asyncio.get_running_loop()

    def __call__(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self.does)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more


async def sleep(seconds: float, clock: ManualClock | None = None, /) -> None:
    if clock is None:
        await asyncio.sleep(seconds)
        return
    woken = asyncio.Event()
    alarm = ring_after(clock, seconds, _Bell(woken.set))
    await woken.wait()
    del alarm


async def wait(wait: Wait, /) -> None:
    """Until the place in the queue has come up."""
    place = Place(wait)
    try:
        while True:
            woken = asyncio.Event()
            bell = _Bell(woken.set)
            delay = wait.poll(bell)
            if delay is None:
                return
            timer = None if delay == inf else bell.loop.call_later(delay, woken.set)
            try:
                await woken.wait()
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

    def end() -> None:
        try:
            scope.reschedule(0)
        except RuntimeError:
            pass  # the call has ended

    try:
        async with scope:
            alarm = None if clock is None else ring_after(clock, seconds, _Bell(end))
            result = await function(*args, **kwargs)
            del alarm
            return True, result
    except TimeoutError:
        # The call's own is its own.
        if not scope.expired():
            raise
    return False, None
