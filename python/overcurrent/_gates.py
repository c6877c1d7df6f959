"""The gates: what the native classes know, and decorators and waits, which are Python's own."""

from __future__ import annotations

from collections import deque
from functools import update_wrapper, wraps
from types import FunctionType

from overcurrent import _native
from overcurrent._configured import Configured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any, ParamSpec, Self, TypeVar, Unpack

    from overcurrent._native import Event, Permit, Wait, _Matches, _Seconds, _Settings

    _P = ParamSpec("_P")
    _T = TypeVar("_T")
    _F = TypeVar("_F", bound=Callable[..., Any])
    _Guard = _native.Guard
else:
    _Guard = object

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200


def _origin(function: Any) -> Any:
    """The Python function at the bottom of a function, a method, a partial, or an object with `__call__`."""
    seen = 0
    while not isinstance(function, FunctionType) and seen < 10:
        seen += 1
        if type(function) is _native.Guarded:
            inner = vars(function)["__wrapped__"]
        else:
            inner = getattr(function, "__func__", None) or getattr(function, "func", None)
        if inner is None:
            inner = getattr(type(function), "__call__", None)
        if inner is None or isinstance(function, type):
            return function
        function = inner
    return function


def _kind(function: Any) -> int:
    """The flags that tell what a call brings."""
    origin = _origin(function)
    flags = origin.__code__.co_flags if isinstance(origin, FunctionType) else 0
    if not flags & (_GENERATOR | _COROUTINE | _ASYNC_GENERATOR) and _is_marked(function):
        return _COROUTINE
    return flags


def _is_marked(function: Any) -> bool:
    """Whether somebody said that it returns coroutines: `inspect.markcoroutinefunction`, and asyncio's before it."""
    return bool(getattr(function, "_is_coroutine_mark", None) or getattr(function, "_is_coroutine", None))


