"""Which event loop runs. The package depends on none, and imports one only when it runs already."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol

    from overcurrent._native import ManualClock, Wait

    class Loop(Protocol):
        """What waiting needs of a loop: the modules `_asyncio` and `_trio`."""

        async def sleep(self, seconds: float, clock: ManualClock | None = None, /) -> None: ...
        async def wait(self, wait: Wait, /) -> None: ...
        async def within(
            self,
            seconds: float,
            clock: ManualClock | None,
            function: Callable[..., Awaitable[Any]],
            args: tuple[Any, ...],
            kwargs: dict[str, Any],
            /,
        ) -> tuple[bool, Any]: ...


def _name() -> str | None:
    # A task of trio first: asyncio may be the host of trio's loop, and then both run in this thread.
    # Either may be half imported by another thread.
    trio = getattr(sys.modules.get("trio.lowlevel"), "in_trio_task", None)
    if trio is not None and trio():
        return "trio"
    asyncio = getattr(sys.modules.get("asyncio"), "_get_running_loop", None)
    if asyncio is not None and asyncio() is not None:
        return "asyncio"
    return None


def running() -> Loop:
    """How to wait here."""
    name = _name()
    if name == "asyncio":
        from overcurrent import _asyncio

        return _asyncio
    if name == "trio":
        from overcurrent import _trio

        return _trio
    msg = "no event loop of asyncio or trio is running here"
    raise RuntimeError(msg)


def refuse_to_block() -> None:
    """In a task, a sleeping thread holds up everybody."""
    if _name() is not None:
        msg = "this would block the running event loop: use acquire_async or call_async"
        raise RuntimeError(msg)
