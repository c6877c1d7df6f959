"""Trying again."""

from __future__ import annotations

from functools import wraps
from math import inf
from time import monotonic

from overcurrent._errors import OvercurrentError
from overcurrent._gates import _ASYNC_GENERATOR, _COROUTINE, _GENERATOR, _kind
from overcurrent._native import Delays, is_off
from overcurrent._time import positive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack

    from overcurrent._native import ManualClock, RetryBudget, _Exceptions, _Seconds

    class _Settings(TypedDict, total=False):
        attempts: int
        on: _Exceptions | Callable[[Exception], object] | None
        failure_result: Callable[[Any], object] | None
        first: _Seconds
        multiplier: float
        max: _Seconds
        jitter: Literal["none", "full", "equal"]
        max_wait: _Seconds | None
        timeout: _Seconds | None
        budget: RetryBudget | None
        respect_retry_after: bool
        on_retry: Callable[[int, Exception | None, float], object] | None
        clock: ManualClock | None
        sleep: Callable[[float], object] | None
        sleep_async: Callable[[float], Awaitable[object]] | None

    _P = ParamSpec("_P")
    _T = TypeVar("_T")
    _F = TypeVar("_F", bound=Callable[..., Any])


class _Hurry:
    """Whether tests have said not to wait, and how often to try at most: see `overcurrent.testing`."""

    now = False
    attempts: int | None = None


