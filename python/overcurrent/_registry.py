"""Gates by name."""

from __future__ import annotations

from collections.abc import Mapping

from overcurrent._gates import Bulkhead, CircuitBreaker, CycleLimiter, Pipeline, RateLimiter
from overcurrent._native import RetryBudget
from overcurrent._pipe import Pipe, pipe
from overcurrent._retry import Retry
from overcurrent._timeout import Timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from overcurrent._native import ManualClock, _Seconds
    from overcurrent._settings import Reader

    _T = TypeVar("_T")


class _Kind:
    """What can be made by name: from which settings, and how one changes while it runs.

    `change` returns what takes the change back.
    """

    __slots__ = ("change", "clocked", "fields", "live", "make", "named", "tell")

    def __init__(
        self,
        make: Callable[..., Any],
        fields: Mapping[str, Reader],
        *,
        live: tuple[str, ...] = (),
        change: Callable[[Any, dict[str, Any]], Callable[[], object]] | None = None,
        tell: Callable[[Any], dict[str, Any]] | None = None,
        named: bool = True,
        clocked: bool = True,
    ) -> None:
        self.make = make
        self.fields = fields
        self.live = live
        self.change = change
        self.tell = tell
        self.named = named
        self.clocked = clocked


def _kinds() -> dict[str, _Kind]:
    from overcurrent import _settings as s

    policy = {
        "window": s.window,
        "failure_rate": s.off(s.number),
        "min_calls": s.off(s.whole),
        "slow_call": s.off(s.seconds),
        "slow_rate": s.off(s.number),
        "failure_count": s.off(s.whole),
        "consecutive_failures": s.off(s.whole),
        "open_for": s.open_for,
        "trial_calls": s.whole,
        "trial_min": s.off(s.whole),
        "trial_timeout": s.off(s.trial_timeout),
        "auto_half_open": s.flag,
    }
    retry = {
        "attempts": s.whole,
        "on": s.exceptions,
        "failure_result": s.function,
        "first": s.seconds,
        "multiplier": s.number,
        "max": s.seconds,
        "jitter": s.text,
        "max_wait": s.off(s.seconds),
        "timeout": s.off(s.seconds),
        "budget": s.off(s.text),
        "respect_retry_after": s.flag,
        "on_retry": s.function,
    }
    rules = {"failures": s.exceptions, "ignore": s.exceptions, "failure_result": s.function}
    return {
        "breaker": _Kind(
            CircuitBreaker,
            policy | rules | {"state": s.text},
            live=tuple(policy),
            change=_change_breaker,
            tell=_breaker,
        ),
        "limiter": _Kind(
            RateLimiter,
            {"rate": s.whole, "per": s.seconds, "burst": s.whole, "initial": s.whole},
            live=("rate", "per", "burst"),
            change=_change_limiter,
            tell=lambda gate: {"remaining": gate.peek().remaining, "waiting": gate.waiting},
        ),
        "cycle_limiter": _Kind(
            CycleLimiter,
            {"limit": s.whole, "period": s.seconds, "timeout": s.seconds, "limit_change": s.text},
            live=("limit", "timeout"),
            change=_change_cycles,
            tell=lambda gate: {"available": gate.available, "waiting": gate.waiting},
        ),
        "bulkhead": _Kind(
            Bulkhead,
            {"max": s.whole},
            live=("max",),
            change=_change_bulkhead,
            tell=lambda gate: {"in_flight": gate.in_flight, "max": gate.max, "waiting": gate.waiting},
        ),
        "retry_budget": _Kind(
            RetryBudget,
            {"ratio": s.number, "min_per_second": s.whole, "cap": s.whole},
            tell=lambda budget: {"available": budget.available},
            named=False,
        ),
        "retry": _Kind(Retry, retry, live=tuple(retry), change=_change_retry, named=False),
        "timeout": _Kind(Timeout, {"timeout": s.seconds}, live=("timeout",), change=_change_timeout),
        "pipeline": _Kind(Pipeline, {"gates": s.names} | rules, clocked=False),
        "pipe": _Kind(pipe, {"policies": s.names}, named=False, clocked=False),
    }


