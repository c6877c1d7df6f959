"""The README's examples run, in order."""

import re
from pathlib import Path


def test_readme():
    text = (Path(__file__).parent.parent / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)


def test_the_project_s_readme():
    """Its example defines what it shows; the wheel's own tests run without the repository around them."""
    readme = Path(__file__).parent.parent.parent / "README.md"
    if not readme.exists():
        return
    for block in re.findall(r"^```python\n(.*?)^```", readme.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})
