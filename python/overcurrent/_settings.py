"""Settings as they stand in a file: each value read by the rule of its field, each error with the path of the field."""

from __future__ import annotations

from datetime import timedelta

from overcurrent._native import Backoff, Stay, Window, backoff, last_calls, last_seconds, longest_stay
from overcurrent._time import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn, TypeAlias

    Reader: TypeAlias = Callable[[str, Any], Any]


def _refuse(path: str, value: object, allowed: str) -> NoReturn:
    msg = f"{path} is {value!r}; it must be {allowed}"
    raise TypeError(msg)


def table(path: str, value: Any) -> Mapping[str, Any]:
    if not (hasattr(value, "keys") and all(isinstance(key, str) for key in value)):
        _refuse(path, value, "a table of settings")
    settings: Mapping[str, Any] = value
    return settings


def read(fields: Mapping[str, Reader], path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting as the field's own rule reads it."""
    for key in settings:
        if key not in fields:
            msg = f"{path}.{key}: there is no such setting; there are {', '.join(fields)}"
            raise TypeError(msg)
    return {key: fields[key](f"{path}.{key}", value) for key, value in settings.items()}


def whole(path: str, value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse(path, value, "a whole number")


def number(path: str, value: Any) -> Any:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if good else _refuse(path, value, "a number")


def flag(path: str, value: Any) -> Any:
    return value if isinstance(value, bool) else _refuse(path, value, "true or false")


def text(path: str, value: Any) -> Any:
    return value if isinstance(value, str) else _refuse(path, value, "a text")


def seconds(path: str, value: Any) -> Any:
    length = said(value) if isinstance(value, str) else value
    if isinstance(length, bool) or not isinstance(length, (int, float, timedelta)):
        _refuse(path, value, "a number of seconds, or a text such as '30s', '200ms', '5m', '1h'")
    return length


def off(reader: Reader) -> Reader:
    """The same; `false` switches it off."""
    return lambda path, value: None if value is None or value is False else reader(path, value)


def window(path: str, value: Any) -> Window:
    if isinstance(value, Window):
        return value
    given = dict(table(path, value))
    if given.keys() == {"calls"}:
        return last_calls(whole(f"{path}.calls", given["calls"]))
    if "time" in given and given.keys() <= {"time", "buckets"}:
        buckets = whole(f"{path}.buckets", given["buckets"]) if "buckets" in given else None
        return last_seconds(seconds(f"{path}.time", given["time"]), buckets=buckets)
    _refuse(path, value, "{ calls = 100 } or { time = '30s' }, the latter with or without buckets")


def open_for(path: str, value: Any) -> Any:
    if isinstance(value, Backoff) or not hasattr(value, "keys"):
        return value if isinstance(value, Backoff) else seconds(path, value)
    given = read({"first": seconds, "multiplier": number, "max": seconds, "jitter": number}, path, table(path, value))
    if "first" not in given:
        _refuse(path, value, "a length of time, or a table with first, and with or without multiplier, max, jitter")
    return backoff(given.pop("first"), **given)


def trial_timeout(path: str, value: Any) -> Any:
    if isinstance(value, Stay) or not hasattr(value, "keys"):
        return value if isinstance(value, Stay) else seconds(path, value)
    given = read({"stay": seconds, "then": text}, path, table(path, value))
    if "stay" not in given:
        _refuse(path, value, "a length of time, or a table with stay, and with or without then")
    return longest_stay(given.pop("stay"), **given)


def _named(path: str, name: str) -> Any:
    """The thing of that name: `OSError`, `httpx.TransportError`, `service.rules.is_ours`."""
    from importlib import import_module

    module, _, last = name.rpartition(".")
    try:
        return getattr(import_module(module or "builtins"), last)
    except (ImportError, AttributeError, ValueError) as error:
        msg = f"{path}: there is no {name!r} ({error})"
        raise ValueError(msg) from None


def function(path: str, value: Any) -> Any:
    found = _named(path, value) if isinstance(value, str) else value
    return found if callable(found) else _refuse(path, value, "a function, or the name of one")


def exceptions(path: str, value: Any) -> Any:
    if isinstance(value, str):
        value = _named(path, value)
    elif isinstance(value, (list, tuple)):
        value = tuple(exceptions(f"{path}[{number}]", item) for number, item in enumerate(value))
    if not (callable(value) or isinstance(value, tuple)):
        _refuse(path, value, "an exception class, a list of them, a function, or their names")
    return value


def names(path: str, value: Any) -> Any:
    if not (isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)):
        _refuse(path, value, "a list of names such as 'breaker.payments'")
    return tuple(value)