def _breaker(gate: CircuitBreaker) -> dict[str, Any]:
    stats = gate.stats()
    numbers = {field: getattr(stats, field) for field in ("calls", "failed", "slow", "slow_failed", "refused", "trips")}
    return {"state": str(stats.state)} | numbers


def _change_breaker(gate: CircuitBreaker, settings: dict[str, Any]) -> Callable[[], object]:
    made = gate._made
    gate.reconfigure(**settings)
    return lambda: gate._go_back(made)


def _change_limiter(gate: RateLimiter, settings: dict[str, Any]) -> Callable[[], object]:
    rate, per, burst = gate.rate, gate.per, gate.burst
    gate.reconfigure(**settings)
    return lambda: gate.reconfigure(rate, per=per, burst=burst)


def _change_cycles(gate: CycleLimiter, settings: dict[str, Any]) -> Callable[[], object]:
    before = {"limit": gate.limit, "timeout": gate.timeout}
    gate.set_limit(settings.get("limit", gate.limit))
    gate.set_timeout(settings.get("timeout", gate.timeout))
    return lambda: _change_cycles(gate, before)


def _change_bulkhead(gate: Bulkhead, settings: dict[str, Any]) -> Callable[[], object]:
    before = gate.max
    gate.resize(settings["max"])
    return lambda: gate.resize(before)


def _change_retry(retry: Retry, settings: dict[str, Any]) -> Callable[[], object]:
    before = retry._given
    retry.reconfigure(**settings)
    return lambda: retry.reconfigure(**before)


def _change_timeout(timeout: Timeout, settings: dict[str, Any]) -> Callable[[], object]:
    before = timeout.timeout
    timeout.reconfigure(settings["timeout"])
    return lambda: timeout.reconfigure(before)


class _Entry:
    __slots__ = ("settings", "thing")

    def __init__(self, thing: Any, settings: dict[str, Any]) -> None:
        self.thing = thing
        self.settings = settings


