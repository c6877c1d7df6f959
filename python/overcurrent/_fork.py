"""What is different in a forked child."""

from __future__ import annotations

import os

from overcurrent._native import salt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from weakref import WeakSet

    from overcurrent._native import Wait

waiting_threads: set[Wait] = set()
waiting_tasks: WeakSet[Place] | None = None


class Place:
    """Where a task waits, known as long as somebody keeps it."""

    __slots__ = ("__weakref__", "wait")

    def __init__(self, wait: Wait) -> None:
        global waiting_tasks  # noqa: PLW0603 - there is one, from the first task on
        if waiting_tasks is None:
            from weakref import WeakSet

            waiting_tasks = WeakSet()
        self.wait = wait
        waiting_tasks.add(self)


def _in_the_child() -> None:
    # The threads and loops that waited are not here: the places that they hold in the queues would never be given up.
    for wait in [*waiting_threads, *(place.wait for place in waiting_tasks or ())]:
        wait.close()
    waiting_threads.clear()
    salt(int.from_bytes(os.urandom(4), "little"))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_the_child)
