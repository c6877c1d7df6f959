"""Several policies as one."""

from __future__ import annotations

from functools import partial

from overcurrent._fallback import Fallback
from overcurrent._gates import Bulkhead, CircuitBreaker, CycleLimiter, Pipeline, RateLimiter
from overcurrent._retry import Retry
from overcurrent._timeout import Timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, ParamSpec, TypeAlias, TypeVar

    _P = ParamSpec("_P")
    _T = TypeVar("_T")
    _F = TypeVar("_F", bound=Callable[..., Any])
    _Gate: TypeAlias = CircuitBreaker | RateLimiter | CycleLimiter | Bulkhead
    _Layer: TypeAlias = CircuitBreaker | Bulkhead | Pipeline | Retry | Timeout | Fallback
    _Policy: TypeAlias = _Gate | _Layer

_GATES = (CircuitBreaker, RateLimiter, CycleLimiter, Bulkhead)
_LAYERS = (Pipeline, Retry, Timeout, Fallback)


def _join(gates: list[_Gate]) -> _Layer:
    """What asks them together. A limiter alone guards nothing; in a pipeline it does."""
    if len(gates) == 1 and isinstance(gates[0], (CircuitBreaker, Bulkhead)):
        return gates[0]
    return Pipeline(*gates)


def _layers(policies: tuple[_Policy, ...]) -> tuple[_Layer, ...]:
    """One a policy; gates that stand next to each other are one."""
    layers: list[_Layer] = []
    gates: list[_Gate] = []
    for policy in policies:
        if isinstance(policy, _GATES):
            gates.append(policy)
            continue
        if not isinstance(policy, _LAYERS):
            msg = f"{policy!r} is not a breaker, a limiter, a bulkhead, a pipeline, a Retry, a Timeout or a Fallback"
            raise TypeError(msg)
        if gates:
            layers.append(_join(gates))
            gates = []
        layers.append(policy)
    if gates:
        layers.append(_join(gates))
    return tuple(layers)


class Pipe:
    """What `pipe` makes: decorates sync and async functions, and calls them."""

    __slots__ = {"_layers": None, "policies": "What it is made of, the first outermost."}

    def __init__(self, *policies: _Policy | Pipe) -> None:
        flat: list[_Policy] = []
        for policy in policies:
            flat += policy.policies if isinstance(policy, Pipe) else (policy,)
        if not flat:
            msg = "a pipe needs at least one policy"
            raise TypeError(msg)
        self.policies: tuple[_Policy, ...] = tuple(flat)
        self._layers = _layers(self.policies)

    def __call__(self, function: _F) -> _F:
        for layer in reversed(self._layers):
            function = layer(function)
        return function

    def call(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Calls `function(*args, **kwargs)` through all of them."""
        call: Callable[..., _T] = function
        for layer in reversed(self._layers):
            if isinstance(layer, Timeout):
                msg = f"nothing can stop a sync call for {layer!r}: use call_async, or what a Deadline has left"
                raise TypeError(msg)
            call = partial(layer.call, call)
        return call(*args, **kwargs)

    async def call_async(self, function: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Awaits `function(*args, **kwargs)` through all of them."""
        call: Callable[..., Awaitable[_T]] = function
        for layer in reversed(self._layers):
            call = partial(layer.call_async, call)
        return await call(*args, **kwargs)

    def __repr__(self) -> str:
        return f"pipe({', '.join(map(repr, self.policies))})"


def pipe(*policies: _Policy | Pipe) -> Pipe:
    """Several policies as one, the first outermost: `pipe(Retry(3), Timeout(1.5), breaker, limiter)`.

    Breakers, limiters and bulkheads that stand next to each other are asked together, as a `Pipeline` asks them: all or
    nothing, and a refusal by one takes nothing from the others.
    """
    return Pipe(*policies)
