"""An outage of a real HTTP service in a process of its own, seen through retry, breaker, limiter, bulkhead and timeout.

The gates have a clock that is moved by hand: no number depends on how busy the machine is.
"""

import concurrent.futures
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import requests
from anyio.from_thread import start_blocking_portal

import overcurrent as oc

PATIENCE = 60  # seconds, for a machine that hangs


class Server:
    """The process, and what is asked of it beside the calls."""

    def __init__(self):
        self.port = 0
        self.start()

    def start(self):
        command = [sys.executable, "-P", str(Path(__file__).with_name("service.py")), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def be(self, mode):
        requests.post(f"{self.url}/mode/{mode}", timeout=PATIENCE).raise_for_status()

    def numbers(self):
        return requests.get(f"{self.url}/numbers", timeout=PATIENCE).json()

    def wait_until(self, **expected):
        until = time.monotonic() + PATIENCE
        while not expected.items() <= self.numbers().items():
            assert time.monotonic() < until, (expected, self.numbers())
            time.sleep(0.01)


class Guards:
    """What each client goes through."""

    def __init__(self):
        self.clock = oc.ManualClock()
        self.breaker = oc.CircuitBreaker(
            "items",
            window=oc.last_calls(10),
            min_calls=5,
            open_for=10,
            trial_calls=3,
            ignore=lambda error: getattr(getattr(error, "response", None), "status_code", 0) == 404,
            clock=self.clock,
        )
        self.limiter = oc.RateLimiter(40, burst=40, name="items per second", clock=self.clock)
        self.pool = oc.Bulkhead(8, name="items at once")
        self.guard = oc.Pipeline(self.breaker, self.limiter, self.pool)
        self.retry = oc.Retry(2, first=0.001, on=lambda error: status(error) == 503)
        self.attempts = 0


def status(error):
    response = getattr(error, "response", None)
    return 0 if response is None else response.status_code


class Sync:
    """Threads and requests. Nothing interrupts them: they are handed what the deadline has left."""

    timeout = requests.Timeout

    def __init__(self, server, guards, time_limit=PATIENCE):
        self.server, self.guards, self.time_limit = server, guards, time_limit
        self.threads = concurrent.futures.ThreadPoolExecutor(16)
        self.ask = guards.retry(guards.guard(self.ask_bare))

    def ask_bare(self, number):
        self.guards.attempts += 1
        deadline = oc.Deadline(self.time_limit)
        response = requests.get(f"{self.server.url}/item/{number}", timeout=deadline.remaining())
        response.raise_for_status()
        return response.json()["number"]

    def begin(self, numbers):
        return [self.threads.submit(self.ask, number) for number in numbers]

    @contextmanager
    def running(self):
        with self.threads:
            yield self


class Async:
    """Tasks and httpx, with a timeout on the same clock as the gates."""

    def __init__(self, server, guards, backend):
        self.server, self.guards, self.backend = server, guards, backend
        limited = oc.Timeout(2, name="items in time", clock=guards.clock)(self.ask_bare)
        self.ask = guards.retry(guards.guard(limited))

    async def ask_bare(self, number):
        self.guards.attempts += 1
        response = await self.client.get(f"{self.server.url}/item/{number}")
        response.raise_for_status()
        return response.json()["number"]

    def begin(self, numbers):
        return [self.portal.start_task_soon(self.ask, number) for number in numbers]

    @contextmanager
    def running(self):
        with start_blocking_portal(self.backend) as self.portal:
            self.client = httpx.AsyncClient(timeout=None)
            yield self
            self.portal.call(self.client.aclose)


def ended(futures):
    """How calls ended: the answers, and how many times which exception."""
    answers, errors = [], {}
    for future in futures:
        error = future.exception(PATIENCE)
        if error is None:
            answers.append(future.result())
        else:
            name = type(error).__name__ if isinstance(error, (oc.OvercurrentError, oc.TimedOutError)) else "failed"
            errors[name] = errors.get(name, 0) + 1
    return answers, errors


@pytest.mark.parametrize("kind", ["threads", "asyncio", "trio"])
@pytest.mark.thread_unsafe(reason="one server, whose calls are counted")
def test_an_outage(kind):
    server, guards = Server(), Guards()
    try:
        with (Sync(server, guards) if kind == "threads" else Async(server, guards, kind)).running() as client:
            drill(server, guards, client, kind)
    finally:
        server.kill()


def drill(server, guards, client, kind):  # noqa: PLR0915 - one story
    breaker, clock = guards.breaker, guards.clock

    def calls(numbers):
        before = guards.attempts
        answers, errors = ended(client.begin(numbers))
        return guards.attempts - before, answers, errors

    # Well: everything gets through.
    for start in (0, 8, 16):
        assert calls(range(start, start + 8))[1] == list(range(start, start + 8))
    assert server.numbers()["calls"] == 24
    assert server.numbers()["most_inside"] <= 8

    # Slow: eight hang, more are not let in to hang with them.
    clock.advance(10)
    server.be("slow")
    hanging = client.begin(range(8))
    server.wait_until(inside=8)
    assert calls(range(5)) == (0, [], {"BulkheadFullError": 5})
    if kind == "threads":
        server.kill()
        assert ended(hanging) == ([], {"failed": 8})
    else:
        clock.advance(2)
        assert ended(hanging) == ([], {"TimedOutError": 8})
        server.kill()
    assert guards.pool.in_flight == 0
    assert breaker.state == "open"

    # Dead: what reaches the dead server are the trials, three in ten seconds, of twenty calls each.
    reached = 0
    for _ in range(4):
        tried, answers, errors = calls(range(20))
        assert (tried, answers, errors) == (0, [], {"CircuitOpenError": 20})
        clock.advance(10.001)
        tried, answers, errors = calls(range(8))
        assert tried == errors["failed"] == 3
        assert (answers, errors["CircuitOpenError"]) == ([], 5)
        reached += tried
        assert breaker.state == "open"
    assert reached == 12
    assert breaker.stats().trips == 5

    # Back, but failing: the same.
    server.start()
    server.be("failing")
    clock.advance(10.001)
    tried, answers, errors = calls(range(8))
    assert (tried, answers, errors) == (3, [], {"failed": 3, "CircuitOpenError": 5})
    assert server.numbers()["calls"] == 3

    # Callers with a fallback never saw any of it.
    cached = oc.Fallback(lambda number, *, error: -number)(client.ask)
    if kind == "threads":
        assert [cached(number) for number in range(1, 4)] == [-1, -2, -3]
    else:
        assert [client.portal.call(cached, number) for number in range(1, 4)] == [-1, -2, -3]

    # Healthy: three trials close it, and everything gets through again.
    server.be("well")
    clock.advance(10.001)
    assert ended(client.begin(range(3))) == ([0, 1, 2], {})
    assert breaker.state == "closed"
    assert ended(client.begin(range(8))) == (list(range(8)), {})
    assert server.numbers()["calls"] == 3 + 3 + 8

    # Flaky: every number fails once, and is tried again.
    clock.advance(10)
    server.be("flaky")
    breaker.reconfigure(failure_rate=0.9)
    assert ended(client.begin(range(8))) == (list(range(8)), {})
    assert server.numbers()["calls"] == 14 + 16

    # More than the limiter lets through: 40 at this instant, and not one more.
    clock.advance(10)
    server.be("well")
    answers, errors = [], {}
    for _ in range(6):
        got, refused = ended(client.begin(range(8)))
        answers += got
        errors |= refused
    assert len(answers) == 40
    assert errors == {"RateLimitedError": 8}
    assert server.numbers()["calls"] == 30 + 40


def test_a_deadline_ends_a_sync_call():
    server, guards = Server(), Guards()
    try:
        server.be("slow")
        with Sync(server, guards, time_limit=0.2).running() as client:
            assert isinstance(client.begin([1])[0].exception(PATIENCE), requests.Timeout)
        assert guards.breaker.stats().failed == 1
    finally:
        server.kill()


def test_a_server_says_when_to_come_back():
    server, guards = Server(), Guards()
    try:
        server.be("busy")
        with pytest.raises(requests.HTTPError), guards.breaker.permit() as permit:
            response = requests.get(f"{server.url}/item/1", timeout=PATIENCE)
            if response.status_code == 429:
                permit.fail(retry_after=float(response.headers["Retry-After"]))
            response.raise_for_status()
        with pytest.raises(oc.CircuitOpenError) as refused:
            guards.breaker.enter()
        assert refused.value.retry_after == pytest.approx(60)
        assert server.numbers()["calls"] == 1
    finally:
        server.kill()
