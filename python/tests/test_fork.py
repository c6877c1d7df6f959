"""A forked child goes on by itself."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, sys, threading, time
import overcurrent as oc

limiter, pool, breaker = oc.RateLimiter(1000, burst=1), oc.Bulkhead(1), oc.CircuitBreaker("x")
slow = oc.RateLimiter(10, burst=1)
limiter.acquire()
slow.acquire()
held = pool.enter()
jitter = oc.Retry(2, first=1, sleep=lambda wait: waits.append(wait))
waits = []

def fails():
    raise OSError

def waits_for_a_retry():
    try:
        jitter.call(fails)
    except OSError:
        return waits.pop()

waits_for_a_retry()

def goes_on():
    for _ in range(5):
        limiter.acquire(timeout=60)
        breaker.call(len, "")
    assert slow.waiting == pool.waiting == 0, (slow.waiting, pool.waiting)
    held.success()
    pool.acquire(timeout=60).success()
    slow.acquire(timeout=60)

    async def tasks():
        (await pool.acquire_async(timeout=60)).success()
        await slow.acquire_async(timeout=60)

    asyncio.run(tasks())

def fork(then):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, repr(waits_for_a_retry()).encode())
            then()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writer)
    assert os.waitpid(pid, 0)[1] == 0
    return float(os.read(reader, 100))
"""

THREADS = """
endless = oc.RateLimiter(1, per=3600)
endless.acquire()
for what in (slow, slow, pool, endless):
    threading.Thread(target=what.acquire, daemon=True).start()
until = time.monotonic() + 60
while not pool.waiting or not endless.waiting:
    assert time.monotonic() < until
    time.sleep(0.001)
slow.penalize_for(0.2)  # its waiters are there when it forks
fork(goes_on)
fork(goes_on)
"""

TASKS = """
async def main():
    tasks = [asyncio.create_task(what.acquire_async()) for what in (slow, slow, pool)]
    await asyncio.sleep(0)
    assert (slow.waiting, pool.waiting) == (2, 1)
    threading.Thread(target=lambda: waits.append(fork(goes_on))).start()
    while len(waits) == 0:
        await asyncio.sleep(0.01)
    held.success()
    (await tasks.pop()).success()  # the parent's own are still there
    await asyncio.gather(*tasks)

asyncio.run(main())
"""

RANDOM = """
waits_of = {fork(int), fork(int), waits_for_a_retry()}
assert len(waits_of) == 3, waits_of  # otherwise all workers of a server would try again at the same time
"""

if hasattr(os, "fork"):

    @pytest.mark.parametrize("and_then", [THREADS, TASKS, RANDOM], ids=["threads", "tasks", "random"])
    def test_it_neither_waits_behind_those_who_are_not_there_nor_repeats_its_parent(and_then):
        code = PROGRAM + and_then
        out = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-c", code], check=False, capture_output=True, text=True, timeout=200
        )
        assert (out.returncode, out.stderr) == (0, "")
