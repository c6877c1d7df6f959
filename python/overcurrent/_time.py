"""Lengths of time, from what users write."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from overcurrent._native import _Seconds

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def positive(what: str, value: _Seconds) -> float:
    """Seconds, from a number or a `timedelta`."""
    if isinstance(value, bool) or not (isinstance(value, (int, float)) or hasattr(value, "total_seconds")):
        msg = f"{what} must be a number of seconds or a timedelta, not {value!r}"
        raise TypeError(msg)
    seconds = float(value) if isinstance(value, (int, float)) else value.total_seconds()
    if not seconds > 0:
        msg = f"{what} is {seconds}; it must be more than 0"
        raise ValueError(msg)
    return seconds


def said(text: str) -> float | None:
    """Seconds, from `"1.5s"`, `"200ms"`, `"5m"`, `"1h"`, `"1d"`, or a unit alone; `None` if it is none of these."""
    number = text.rstrip("msdh")
    unit = _UNITS.get(text[len(number) :])
    if unit is None or not (number == "" or number.replace(".", "", 1).isdecimal()):
        return None
    return float(number or 1) * unit
