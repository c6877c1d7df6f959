"""How gates are pickled and copied: a gate is one thing that many share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any, Self


_MOST = 1 << 32  # what every number of permits or calls stays below


def _make(cls: type[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return cls(*args, **kwargs)


class _Signature:
    """That of the native class: ours takes everything to remember it."""

    def __get__(self, instance: object, cls: type[Any]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        from inspect import signature

        return signature(next(base for base in cls.__mro__ if base.__module__ == "overcurrent._native"))


class Configured:
    """Remembers what it was made with.

    Pickled, it takes its configuration along, not its state: what comes out in another process begins anew, and
    `snapshot` and `restore` carry state. Copied, it stays the same gate: two of them would let through twice as much.
    """

    __slots__ = ()
    _made: tuple[tuple[Any, ...], dict[str, Any]]

    if not TYPE_CHECKING:
        __signature__ = _Signature()

        def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
            try:
                made = super().__new__(cls, *args, **kwargs)
            except OverflowError:
                given = cls.__signature__.bind(*args, **kwargs).arguments
                key, value = next((k, v) for k, v in given.items() if isinstance(v, int) and not 0 <= v < _MOST)
                msg = f"{key} is {value}, which is out of range"
                raise ValueError(msg) from None
            made._made = (args, kwargs)
            return made

    def _configuration(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What to make one like it with."""
        return self._made

    def __reduce__(self) -> tuple[Any, ...]:
        args, kwargs = self._configuration()
        if kwargs.get("clock") is not None:
            msg = f"{self!r} has a clock that is moved by hand, and cannot be pickled"
            raise TypeError(msg)
        return _make, (type(self), args, kwargs)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self
