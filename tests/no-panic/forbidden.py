"""What an image for a chip must not hold, and where it divides."""

import re
import subprocess
from pathlib import Path

FORBIDDEN = {
    "panic": r"core::panic|panicking|unwind|unwrap_failed|expect_failed|core::fmt::|as core::fmt",
    "allocator": r"__rust_alloc|__rg_|\balloc::|\bmalloc\b|\brealloc\b",
    "float": r"^__aeabi_c?[fd](?!ata)\w*$|^__aeabi_\w+2[fd]$|^__\w+[sd]f[23]?$",
}
DIVISION = r"^__aeabi_(u?l|u?i)div|^__u?(div|mod|divmod)[sdt]i[34]|u\d+_div_rem|specialized_div"


def text(command: list) -> str:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True).stdout


def symbols(image: Path, tools: str = "arm-none-eabi-") -> list[str]:
    """The names of everything in an image."""
    return [line.split(maxsplit=2)[-1] for line in text([tools + "nm", "--demangle", image]).splitlines()]


def forbidden(image: Path, tools: str = "arm-none-eabi-") -> list[str]:
    """What is in an image and should not be: kind and name."""
    return [f"{what}: {s}" for what, pattern in FORBIDDEN.items() for s in symbols(image, tools) if re.search(pattern, s)]


def dividers(image: Path, tools: str = "arm-none-eabi-") -> list[str]:
    """The functions that divide: by an instruction, or by calling a function that does."""
    code = text([tools + "objdump", "-d", "--demangle", image])
    found, function = set(), ""
    for line in code.splitlines():
        if start := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = start[1]
        called = re.search(r"\t[bj]\S*\t.*?\b(?:0x)?[0-9a-f]+ <(.*)>", line)
        if re.search(r"\t(?:[us]div|divu?|remu?)\t", line) or (called and re.search(DIVISION, called[1])):
            found.add(function)
    return sorted(name for name in found if not re.search(DIVISION + "|^compiler_builtins", name))
