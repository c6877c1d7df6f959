"""Waiting in a task of trio."""

from __future__ import annotations

import trio
from trio.lowlevel import cancel_shielded_checkpoint, checkpoint, checkpoint_if_cancelled

from overcurrent._fork import Place
from overcurrent._native import ring_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from overcurrent._native import CycleLimiter, ManualClock, Permit, RateLimiter, Wait


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
    """Until the place in the queue has come up; a checkpoint also when it is up already."""
    place = Place(wait)
    try:
        await checkpoint_if_cancelled()
        waited = False
        while True:
            woken = trio.Event()
            delay = wait.poll(_Bell(woken.set))
            if delay is None:
                break
            with trio.move_on_after(delay):
                await woken.wait()
            waited = True
        if not waited:
            await cancel_shielded_checkpoint()
    except BaseException:
        # Cancelled, most likely: the place in the queue, and what was granted to it, go back.
        wait.close()
        raise
    finally:
        del place


async def acquire(limiter: RateLimiter | CycleLimiter, n: int, timeout: float | None, /) -> None:
    """Permits of a limiter; a checkpoint also when they are there."""
    await checkpoint_if_cancelled()
    place = limiter._wait(n, timeout)
    if place is None:
        await cancel_shielded_checkpoint()
    else:
        await wait(place)


async def enter(permit: Permit, /) -> Permit:
    """Leave for a call, which begins after the checkpoint."""
    await checkpoint()
    return permit.__enter__()


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
