"""Replays recorded behaviour against the public Python API.  run.py PATH...

Folders are walked; `*_quirks*` files in them are passed over, as by the Rust runner. The last line is `N passed, N
failed`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import overcurrent as oc

HOUR = 3_600_000_000_000
STATES = ("closed", "open", "half-open", "disabled", "forced-open", "metrics-only")


class Differs(Exception):
    """Something other than recorded."""


def s(nanoseconds: int) -> float:
    """Seconds; exact, for every time in the traces."""
    seconds = nanoseconds / 1e9
    if round(seconds * 1e9) != nanoseconds:
        raise Differs(f"{nanoseconds} ns cannot be said in seconds")
    return seconds


def ns(seconds: float) -> int:
    return round(seconds * 1e9)


def expect(number: int, what: str, expected: object, got: object) -> None:
    if expected != got:
        raise Differs(f"op {number}: {what}: expected {expected!r}, got {got!r}")


def breaker(trace: dict[str, Any]) -> None:
    cfg = trace["cfg"]
    begin = HOUR + cfg["phase"]
    clock = oc.ManualClock(s(begin))
    size, trials, least = cfg["size"], cfg["half_open_calls"], cfg["min_calls"]
    wait = cfg["wait"]
    open_for: Any = s(wait[1] * 10**6)
    if wait[0] == "exp":
        open_for = oc.backoff(s(wait[1] * 10**6), multiplier=wait[2] / 1e3, max=s(wait[3] * 10**6))
    stay = cfg["half_open_max_wait"]
    then = ("closed", "open")[cfg["half_open_max_wait_to"]]
    gate = oc.CircuitBreaker(
        trace["id"],
        window=oc.last_calls(size) if cfg["window"] == "count" else oc.last_seconds(size, buckets=size),
        # The reference clamps a minimum to the window when it judges; we refuse such settings.
        min_calls=min(least, size) if cfg["window"] == "count" else least,
        failure_rate=cfg["fail_thr"] / 1e5,
        slow_rate=cfg["slow_thr"] / 1e5,
        slow_call=s(cfg["slow_dur"]),
        trial_calls=trials,
        trial_min=min(least, trials),
        open_for=open_for,
        trial_timeout=oc.longest_stay(s(stay * 10**6), then=then) if stay else None,
        auto_half_open=bool(cfg["auto"]),
        state=STATES[cfg["init"]],
        clock=clock,
    )
    journal = oc.Journal()
    gate.on_event(journal)
    permits = []  # kept: a permit that is dropped is given back, and traces report late
    for number, op in enumerate(trace["ops"]):
        clock.set(s(begin + op[0]))
        expect(number, "r", op[4], touch(gate, op, begin, permits))
        seen = gate.stats()
        expect(number, "state", STATES[op[5]], str(seen.state))
        counts = [seen.calls, seen.failed, seen.slow, seen.slow_failed, seen.refused]
        expect(number, "calls, failed, slow, slow_failed, not_permitted", op[6:11], counts)
        recorded = [event for event in op[11].split() if event not in ("S", "E", "I")]
        expect(number, "events", recorded, [letter for event in journal.drain() for letter in letters(event)])
    expect(len(trace["ops"]), "dropped events", 0, journal.dropped)


def touch(gate: oc.CircuitBreaker, op: list[Any], begin: int, permits: list[oc.Permit]) -> int:
    """Does what the trace did; what it answered."""
    name = op[1]
    outcome = "failure" if name in ("err", "rbad", "xbadf", "xerrf", "xerru") else "success"
    try:
        match name:
            case "acq":
                permits.append(gate.enter())
            case "ok" | "unr" | "rok" | "err" | "rbad" | "xbadf":
                gate.record_untracked(outcome, s(op[2]))
            case "ign" | "rel":
                gate.release_untracked()
            case "xokf" | "xerrf":
                gate.record_untracked(outcome, s(op[2]), open_for=s(op[3] * 10**6))
            case "xoku" | "xerru":
                gate.record_untracked(outcome, s(op[2]), open_until=s(begin + op[3]))
            case "tofor":
                gate.open_for(s(op[2] * 10**6))
            case "tountil":
                gate.open_until(s(begin + op[2]))
            case "reset":
                gate.reset()
            case "nop":
                gate.settle()
            case _:
                by_hand = (gate.close, gate.open, gate.half_open, gate.disable, gate.force_open, gate.metrics_only)
                by_hand[int(name.removeprefix("to"))]()
    except oc.CircuitOpenError:
        return 0
    except ValueError:
        return -1  # a transition that is not allowed
    return 1


def letters(event: oc.Event) -> Iterator[str]:
    match event.kind:
        case "refused":
            # The reference counts refusals of a forced-open breaker and does not publish them.
            if event.reason != "forced-open":
                yield "N"
        case "tripped":
            yield "W" if event.reason == "slow-rate" else "F"
        case "transition":
            yield f"T{STATES.index(str(event.old))}{STATES.index(str(event.new))}"
        case _:
            yield "R"


def limiter(trace: dict[str, Any]) -> None:
    cfg = trace["cfg"]
    clock = oc.ManualClock()
    gate = oc.CycleLimiter(
        cfg["limit"], period=s(cfg["period"]), timeout=s(cfg["timeout"]), limit_change="next-cycle", clock=clock
    )
    for number, op in enumerate(trace["ops"]):
        clock.set(s(op[0]))
        name, argument = op[1], op[2]
        answer, blocked, event = 1, 0, ""
        match name:
            case "res" | "acq":
                try:
                    wait: int | None = ns(gate.reserve(argument).wait)
                except oc.RateLimitedError:
                    wait = None
                event = f"F{argument}" if wait is None else f"S{argument}"
                if name == "res":
                    answer = -1 if wait is None else wait
                else:
                    # Ours refuses at once; the reference holds a refused caller for the whole timeout.
                    answer, blocked = (0, ns(gate.timeout)) if wait is None else (1, wait)
            case "drain":
                gate.drain()
                event = "D0"
            case "lim":
                gate.set_limit(argument)
            case "tmo":
                gate.set_timeout(s(argument))
            case "nop":
                pass
            case _:
                raise Differs(f"op {number}: unknown op {name}")
        one = gate.wait_for(1)
        seen = [answer, blocked, gate.balance, gate.cycle, -1 if one is None else ns(one), event]
        expect(number, "r, blocked, balance, cycle, wait1, event", op[3:], seen)


def bulkhead(trace: dict[str, Any]) -> None:
    gate = oc.Bulkhead(trace["cfg"]["max"])
    permits: list[oc.Permit] = []
    for number, op in enumerate(trace["ops"]):
        answer, event = 1, ""
        match op[0]:
            case "acq":
                permit = gate.try_acquire()
                answer, event = (0, "R") if permit is None else (1, "P")
                if permit is not None:
                    permits.append(permit)
            case "rel":
                permits.pop().ignore()
            case "done":
                permits.pop().success()
                event = "F"
            case "max":
                gate.resize(op[1])
            case other:
                raise Differs(f"op {number}: unknown op {other}")
        expect(number, "r, available, max, event", op[2:], [answer, gate.available, gate.max, event])


REPLAYS = {"cb": breaker, "rl": limiter, "bh": bulkhead}


def files(paths: list[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(path.rglob("*.jsonl*"))
            yield from (file for file in inside if "_quirks" not in file.name)
        else:
            yield path


def main(paths: list[str]) -> int:
    families: dict[str, list[int]] = {}
    operations = 0
    for file in files(paths):
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt") as lines:
            for line in lines:
                trace = json.loads(line)
                replay = REPLAYS.get(trace["kind"])
                if replay is None:
                    continue  # windows and tables of settings: the engine's own runner has them
                counts = families.setdefault(trace["family"], [0, 0])
                operations += len(trace["ops"])
                try:
                    replay(trace)
                    counts[0] += 1
                except Exception as error:
                    counts[1] += 1
                    if counts[1] <= 3:
                        print(f"{trace['family']} {trace['id']}: {type(error).__name__}: {error}")
    for family, (passed, failed) in families.items():
        print(f"{family:24} {passed:5} passed {failed:5} failed")
    passed, failed = (sum(counts[i] for counts in families.values()) for i in (0, 1))
    print(f"{operations} operations")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
