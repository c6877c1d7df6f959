"""Building for chips and running under QEMU: what `run` and `size` share."""

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# Shared with tests/no-panic and ffi/staticlibs: Rust's own library is built once a target.
TARGET = ROOT / "target" / "chips"
sys.path.append(str(ROOT / "tests" / "no-panic"))
TOOLCHAIN = ROOT / "tests" / "no-panic" / "toolchain"
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
    answer = run([TOOLCHAIN])
    if answer.returncode != 0:
        sys.exit("no compiler for chips: tests/tools.txt says how to install one")
    setting, flags = answer.stdout.split("\n")[:2]
    return dict(word.split("=", 1) for word in setting.split()), flags.split()


SETTING, FLAGS = toolchain()


def cargo(*words, cwd: Path = HERE, **settings: str) -> subprocess.CompletedProcess:
    env = {**os.environ, **SETTING, "CARGO_TERM_COLOR": "never", "CARGO_TARGET_DIR": str(TARGET), **settings}
    return run(["cargo", *words, "--profile", "small", *FLAGS], env=env, cwd=cwd)


def warm_up(targets: list[str]) -> None:
    """Builds what all images of these targets share, on all processors: one after another would use one."""
    built = cargo("build", "--lib", "--features", "wide", *[word for target in dict.fromkeys(targets) for word in ("--target", target)])
    if built.returncode != 0:
        sys.exit(built.stderr)


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
        built = cargo(
            "build", "--bin", binary, "--target", self.target, "--features", f"{self.features} {control}",
            FIRMWARE_FLASH=flash, FIRMWARE_RAM=ram,
        )  # fmt: skip
        if built.returncode != 0:
            raise BuildError(built.stderr)
        return TARGET / self.target / "small" / binary

    def start(self, image: Path, shift: int) -> tuple[str, str, float]:
        """Runs an image: verdict, what it said, seconds."""
        return start(self.machine, image, shift)


def staticlib(target: str, back_end: str) -> Path:
    """The C library for a chip, the 32-bit machines only; a reachable panic does not link."""
    feature = {"hooks": ["critical-hooks"], "single-core": ["single-core"], "native": []}[back_end]
    built = cargo(
        "rustc", "--manifest-path", ROOT / "ffi" / "lib" / "Cargo.toml", "--target", target,
        "--no-default-features", "--features", ",".join([*feature, "prove-no-panic"]), "--crate-type", "staticlib",
        cwd=ROOT,
    )  # fmt: skip
    if built.returncode != 0:
        raise BuildError(built.stderr)
    library = TARGET / target / "small" / "libovercurrent_c.a"
    # The next back end's, and the library with all machines, have the same name.
    return Path(shutil.copy(library, library.with_name(f"libovercurrent32-{back_end}.a")))


def shipped(target: str) -> Path:
    """What `make staticlibs` makes for a chip."""
    directory = TARGET / "shipped"
    built = run([ROOT / "ffi" / "staticlibs", directory, target])
    if built.returncode != 0:
        raise BuildError(built.stderr)
    return directory / target / "libovercurrent.a"


@dataclass
class CBoard:
    name: str
    machine: str
    target: str
    cpu: str
    library: str
    memory: str

    def build(self) -> Path:
        """The image of the sources in c/, as strict as compilers go, with nothing but the library and libgcc."""
        library = shipped(self.target) if self.library == "shipped" else staticlib(self.target, self.library)
        image = TARGET / f"{self.name.replace(' ', '-').replace(',', '')}.elf"
        sources = sorted((HERE / "c").glob("*.c"))
        if self.target.startswith("riscv"):
            sources.remove(HERE / "c" / "arm.c")
            linker = shutil.which("riscv64-unknown-elf-ld")
            compiler = ["clang", "--target=riscv32-unknown-elf", f"-march={self.cpu}", "-mabi=ilp32", f"--ld-path={linker}"]
            script, more = "riscv.ld", ["-Wl,-melf32lriscv"]
        else:
            sources.remove(HERE / "c" / "riscv.c")
            compiler = ["arm-none-eabi-gcc", "-mthumb", *f"-mcpu={self.cpu}".split()]
            flash, ram = self.memory.split() or ("0x0", "0x20000000")
            script, more = "chip.ld", [f"-Wl,--defsym=flash_at={flash},--defsym=ram_at={ram}", "-lgcc"]
        # Cores without compare-and-swap.
        bare = self.target in ("thumbv6m-none-eabi", "riscv32imc-unknown-none-elf") and self.library != "single-core"
        built = run([
            *compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-Os", "-ffreestanding", "-ffunction-sections", "-fdata-sections",
            "-DOC_NARROW", *["-DCRITICAL_HOOKS"] * bare, "-I", ROOT / "ffi" / "include", *sources,
            "-nostdlib", "-Wl,--gc-sections", "-T", HERE / "c" / script, library, *more, "-o", image,
        ])  # fmt: skip
        if built.returncode != 0:
            raise BuildError(built.stderr)
        return image


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


def start_at_each(machine: str, image: Path, shifts: list[int]):
    """Runs an image at several shifts, side by side: shift, verdict, what it said, seconds."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for shift, ended in zip(shifts, pool.map(lambda shift: start(machine, image, shift), shifts)):
            yield shift, *ended


def table(path: Path) -> list[list[str]]:
    lines = path.read_text().splitlines()
    return [[word.strip() for word in line.split("|")] for line in lines if line and line[0] != "#"]


def boards() -> list[Board]:
    return [Board(*row) for row in table(HERE / "boards.txt")]


def c_boards() -> list[CBoard]:
    return [CBoard(*row) for row in table(HERE / "c" / "boards.txt")]
