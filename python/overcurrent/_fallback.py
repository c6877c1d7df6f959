"""Something else instead."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import wraps

from overcurrent._errors import OvercurrentError
from overcurrent._gates import _ASYNC_GENERATOR, _COROUTINE, _GENERATOR, _kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec, TypeVar

    _P = ParamSpec("_P")
    _T = TypeVar("_T")
    _F = TypeVar("_F", bound=Callable[..., Any])


class Fallback:
    """Another answer where a gate refuses a call, or where it raises one of `on`.

    The answer is `fallback(*args, error=error, **kwargs)`: it takes what the function takes, and the error.
    """

    __slots__ = ("_fallback", "_on")

    def __init__(
        self, fallback: Callable[..., Any], *, on: type[Exception] | tuple[type[Exception], ...] | None = None
    ) -> None:
        if not callable(fallback):
            msg = f"fallback must be a function, not {fallback!r}"
            raise TypeError(msg)
        types: tuple[type[Exception], ...] = () if on is None else on if isinstance(on, tuple) else (on,)
        for kind in types:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                msg = f"on must be an exception class or a tuple of them, not {kind!r}"
                raise TypeError(msg)
        self._fallback = fallback
        self._on: tuple[type[Exception], ...] = (OvercurrentError, *types)

    def call(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls `function(*args, **kwargs)`, or else the fallback."""
        try:
            return function(*args, **kwargs)
        except self._on as error:
            answer: _T = self._fallback(*args, error=error, **kwargs)
            return answer

    async def call_async(self, function: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Awaits `function(*args, **kwargs)`, or else the fallback, which may be async or not."""
        try:
            return await function(*args, **kwargs)
        except self._on as error:
            answer = self._fallback(*args, error=error, **kwargs)
            result: _T = await answer if isinstance(answer, Awaitable) else answer
            return result

    def __call__(self, function: _F) -> _F:
        instead: _F = self._around(function, _kind(function))
        return instead

    def _around(self, function: Any, kind: int) -> Any:
        if kind & (_GENERATOR | _ASYNC_GENERATOR):
            msg = "a generator cannot fall back: part of it may be out already"
            raise TypeError(msg)
        if kind & _COROUTINE:

            @wraps(function)
            async def instead(*args: Any, **kwargs: Any) -> Any:
                return await self.call_async(function, *args, **kwargs)

        else:

            @wraps(function)
            def instead(*args: Any, **kwargs: Any) -> Any:
                return self.call(function, *args, **kwargs)

        return instead

    def __repr__(self) -> str:
        return f"<Fallback to {self._fallback!r}>"
