"""Trying again."""

from __future__ import annotations

from functools import wraps

from overcurrent._errors import OvercurrentError
from overcurrent._gates import _ASYNC_GENERATOR, _COROUTINE, _GENERATOR, _kind
from overcurrent._native import Delays

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Retry:
    """Up to `attempts` calls, with growing, jittered waits between them; raises what the last one raised.

    Without `on`, every exception is tried again but the refusals of gates. An exception's `retry_after` is honoured.
    """

    __slots__ = ("_ask", "_attempts", "_budget", "_delays", "_respect", "_sleep", "_sleep_async", "_types")

    def __init__(
        self,
        attempts: int = 3,
        *,
        on: Any = None,
        first: Any = 0.1,
        multiplier: float = 2.0,
        max: Any = 30.0,  # noqa: A002
        jitter: str = "full",
        budget: Any = None,
        respect_retry_after: bool = True,
        sleep: Any = None,
        sleep_async: Any = None,
    ) -> None:
        if attempts < 1:
            msg = f"attempts is {attempts}; allowed are 1 and more"
            raise ValueError(msg)
        self._attempts = attempts
        self._types = on if isinstance(on, (type, tuple)) else None
        self._ask = on if self._types is None else None
        if self._ask is not None and not callable(self._ask):
            msg = "on must be an exception class, a tuple of them, or a function"
            raise TypeError(msg)
        self._delays = Delays(first, multiplier, max, jitter)
        self._budget = budget
        self._respect = respect_retry_after
        self._sleep = sleep
        self._sleep_async = sleep_async

    def _wait_after(self, attempt: int, error: Exception) -> float | None:
        """Seconds until the next attempt; `None` if there is none."""
        if attempt >= self._attempts or not self._again(error):
            return None
        if self._budget is not None and not self._budget.try_withdraw():
            error.add_note("not tried again: the retry budget is spent")
            return None
        told = getattr(error, "retry_after", None) if self._respect else None
        return self._delays.after(attempt, told if isinstance(told, (int, float)) else None)

    def _again(self, error: Exception) -> bool:
        if self._types is not None:
            return isinstance(error, self._types)
        if self._ask is not None:
            return bool(self._ask(error))
        return not isinstance(error, OvercurrentError)

    def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls `function(*args, **kwargs)` until it succeeds or the attempts are used up."""
        if self._budget is not None:
            self._budget.deposit()
        attempt = 1
        while True:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                wait = self._wait_after(attempt, error)
                if wait is None:
                    raise
            self._pause(wait)
            attempt += 1

    def _pause(self, wait: float) -> None:
        if self._sleep is not None:
            self._sleep(wait)
            return
        from time import sleep

        from overcurrent._wait import _refuse_in_a_loop

        _refuse_in_a_loop()
        sleep(wait)

    async def call_async(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Awaits `function(*args, **kwargs)` until it succeeds or the attempts are used up."""
        if self._budget is not None:
            self._budget.deposit()
        attempt = 1
        while True:
            try:
                return await function(*args, **kwargs)
            except Exception as error:
                wait = self._wait_after(attempt, error)
                if wait is None:
                    raise
            if self._sleep_async is not None:
                await self._sleep_async(wait)
            else:
                from asyncio import sleep

                await sleep(wait)
            attempt += 1

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        kind = _kind(function)
        if kind & (_GENERATOR | _ASYNC_GENERATOR):
            msg = "a generator cannot be tried again: part of it may be out already"
            raise TypeError(msg)
        if kind & _COROUTINE:

            @wraps(function)
            async def again(*args: Any, **kwargs: Any) -> Any:
                return await self.call_async(function, *args, **kwargs)

        else:

            @wraps(function)
            def again(*args: Any, **kwargs: Any) -> Any:
                return self.call(function, *args, **kwargs)

        return again
