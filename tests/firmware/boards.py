"""Building for chips and running under QEMU: what `run` and `size` share."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.append(str(ROOT / "tests" / "no-panic"))
TOOLCHAIN = ROOT / "tests" / "no-panic" / "toolchain"
TARGETS = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabi",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
]
results: list[bool] = []


def binutils(target: str) -> str:
    """The prefix of a target's binutils."""
    return "riscv64-unknown-elf-" if target.startswith("riscv") else "arm-none-eabi-"


def check(name: str, ok: bool, why: str = "") -> None:
    results.append(ok)
    print(f"  {'ok  ' if ok else 'FAIL'} {name}{'' if ok or not why else ': ' + why}", flush=True)


def finish() -> None:
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(failed != 0 or not results)


def run(command: list, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


def toolchain() -> tuple[dict, list[str]]:
    """Environment and flags of a cargo that can build for chips."""
    answer = run([TOOLCHAIN, *TARGETS])
    if answer.returncode != 0:
        sys.exit(f"no compiler for chips: rustup target add {' '.join(TARGETS)}")
    setting, flags = answer.stdout.split("\n")[:2]
    return dict(word.split("=", 1) for word in setting.split()), flags.split()


SETTING, FLAGS = toolchain()


def cargo(*words, cwd: Path = HERE, **settings: str) -> subprocess.CompletedProcess:
    env = {**os.environ, **SETTING, "CARGO_TERM_COLOR": "never", **settings}
    return run(["cargo", *words, *FLAGS], env=env, cwd=cwd)


@dataclass
class Board:
    name: str
    machine: str
    target: str
    features: str
    memory: str

    def build(self, binary: str, control: str = "") -> Path:
        """The image of one of the package's programs for this board; `control` plants a fault."""
        flash, ram = self.memory.split() or ("0x0", "0x20000000")
        target = HERE / "target"
        built = cargo(
            "build", "--release", "--bin", binary, "--target", self.target, "--features", f"{self.features} {control}",
            FIRMWARE_FLASH=flash, FIRMWARE_RAM=ram, CARGO_TARGET_DIR=str(target),
        )  # fmt: skip
        if built.returncode != 0:
            raise BuildError(built.stderr)
        return target / self.target / "release" / binary

    def start(self, image: Path, shift: int) -> tuple[str, str, float]:
        """Runs an image: verdict, what it said, seconds."""
        return start(self.machine, image, shift)


class BuildError(Exception):
    pass


def one_instruction_at_a_time() -> list[str]:
    """Interrupts arrive between blocks of instructions: with this, between any two. Newer QEMUs call it something else."""
    version = re.search(r"version (\d+)\.(\d+)", run(["qemu-system-arm", "--version"]).stdout)
    old = version and (int(version[1]), int(version[2])) < (8, 1)
    return ["-singlestep"] if old else ["-accel", "tcg,one-insn-per-tb=on"]


STEP = one_instruction_at_a_time()


def start(machine: str, image: Path, shift: int, patience: int = 120) -> tuple[str, str, float]:
    command = ["-M", *machine.split(), "-nographic", "-monitor", "none", "-icount", f"shift={shift}", *STEP]
    if machine.startswith("virt"):
        command = ["qemu-system-riscv32", *command, "-bios", "none", "-serial", "stdio"]
    else:
        semihosting = ["-semihosting-config", "enable=on,target=native"]
        command = ["qemu-system-arm", *command, "-serial", "none", *semihosting]
    begun = time.monotonic()
    try:
        ended = run([*command, "-kernel", image], timeout=patience, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as late:
        said = b"".join(text for text in (late.stdout, late.stderr) if text).decode(errors="replace")
        return f"no end after {patience} s: a dead-lock?", said, time.monotonic() - begun
    verdict = "pass" if ended.returncode == 0 else f"exit {ended.returncode}"
    return verdict, ended.stdout + ended.stderr, time.monotonic() - begun


def boards() -> list[Board]:
    lines = (HERE / "boards.txt").read_text().splitlines()
    return [Board(*(word.strip() for word in line.split("|"))) for line in lines if line and line[0] != "#"]
