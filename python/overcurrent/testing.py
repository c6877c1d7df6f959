"""For test suites: no waiting, time by hand, and gates out of the way."""

from __future__ import annotations

from contextlib import contextmanager

from overcurrent import _retry
from overcurrent._native import ManualClock, switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ManualClock", "disabled", "no_waits"]


@contextmanager
def disabled() -> Iterator[None]:
    """Everything lets through: gates admit and record nothing, `Retry` tries once, `Timeout` has no limit.

    In all threads and tasks of the process, until the block ends. Also a decorator.
    """
    switch(True)
    try:
        yield
    finally:
        switch(False)


@contextmanager
def no_waits(attempts: int | None = None) -> Iterator[None]:
    """`Retry` does not sleep between its attempts, of which it makes at most so many.

    In all threads and tasks of the process, until the block ends. Also a decorator.
    """
    if attempts is not None and attempts < 1:
        msg = f"attempts is {attempts}; allowed are 1 and more"
        raise ValueError(msg)
    hurry = _retry._Hurry
    before = (hurry.now, hurry.attempts)
    hurry.now, hurry.attempts = True, attempts
    try:
        yield
    finally:
        hurry.now, hurry.attempts = before