class Registry(Mapping[str, "Any"]):
    """Gates by name: the same name is the same gate. A mapping from `"breaker.payments"` and the like.

    `defaults` are settings for each kind: `{"breaker": {"min_calls": 20}}`. Threads may ask for the same name at once.
    """

    __slots__ = ("_clock", "_defaults", "_entries", "_kinds")

    def __init__(
        self, defaults: Mapping[str, Mapping[str, Any]] | None = None, *, clock: ManualClock | None = None
    ) -> None:
        self._kinds = _kinds()
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._defaults: dict[str, dict[str, Any]] = self._read_defaults(defaults or {})

    # One by one

    def breaker(self, name: str, **settings: Any) -> CircuitBreaker:
        """The circuit breaker of that name, made with these settings if there is none yet."""
        return self._get(CircuitBreaker, "breaker", name, settings)

    def limiter(self, name: str, rate: int | None = None, **settings: Any) -> RateLimiter:
        """The rate limiter of that name, made with these settings if there is none yet."""
        return self._get(RateLimiter, "limiter", name, _with("rate", rate, settings))

    def cycle_limiter(self, name: str, limit: int | None = None, **settings: Any) -> CycleLimiter:
        """The limiter of fixed cycles of that name, made with these settings if there is none yet."""
        return self._get(CycleLimiter, "cycle_limiter", name, _with("limit", limit, settings))

    def bulkhead(self, name: str, max: int | None = None) -> Bulkhead:
        """The bulkhead of that name, made for `max` calls at once if there is none yet."""
        return self._get(Bulkhead, "bulkhead", name, _with("max", max, {}))

    def retry_budget(self, name: str, **settings: Any) -> RetryBudget:
        """The retry budget of that name, made with these settings if there is none yet."""
        return self._get(RetryBudget, "retry_budget", name, settings)

    def retry(self, name: str, attempts: int | None = None, **settings: Any) -> Retry:
        """The retry of that name, made with these settings if there is none yet; `budget` is the name of one."""
        return self._get(Retry, "retry", name, _with("attempts", attempts, settings))

    def timeout(self, name: str, timeout: _Seconds | str | None = None) -> Timeout:
        """The time limit of that name, made for so long if there is none yet."""
        return self._get(Timeout, "timeout", name, _with("timeout", timeout, {}))

    def pipeline(self, name: str, *gates: str, **settings: Any) -> Pipeline:
        """The pipeline of that name, made of gates by their names (`"breaker.payments"`) if there is none yet."""
        return self._get(Pipeline, "pipeline", name, _with("gates", gates or None, settings))

    def pipe(self, name: str, *policies: str) -> Pipe:
        """The pipe of that name, made of policies by their names, the outermost first, if there is none yet."""
        return self._get(Pipe, "pipe", name, _with("policies", policies or None, {}))

    def _get(self, kind: type[_T], word: str, name: str, given: dict[str, Any]) -> _T:
        from overcurrent._settings import read

        path = f"{word}.{name}"
        given = read(self._kinds[word].fields, path, given)
        entry = self._entries.get(path)
        if entry is None:
            settings = self._defaults.get(word, {}) | given
            made = _Entry(self._make(word, name, settings), settings)
            entry = self._entries.setdefault(path, made)  # another thread may have been faster
        for key, value in given.items():
            if key not in entry.settings or entry.settings[key] != value:
                msg = f"{path}.{key} is {entry.settings.get(key)!r} already, not {value!r}; `load` changes settings"
                raise ValueError(msg)
        assert isinstance(entry.thing, kind)
        return entry.thing

    def _make(self, word: str, name: str, settings: dict[str, Any], made: Mapping[str, _Entry] | None = None) -> Any:
        """A new one, or an error that says where in the settings it comes from."""
        path, kind = f"{word}.{name}", self._kinds[word]
        known = self._entries if made is None else {**self._entries, **made}
        arguments = _resolved(known, path, settings)
        if kind.named:
            arguments["name"] = name
        if kind.clocked:
            arguments["clock"] = self._clock
        parts = arguments.pop("gates", ()) or arguments.pop("policies", ())
        try:
            return kind.make(*parts, **arguments)
        except (TypeError, ValueError, OverflowError) as error:
            raise _at(path, settings, error) from None

    # All at once

    def load(self, settings: Mapping[str, Any]) -> None:
        """Makes what `settings` name, and changes what there is already, in place: from a dict, JSON or TOML.

        `{"defaults": {KIND: {...}}, KIND: {NAME: {...}}}`, the kinds being breaker, limiter, cycle_limiter, bulkhead,
        retry_budget, retry, timeout, pipeline and pipe. Everything is checked before anything is changed. What is not
        named stays as it is. What a pipeline or a pipe is made of, and how failures are told, cannot change.
        """
        from overcurrent._settings import read, table

        for word in settings:
            if word != "defaults" and word not in self._kinds:
                msg = f"{word}: there is no such kind; there are defaults, {', '.join(self._kinds)}"
                raise TypeError(msg)
        defaults = self._defaults | self._read_defaults(table("defaults", settings.get("defaults", {})))
        made: dict[str, _Entry] = {}
        changes: list[tuple[str, _Kind, _Entry, dict[str, Any]]] = []
        for word, kind in self._kinds.items():  # in this order: what others are made of first
            for name, own in table(word, settings.get(word, {})).items():
                path = f"{word}.{name}"
                wanted = defaults.get(word, {}) | read(kind.fields, path, table(path, own))
                entry = self._entries.get(path)
                if entry is None:
                    made[path] = _Entry(self._make(word, name, wanted, made), wanted)
                    continue
                change = {k: v for k, v in wanted.items() if k not in entry.settings or entry.settings[k] != v}
                for key in change:
                    if key not in kind.live:
                        msg = f"{path}.{key} cannot change while it runs: it is {entry.settings.get(key)!r}"
                        raise ValueError(msg)
                if change:
                    self._make(word, name, entry.settings | wanted, made)  # only to see whether it is right
                    changes.append((path, kind, entry, change))
        self._change(changes, {**self._entries, **made})
        self._defaults = defaults
        for path, entry in made.items():
            self._entries.setdefault(path, entry)

    def _change(self, changes: list[tuple[str, _Kind, _Entry, dict[str, Any]]], known: Mapping[str, _Entry]) -> None:
        done: list[tuple[_Entry, dict[str, Any], Callable[[], object]]] = []
        for path, kind, entry, change in changes:
            assert kind.change is not None
            try:
                back = kind.change(entry.thing, _resolved(known, path, change))
            except (ValueError, RuntimeError) as error:
                # A window that is larger than it was made for: what was changed before it goes back.
                for before, settings, back in reversed(done):
                    back()
                    before.settings = settings
                raise _at(path, change, error) from None
            done.append((entry, entry.settings, back))
            entry.settings = entry.settings | change

    def _read_defaults(self, defaults: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        from overcurrent._settings import read, table

        for word in defaults:
            if word not in self._kinds:
                msg = f"defaults.{word}: there is no such kind; there are {', '.join(self._kinds)}"
                raise TypeError(msg)
        return {
            word: read(self._kinds[word].fields, f"defaults.{word}", table(f"defaults.{word}", own))
            for word, own in defaults.items()
        }

    def stats(self) -> dict[str, dict[str, Any]]:
        """The numbers of everything that has some, by name; plain enough for JSON."""
        numbers = {}
        for path, entry in list(self._entries.items()):
            tell = self._kinds[path.partition(".")[0]].tell
            if tell is not None:
                numbers[path] = tell(entry.thing)
        return numbers

    def snapshot(self) -> dict[str, str]:
        """The state of every breaker and limiter, to `restore` after a restart: bytes in base64, plain for JSON."""
        from base64 import b64encode

        entries = list(self._entries.items())
        return {
            path: b64encode(entry.thing.snapshot()).decode()
            for path, entry in entries
            if hasattr(entry.thing, "snapshot")
        }

    def restore(self, snapshot: Mapping[str, str], *, age: _Seconds | None = None) -> list[str]:
        """Goes on from a snapshot that is `age` old; says which names of it are not here."""
        from base64 import b64decode

        unknown = []
        for path, encoded in snapshot.items():
            entry = self._entries.get(path)
            if entry is None:
                unknown.append(path)
                continue
            try:
                entry.thing.restore(b64decode(encoded, validate=True), age=age)
            except ValueError as error:
                msg = f"{path}: {error}"
                raise ValueError(msg) from None
        return unknown

    # As a mapping

    def __getitem__(self, path: str) -> Any:
        return self._entries[path].thing

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<Registry of {', '.join(self._entries) or 'nothing'}>"


def _with(key: str, value: object, settings: dict[str, Any]) -> dict[str, Any]:
    return settings if value is None else {key: value, **settings}


def _resolved(known: Mapping[str, _Entry], path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with things in place of their names."""
    arguments = dict(settings)
    if arguments.get("budget") is not None:
        arguments["budget"] = _found(known, f"{path}.budget", f"retry_budget.{arguments['budget']}")
    for key in ("gates", "policies"):
        if key in arguments:
            names = enumerate(arguments[key])
            arguments[key] = tuple(_found(known, f"{path}.{key}[{number}]", name) for number, name in names)
    return arguments


def _found(known: Mapping[str, _Entry], where: str, path: str) -> Any:
    if path not in known:
        msg = f"{where}: there is no {path!r}; there are {', '.join(known) or 'none yet'}"
        raise ValueError(msg)
    return known[path].thing


def _at(path: str, settings: Mapping[str, Any], error: Exception) -> Exception:
    """The same error, with the path of the field that it names."""
    message = str(error)
    joint = "." if message.partition(" ")[0] in settings else ": "
    return type(error)(f"{path}{joint}{message}")
