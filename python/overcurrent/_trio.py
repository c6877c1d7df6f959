"""Waiting in a task of trio."""

from __future__ import annotations

import trio

from overcurrent._fork import Place
from overcurrent._native import ring_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from overcurrent._native import ManualClock, Wait


class _Bell:
    """Does something in trio's thread, rung from any thread."""

    __slots__ = ("does", "token")

    def __init__(self, does: Callable[[], object]) -> None:
        self.does = does
        self.token = trio.lowlevel.current_trio_token()

    def __call__(self) -> None:
        try:
            self.token.run_sync_soon(self.does)
        except trio.RunFinishedError:
            pass  # nobody waits any more


async def sleep(seconds: float, clock: ManualClock | None = None, /) -> None:
    if clock is None:
        await trio.sleep(seconds)
        return
    woken = trio.Event()
    alarm = ring_after(clock, seconds, _Bell(woken.set))
    await woken.wait()
    del alarm


async def wait(wait: Wait, /) -> None:
    """Until the place in the queue has come up."""
    place = Place(wait)
    try:
        while True:
            woken = trio.Event()
            delay = wait.poll(_Bell(woken.set))
            if delay is None:
                return
            with trio.move_on_after(delay):
                await woken.wait()
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
    scope = trio.CancelScope() if clock is not None else trio.move_on_after(seconds)
    with scope:
        alarm = None if clock is None else ring_after(clock, seconds, _Bell(scope.cancel))
        result = await function(*args, **kwargs)
        del alarm
        return True, result
    return False, None