class _Guards(_Guard):
    """Decorators over `enter` and `call`."""

    __slots__ = ()

    def __call__(self, function: _F) -> _F:
        if not callable(function):
            msg = f"{function!r} is not a function"
            raise TypeError(msg)
        origin, kind = _origin(function), _kind(function)
        made = isinstance(origin, FunctionType) and origin.__code__.co_flags & _COROUTINE
        guarded: Any
        if kind & (_GENERATOR | _ASYNC_GENERATOR) or (kind & _COROUTINE and not made):
            guarded = self._guarded(function, self.enter, kind)
        else:
            guarded = update_wrapper(_native.guarded(self, function, origin, bool(kind & _COROUTINE)), function)
        return guarded  # type: ignore[no-any-return]

    @staticmethod
    def _guarded(function: Any, enter: Any, kind: int) -> Any:
        if kind & _ASYNC_GENERATOR:

            @wraps(function)
            async def guarded(*args: Any, **kwargs: Any) -> Any:
                permit = enter()
                try:
                    generator = function(*args, **kwargs)
                    try:
                        item = await generator.asend(None)
                        while True:
                            try:
                                sent = yield item
                            except GeneratorExit:
                                raise
                            except BaseException as error:
                                item = await generator.athrow(error)
                            else:
                                item = await generator.asend(sent)
                    except StopAsyncIteration:
                        pass
                    finally:
                        await generator.aclose()
                except BaseException as error:
                    permit.raised(error)
                    raise
                permit.success()

        elif kind & _COROUTINE:
            # Only marked as a coroutine function: what it does before it returns one must be guarded, too.

            @wraps(function)
            async def guarded(*args: Any, **kwargs: Any) -> Any:
                permit = enter()
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    permit.raised(error)
                    raise
                permit.returned(result)
                return result

        else:

            @wraps(function)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                permit = enter()
                try:
                    result = yield from function(*args, **kwargs)
                except BaseException as error:
                    permit.raised(error)
                    raise
                permit.returned(result)
                return result

        return guarded

    async def call_async(self, function: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Awaits `function(*args, **kwargs)` through the guard."""
        permit = self.enter()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            permit.raised(error)
            raise
        permit.returned(result)
        return result

    def with_fallback(
        self, fallback: Callable[..., Any], *, on: type[Exception] | tuple[type[Exception], ...] | None = None
    ) -> Callable[[_F], _F]:
        """Decorates; a refused call goes to `fallback(*args, error=error, **kwargs)`. So do exceptions of type `on`."""
        from overcurrent._fallback import Fallback

        other = Fallback(fallback, on=on)

        def decorate(function: _F) -> _F:
            guarded: _F = other._around(self(function), _kind(function))
            return guarded

        return decorate


# What a breaker is made with besides its settings.
_RULES = frozenset({"name", "failures", "ignore", "failure_result", "state", "clock"})


class CircuitBreaker(Configured, _native.Breaker, _Guards):
    """Refuses calls to something that keeps failing, and lets a few through to see whether it has recovered."""

    __slots__ = ("__weakref__", "_made")

    def reconfigure(self, **settings: Unpack[_Settings]) -> None:
        """Changes the settings that are given and keeps state and history."""
        super().reconfigure(**settings)
        args, kwargs = self._made
        self._made = (args, kwargs | settings)

    def _go_back(self, made: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
        """Takes changes of settings back; `made` is from before."""
        given: Any = {key: value for key, value in made[1].items() if key not in _RULES}
        self._revert(**given)
        self._made = made

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name!r} {self.state}>"


class Pipeline(Configured, _native.Pipeline, _Guards):
    """Several gates as one: all are asked before any is charged; what a refused call took goes back."""

    __slots__ = ("__weakref__", "_made")

    if TYPE_CHECKING:

        def __new__(
            cls,
            *gates: CircuitBreaker | RateLimiter | CycleLimiter | Bulkhead,
            name: str = "pipeline",
            failures: _Matches | None = None,
            ignore: _Matches | None = None,
            failure_result: Callable[[Any], object] | None = None,
        ) -> Self: ...
        @property
        def gates(self) -> tuple[CircuitBreaker | RateLimiter | CycleLimiter | Bulkhead, ...]: ...

    def __repr__(self) -> str:
        return f"<Pipeline {self.name!r} of {len(self.gates)}>"


class Bulkhead(Configured, _native.Bulkhead, _Guards):
    """At most so many calls at once."""

    __slots__ = ("__weakref__", "_made")

    def acquire(self, *, timeout: _Seconds | None = None) -> Permit:
        """Waits for a slot, first come, first served; the permit gives it back."""
        from overcurrent._wait import block

        if _native.is_off():
            return self.enter()
        wait = self._wait(timeout)
        block(wait)
        return wait.permit()

    async def acquire_async(self, *, timeout: _Seconds | None = None) -> Permit:
        """Waits for a slot, first come, first served; the permit gives it back."""
        from overcurrent._wait import sleep

        if _native.is_off():
            return self.enter()
        wait = self._wait(timeout)
        await sleep(wait)
        return wait.permit()

    def __repr__(self) -> str:
        return f"<Bulkhead {self.name!r} {self.in_flight} of {self.max}>"

    def _configuration(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (), self._made[1] | {"max": self.max}


class _Waits:
    """Waiting for permits."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _wait(self, n: int, timeout: _Seconds | None) -> Wait | None: ...
        def acquire_async(self, n: int = 1, *, timeout: _Seconds | None = None) -> Coroutine[Any, Any, None]: ...

    def acquire(self, n: int = 1, *, timeout: _Seconds | None = None) -> None:
        """Waits for `n` permits, first come, first served; refused at once if that would take longer than `timeout`."""
        wait = self._wait(n, timeout)
        if wait is not None:
            from overcurrent._wait import block

            block(wait)

    async def __aenter__(self) -> Self:
        await self.acquire_async()
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class RateLimiter(Configured, _native.RateLimiter, _Waits):
    """At most `rate` permits `per` so many seconds, `burst` of them at once."""

    __slots__ = ("__weakref__", "_made")

    def _configuration(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        now = {"rate": self.rate, "per": self.per, "burst": self.burst}
        kwargs = self._made[1] | now
        if kwargs.get("initial") is not None:
            kwargs["initial"] = min(kwargs["initial"], self.burst)
        return (), kwargs

    def __repr__(self) -> str:
        return f"RateLimiter({self.rate}, per={self.per}, burst={self.burst}, name={self.name!r})"


class CycleLimiter(Configured, _native.CycleLimiter, _Waits):
    """`limit` permits in each cycle of a fixed length."""

    __slots__ = ("__weakref__", "_made")

    def _configuration(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (), self._made[1] | {"limit": self.limit, "timeout": self.timeout}

    def __repr__(self) -> str:
        return f"CycleLimiter({self.limit}, period={self.period}, name={self.name!r})"


class Journal:
    """The newest events, up to `capacity`: `breaker.on_event(journal)`."""

    __slots__ = {"_events": None, "dropped": "Events that were lost because newer ones came."}

    def __init__(self, capacity: int = 256) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self.dropped: int = 0

    def __call__(self, event: Event) -> None:
        if len(self._events) == self._events.maxlen:
            self.dropped += 1
        self._events.append(event)

    def drain(self) -> list[Event]:
        """Takes every event that is there, the oldest first."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def __len__(self) -> int:
        return len(self._events)
