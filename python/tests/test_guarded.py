"""The native callable that a decorated function becomes: what it keeps of the function, and what it must not leak."""

import copy
import functools
import gc
import inspect
import logging
import pickle
import threading
import tracemalloc
import types
import typing
import weakref

import pytest

import overcurrent as oc
from overcurrent import _native


def breaker(**settings):
    return oc.CircuitBreaker("it", window=oc.last_calls(100), min_calls=100, clock=oc.ManualClock(), **settings)


BREAKER = breaker()


@BREAKER
def by_name(a: "int", /, b=2, *args, c, d=4, **kwargs) -> "tuple[object, ...]":
    """Returns what it got."""
    return a, b, args, c, d, kwargs


def test_arguments_arrive_as_they_were_given():
    assert type(by_name) is _native.Guarded
    assert by_name(1, c=3) == (1, 2, (), 3, 4, {})
    assert by_name(1, 5, 6, 7, c=3, e=8) == (1, 5, (6, 7), 3, 4, {"e": 8})
    assert by_name(*range(30), **{f"k{i}": i for i in range(30)}, c=0)[2] == tuple(range(2, 30))
    # By the slot for callers that bring a tuple and a dictionary.
    assert type(by_name).__call__(by_name, 1, c=3, x=9) == (1, 2, (), 3, 4, {"x": 9})
    assert functools.partial(by_name, 1, c=3)(5) == (1, 5, (), 3, 4, {})
    assert list(map(BREAKER(abs), [-1, 2])) == [1, 2]
    for bad in ((), (1,)):
        with pytest.raises(TypeError, match="missing"):
            by_name(*bad)
    gate = breaker()
    gate(by_name)(1, c=3)
    assert gate.stats().calls == 1


def test_it_looks_like_the_function():
    function = by_name.__wrapped__
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__code__", "__defaults__", "__kwdefaults__"):
        assert getattr(by_name, name) == getattr(function, name)
    assert by_name.__annotations__ == function.__annotations__
    assert typing.get_type_hints(by_name) == {"a": int, "return": tuple[object, ...]}
    assert inspect.signature(by_name) == inspect.signature(function)
    assert inspect.unwrap(by_name) is function
    assert inspect.getsource(by_name) == inspect.getsource(function)
    assert inspect.isroutine(by_name)
    assert by_name.__globals__ is globals()
    assert repr(by_name) == f"<{function!r} guarded by it>"
    with pytest.raises(AttributeError, match="no_such_thing"):
        by_name.no_such_thing  # noqa: B018
    by_name.mark = 1
    assert (by_name.mark, by_name.__dict__["mark"], hasattr(function, "mark")) == (1, 1, False)
    del by_name.mark
    assert not hasattr(by_name, "mark")
    by_name.__doc__, was = "Another.", by_name.__doc__
    assert (by_name.__doc__, function.__doc__) == ("Another.", "Returns what it got.")
    by_name.__doc__ = was
    with pytest.raises(TypeError, match="cannot create"):
        type(by_name)()


def test_it_is_pickled_and_copied_like_a_function():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(by_name, protocol)) is by_name
    assert copy.copy(by_name) is by_name
    assert copy.deepcopy([by_name])[0] is by_name
    local = BREAKER(lambda: None)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local)


def test_methods_and_what_else_stands_in_a_class():
    class Base:
        @BREAKER
        def method(self, *args, **kwargs):
            return self, args, kwargs

        @classmethod
        @BREAKER
        def of_class(cls, x=0):
            return cls, x

        @staticmethod
        @BREAKER
        def static(x):
            return x

        @property
        @BREAKER
        def value(self):
            return 7

        @BREAKER
        def __call__(self, x):
            return x + 1

        @functools.cached_property
        def cached(self):
            return BREAKER(self.method)

    class Derived(Base):
        def method(self, *args):
            return super().method(*args, more=1)

        def __init_subclass__(cls):
            raise AssertionError

    it = Derived()
    assert it.method(1, 2) == (it, (1, 2), {"more": 1})
    assert Base.method(it, 3) == (it, (3,), {})
    assert isinstance(it.of_class.__self__, type)
    assert (Derived.of_class(4), it.static(5), it.value, it(6)) == ((Derived, 4), 5, 7, 7)
    bound = Base().method
    assert isinstance(bound, types.MethodType)
    assert bound.__func__ is Base.method
    assert bound == bound.__self__.method
    assert str(inspect.signature(bound)) == "(*args, **kwargs)"
    assert it.cached(8)[1] == (8,)
    assert Base.method.__get__(None, Base) is Base.method


