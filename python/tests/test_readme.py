"""The README's examples run, in order."""

import re
from pathlib import Path

import pytest


def test_readme():
    text = (Path(__file__).parent.parent / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)


# The other library's own; it asks in the old way.
@pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction':DeprecationWarning")
def test_migrating():
    """Theirs and ours, section by section."""
    sections = (Path(__file__).parent.parent / "MIGRATING.md").read_text().split("\n## ")[1:]
    assert len(sections) == 4
    for section in sections:
        blocks = re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
        assert len(blocks) == 2
        for block in blocks:
            exec(compile(block, f"MIGRATING.md, {section.splitlines()[0]}", "exec"), {})


def test_the_project_s_readme():
    """`python/test` puts it beside the package's own; in the repository it is one folder up."""
    here = Path(__file__).parent.parent
    beside = here / "project-README.md"
    text = (beside if beside.exists() else here.parent / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
