"""Not waiting for ever."""

from __future__ import annotations

from functools import wraps
from time import monotonic

from overcurrent._errors import TimedOutError
from overcurrent._gates import _ASYNC_GENERATOR, _COROUTINE, _kind
from overcurrent._native import is_off
from overcurrent._time import positive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, ParamSpec, TypeVar

    from overcurrent._native import ManualClock, _Seconds

    _P = ParamSpec("_P")
    _T = TypeVar("_T")
    _F = TypeVar("_F", bound=Callable[..., Any])


class Timeout:
    """Cancels an async call that takes longer than `timeout` seconds, and raises `TimedOutError`, a `TimeoutError`.

    Put it inside a breaker, so that what takes too long is a failure of the other side, and inside a retry, so that
    each attempt has the whole time. A call that cannot be stopped is not decorated: nothing interrupts a sync function.
    Hand it the seconds that a `Deadline` has left.
    """

    __slots__ = {  # noqa: RUF023 - with their docs
        "name": "Its name in errors.",
        "timeout": "The seconds that a call has.",
        "_clock": None,
    }

    def __init__(self, timeout: _Seconds, *, name: str = "timeout", clock: ManualClock | None = None) -> None:
        self.timeout: float = positive("timeout", timeout)
        self.name: str = name
        self._clock = clock

    def reconfigure(self, timeout: _Seconds) -> None:
        """Gives calls that begin later so many seconds."""
        self.timeout = positive("timeout", timeout)

    async def call_async(self, function: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Awaits `function(*args, **kwargs)` for so long and no longer."""
        if is_off():
            return await function(*args, **kwargs)
        from overcurrent._loops import running

        in_time, result = await running().within(self.timeout, self._clock, function, args, kwargs)
        if not in_time:
            raise TimedOutError(self.name, self.timeout)
        answer: _T = result
        return answer

    def __call__(self, function: _F) -> _F:
        if not callable(function):
            msg = f"{function!r} is not a function"
            raise TypeError(msg)
        kind = _kind(function)
        if kind & _ASYNC_GENERATOR:
            msg = "a generator has no time limit: what its reader does would count"
            raise TypeError(msg)
        if not kind & _COROUTINE:
            msg = f"nothing can stop {function!r}, which is not async: give it what a Deadline has left"
            raise TypeError(msg)

        @wraps(function)
        async def limited(*args: Any, **kwargs: Any) -> Any:
            return await self.call_async(function, *args, **kwargs)

        return limited  # type: ignore[return-value]

    def __repr__(self) -> str:
        return f"Timeout({self.timeout}, name={self.name!r})"


class Deadline:
    """A time by which sync work should be done: asked about, never enforced. Begins when it is made."""

    __slots__ = {  # noqa: RUF023 - with their docs
        "name": "Its name in errors.",
        "timeout": "The seconds that there were in the beginning.",
        "_at": None,
        "_clock": None,
    }

    def __init__(self, timeout: _Seconds, *, name: str = "deadline", clock: ManualClock | None = None) -> None:
        self.timeout: float = positive("timeout", timeout)
        self.name: str = name
        self._clock = clock
        self._at = self._now() + self.timeout

    def _now(self) -> float:
        return monotonic() if self._clock is None else self._clock.now

    def remaining(self) -> float:
        """The seconds that are left, 0 when it is over: `requests.get(url, timeout=deadline.remaining())`."""
        return max(self._at - self._now(), 0.0)

    def check(self) -> float:
        """The seconds that are left; raises `TimedOutError` when there are none."""
        left = self.remaining()
        if left <= 0:
            raise TimedOutError(self.name, self.timeout)
        return left

    def __repr__(self) -> str:
        return f"<Deadline {self.name!r} {self.remaining():.3f} of {self.timeout} s left>"