class Retry:
    """Up to `attempts` calls, with growing, jittered waits between them; raises what the last one raised.

    Without `on`, every exception is tried again but the refusals of gates; a result is when `failure_result` says so,
    and the last one is returned. An exception's `retry_after` is honoured. No wait is longer than `max_wait`, and none
    ends later than `timeout` seconds after the first attempt began: it gives up instead.
    """

    __slots__ = (
        "_ask", "_attempts", "_budget", "_changed", "_clock", "_delays", "_failure_result", "_given", "_max_wait",
        "_on_retry", "_respect", "_sleep", "_sleep_async", "_timeout", "_types",
    )  # fmt: skip

    def __init__(
        self,
        attempts: int = 3,
        *,
        on: _Exceptions | Callable[[Exception], object] | None = None,
        failure_result: Callable[[Any], object] | None = None,
        first: _Seconds = 0.1,
        multiplier: float = 2.0,
        max: _Seconds = 30.0,
        jitter: Literal["none", "full", "equal"] = "full",
        max_wait: _Seconds | None = None,
        timeout: _Seconds | None = None,
        budget: RetryBudget | None = None,
        respect_retry_after: bool = True,
        on_retry: Callable[[int, Exception | None, float], object] | None = None,
        clock: ManualClock | None = None,
        sleep: Callable[[float], object] | None = None,
        sleep_async: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        self._given: dict[str, Any] = {key: value for key, value in locals().items() if key != "self"}
        self._changed: Retry | None = None
        if attempts < 1:
            msg = f"attempts is {attempts}; allowed are 1 and more"
            raise ValueError(msg)
        self._attempts = attempts
        self._types = on if isinstance(on, (type, tuple)) else None
        self._ask = on if not isinstance(on, (type, tuple)) else None
        for what, function in (("on", self._ask), ("failure_result", failure_result), ("on_retry", on_retry)):
            if function is not None and not callable(function):
                msg = f"{what} must be {'an exception class, a tuple of them, or ' * (what == 'on')}a function"
                raise TypeError(msg)
        for kind in self._types if isinstance(self._types, tuple) else (self._types,):
            if kind is not None and not (isinstance(kind, type) and issubclass(kind, BaseException)):
                msg = f"on must be an exception class, a tuple of them, or a function, not {kind!r}"
                raise TypeError(msg)
        self._failure_result = failure_result
        self._delays = Delays(first, multiplier, max, jitter)
        self._max_wait = inf if max_wait is None else positive("max_wait", max_wait)
        self._timeout = inf if timeout is None else positive("timeout", timeout)
        self._budget = budget
        self._respect = respect_retry_after
        self._on_retry = on_retry
        self._clock = clock
        self._sleep = sleep
        self._sleep_async = sleep_async

    def reconfigure(self, **settings: Unpack[_Settings]) -> None:
        """Changes the settings that are given, all at once, for calls that begin later; those that run keep theirs."""
        given: dict[str, Any] = {**self._given, **settings}
        changed = Retry(**given)
        self._given, self._changed = changed._given, changed

    def _now(self) -> float:
        return monotonic() if self._clock is None else self._clock.now

    def _wait_after(self, attempt: int, began: float, error: Exception | None) -> float | None:
        """Seconds until the next attempt; `None` if there is none. No error: a result that counts as a failure."""
        most = self._attempts if _Hurry.attempts is None else min(self._attempts, _Hurry.attempts)
        if attempt >= most or (error is not None and not self._again(error)):
            return None
        told = getattr(error, "retry_after", None) if self._respect else None
        wait = self._delays.after(attempt, told if isinstance(told, (int, float)) else None)
        if wait > self._max_wait:
            return _give_up(error, f"the next wait would be {wait:.3f} s")
        if self._timeout != inf and self._now() - began + wait > self._timeout:
            return _give_up(error, f"the time of {self._timeout} s would be over")
        if self._budget is not None and not self._budget.try_withdraw():
            return _give_up(error, "the retry budget is spent")
        if self._on_retry is not None:
            self._on_retry(attempt, error, wait)
        return wait

    def _again(self, error: Exception) -> bool:
        if self._types is not None:
            return isinstance(error, self._types)
        if self._ask is not None:
            return bool(self._ask(error))
        return not isinstance(error, OvercurrentError)

    def _begin(self) -> float:
        if self._budget is not None:
            self._budget.deposit()
        return 0.0 if self._timeout == inf else self._now()

    def call(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls `function(*args, **kwargs)` until it succeeds or the attempts are used up."""
        if is_off():
            return function(*args, **kwargs)
        it = self._changed or self
        began = it._begin()
        attempt = 1
        while True:
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                wait = it._wait_after(attempt, began, error)
                if wait is None:
                    raise
            else:
                if it._failure_result is None or not it._failure_result(result):
                    return result
                wait = it._wait_after(attempt, began, None)
                if wait is None:
                    return result
            it._pause(wait)
            attempt += 1

    def _pause(self, wait: float) -> None:
        if self._sleep is not None:
            self._sleep(wait)
        elif not _Hurry.now:
            from overcurrent._wait import pause

            pause(wait, self._clock)

    async def call_async(self, function: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Awaits `function(*args, **kwargs)` until it succeeds or the attempts are used up."""
        if is_off():
            return await function(*args, **kwargs)
        it = self._changed or self
        began = it._begin()
        attempt = 1
        while True:
            try:
                result = await function(*args, **kwargs)
            except Exception as error:
                wait = it._wait_after(attempt, began, error)
                if wait is None:
                    raise
            else:
                if it._failure_result is None or not it._failure_result(result):
                    return result
                wait = it._wait_after(attempt, began, None)
                if wait is None:
                    return result
            await it._pause_async(wait)
            attempt += 1

    async def _pause_async(self, wait: float) -> None:
        if self._sleep_async is not None:
            await self._sleep_async(wait)
        else:
            from overcurrent._loops import running

            # Without waiting, others get their turn all the same.
            await (running().sleep(0) if _Hurry.now else running().sleep(wait, self._clock))

    def __call__(self, function: _F) -> _F:
        if not callable(function):
            msg = f"{function!r} is not a function"
            raise TypeError(msg)
        kind = _kind(function)
        if kind & (_GENERATOR | _ASYNC_GENERATOR):
            msg = "a generator cannot be tried again: part of it may be out already"
            raise TypeError(msg)
        again: Any
        if kind & _COROUTINE:

            @wraps(function)
            async def again(*args: Any, **kwargs: Any) -> Any:
                return await self.call_async(function, *args, **kwargs)

        else:

            @wraps(function)
            def again(*args: Any, **kwargs: Any) -> Any:
                return self.call(function, *args, **kwargs)

        return again  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<Retry up to {(self._changed or self)._attempts} attempts>"


def _give_up(error: Exception | None, why: str) -> float | None:
    if error is not None:
        error.add_note(f"not tried again: {why}")
    return None
