"""Async tests run on asyncio and on trio; in CI, histories are the same every time."""

import os

import pytest
from hypothesis import settings

# A change is judged by histories that do not change; new ones are tried on every developer's machine.
settings.register_profile("same", derandomize=True, deadline=None)
if os.environ.get("CI") == "true":
    settings.load_profile("same")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Async tests are not run by many threads at once: their runner belongs to one."""
    if item.get_closest_marker("anyio"):
        item.add_marker("thread_unsafe")