def test_nested_guards_and_guarded_builtins():
    inner, outer = breaker(), breaker()
    both = outer(inner(len))
    assert both("abc") == 3
    assert (inner.stats().calls, outer.stats().calls) == (1, 1)
    inner.force_open()
    with pytest.raises(oc.CircuitOpenError):
        both("abc")
    assert outer.stats().calls == 1  # a refusal says nothing about the other side


def test_exceptions_pass_with_traceback_and_context():
    @BREAKER
    def fails(cause):
        raise OSError("there") from cause

    cause = KeyError("why")
    with pytest.raises(OSError, match="there") as caught:
        fails(cause)
    assert caught.value.__cause__ is cause
    assert [entry.name for entry in caught.traceback][-1] == "fails"
    with pytest.raises(KeyboardInterrupt):
        BREAKER(lambda: (_ for _ in ()).throw(KeyboardInterrupt))()
    # A rule that raises: the caller hears of it.
    for settings in ({"failure_result": lambda result: 1 / 0}, {"failures": lambda error: 1 / 0}):
        with pytest.raises(ZeroDivisionError):
            breaker(**settings)(lambda: [] if "failure_result" in settings else {}[0])()


def test_recursion_ends_in_an_exception():
    @breaker()
    def forever(n):
        return forever(n + 1)

    with pytest.raises(RecursionError):
        forever(0)


def test_weak_references_and_cycles_are_collected():
    class Token:
        pass

    def tracked():
        return sum(isinstance(it, oc.CircuitBreaker) for it in gc.get_objects())

    gc.collect()
    before = tracked()
    token = Token()
    gate = breaker()

    def function(held=token):
        return held

    function.itself = wrapper = gate(function)
    gate.on_event(wrapper)  # a cycle with native parts only in it: gate, listener, gate
    gate.on_event(gate.enter)
    gate.on_event(gate.permit().success)
    oc.Pipeline(gate)(wrapper).again = wrapper
    seen = [weakref.ref(it) for it in (token, wrapper, gate)]
    callbacks = []
    watched = weakref.ref(wrapper, callbacks.append)
    del token, function, wrapper, gate
    gc.collect()
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
    assert callbacks == [watched]
    assert tracked() == before  # weak references go before the cycle is broken, so they do not tell that it was


def test_calls_leak_nothing():
    logging.disable(logging.CRITICAL)  # pytest keeps what is logged
    gate = breaker(failures=OSError)
    guard = oc.Pipeline(gate, oc.Bulkhead(4))

    class It:
        @guard
        def method(self, x, *, y=0):
            return object()

    def fails():
        raise OSError

    it, fails = It(), gate(fails)

    def use():
        for _ in range(300):
            it.method(object(), y=object())
            It().method(1)
            try:
                fails()
            except OSError:
                pass
            gate.reset()
            gate(lambda: 0)()
            gate.force_open()
            try:
                it.method(1)
            except oc.CircuitOpenError:
                pass
            gate.close()

    use()
    tracemalloc.start()
    use()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3):
        use()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    logging.disable(logging.NOTSET)
    assert grown < 5_000


def test_threads_call_one_wrapper():
    pool = oc.Bulkhead(1_000)
    counted = breaker()
    guard = oc.Pipeline(counted, pool)
    add = guard(lambda a, *, b: a + b)
    wrong = []

    def work(i):
        for n in range(2_000):
            if add(i, b=n) != i + n:
                wrong.append((i, n))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, pool.in_flight, counted.stats().calls) == ([], 0, 100)
