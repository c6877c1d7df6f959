"""The gates: what the native classes know, and decorators and waits, which are Python's own."""

from __future__ import annotations

from collections import deque
from functools import update_wrapper, wraps
from types import CoroutineType, FunctionType

from overcurrent import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200


def _origin(function: Any) -> Any:
    """The Python function at the bottom of a function, a method, a partial, or an object with `__call__`."""
    seen = 0
    while not isinstance(function, FunctionType) and seen < 10:
        seen += 1
        if type(function) is _native.Guarded:
            inner = function.__wrapped__
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


class _Guards:
    """Decorators over `enter` and `call`."""

    __slots__ = ()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(function):
            msg = f"{function!r} is not a function"
            raise TypeError(msg)
        origin, kind = _origin(function), _kind(function)
        made = isinstance(origin, FunctionType) and origin.__code__.co_flags & _COROUTINE
        if kind & (_GENERATOR | _ASYNC_GENERATOR) or kind & _COROUTINE and not made:
            return self._guarded(function, self.enter, kind)
        return update_wrapper(_native.guarded(self, function, origin, bool(kind & _COROUTINE)), function)

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

    async def call_async(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Awaits `function(*args, **kwargs)` through the guard."""
        permit = self.enter()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            permit.raised(error)
            raise
        permit.returned(result)
        return result

    def with_fallback(self, fallback: Callable[..., Any], *, on: Any = None) -> Callable[[Any], Any]:
        """Decorates; a refused call goes to `fallback(*args, error=error, **kwargs)`. So do exceptions of type `on`."""
        from overcurrent._errors import OvercurrentError

        caught = (OvercurrentError,) if on is None else (OvercurrentError, *(on if isinstance(on, tuple) else (on,)))

        def decorate(function: Any) -> Any:
            kind = _kind(function)
            if kind & (_GENERATOR | _ASYNC_GENERATOR):
                msg = "a generator cannot fall back: part of it may be out already"
                raise TypeError(msg)
            inner = self(function)
            if kind & _COROUTINE:

                @wraps(function)
                async def guarded(*args: Any, **kwargs: Any) -> Any:
                    try:
                        return await inner(*args, **kwargs)
                    except caught as error:
                        answer = fallback(*args, error=error, **kwargs)
                        return await answer if isinstance(answer, CoroutineType) else answer

            else:

                @wraps(function)
                def guarded(*args: Any, **kwargs: Any) -> Any:
                    try:
                        return inner(*args, **kwargs)
                    except caught as error:
                        return fallback(*args, error=error, **kwargs)

            return guarded

        return decorate


class CircuitBreaker(_native.Breaker, _Guards):
    """Refuses calls to something that keeps failing, and lets a few through to see whether it has recovered."""

    __slots__ = ("__weakref__",)

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name!r} {self.state}>"


class Pipeline(_native.Pipeline, _Guards):
    """Several gates as one: all are asked before any is charged; what a refused call took goes back."""

    __slots__ = ("__weakref__",)

    def __repr__(self) -> str:
        return f"<Pipeline {self.name!r} of {len(self.gates)}>"


class Bulkhead(_native.Bulkhead, _Guards):
    """At most so many calls at once."""

    __slots__ = ("__weakref__",)

    def acquire(self, *, timeout: Any = None) -> Any:
        """Waits for a slot, first come, first served; the permit gives it back."""
        from overcurrent._wait import block

        wait = self._wait(timeout)
        block(wait)
        return wait.permit()

    async def acquire_async(self, *, timeout: Any = None) -> Any:
        """Waits for a slot, first come, first served; the permit gives it back."""
        from overcurrent._wait import sleep

        wait = self._wait(timeout)
        await sleep(wait)
        return wait.permit()

    def __repr__(self) -> str:
        return f"<Bulkhead {self.name!r} {self.in_flight} of {self.max}>"


class _Waits:
    """Waiting for permits."""

    __slots__ = ()

    def acquire(self, n: int = 1, *, timeout: Any = None) -> None:
        """Waits for `n` permits, first come, first served; refused at once if that would take longer than `timeout`."""
        wait = self._wait(n, timeout)
        if wait is not None:
            from overcurrent._wait import block

            block(wait)

    async def __aenter__(self) -> Any:
        await self.acquire_async()
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    def __enter__(self) -> Any:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class RateLimiter(_native.RateLimiter, _Waits):
    """At most `rate` permits `per` so many seconds, `burst` of them at once."""

    __slots__ = ("__weakref__",)

    def __repr__(self) -> str:
        return f"RateLimiter({self.rate}, per={self.per}, burst={self.burst}, name={self.name!r})"


class CycleLimiter(_native.CycleLimiter, _Waits):
    """`limit` permits in each cycle of a fixed length."""

    __slots__ = ("__weakref__",)

    def __repr__(self) -> str:
        return f"CycleLimiter({self.limit}, period={self.period}, name={self.name!r})"


class Journal:
    """The newest events, up to `capacity`: `breaker.on_event(journal)`."""

    __slots__ = ("_events", "dropped")

    def __init__(self, capacity: int = 256) -> None:
        self._events: deque[Any] = deque(maxlen=capacity)
        self.dropped = 0

    def __call__(self, event: Any) -> None:
        if len(self._events) == self._events.maxlen:
            self.dropped += 1
        self._events.append(event)

    def drain(self) -> list[Any]:
        """Takes every event that is there, the oldest first."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def __len__(self) -> int:
        return len(self._events)
