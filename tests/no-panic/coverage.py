"""Which public functions of the engine the check crate does not link: found by reading the source, not by a list."""

import re
from pathlib import Path

HERE = Path(__file__).parent
CORE = HERE.parent.parent / "core" / "src"

IMPL = re.compile(r"^\s*impl(?:<.*?>)?\s+(?:(\w+)(?:<.*>)?\s+for\s+)?&?([$\w]+)")
FUNCTION = re.compile(r"^\s+pub (?:const )?(?:unsafe )?fn (\w+)")
FREE = re.compile(r"^pub (?:const )?fn (\w+)")
HIDDEN = re.compile(r'feature = "(std|heapless)"|cfg\(test\)|cfg\(overcurrent_loom\)')
TYPE = re.compile(r"^\s*pub (?:struct|enum|union|trait|type) ([$\w]+)", re.MULTILINE)


def without_comments(text: str) -> str:
    return re.sub(r"//.*", "", text)


def skip_item(lines: list[str], at: int) -> int:
    """The index after the item that starts at `at`: its braces or its semicolon."""
    depth = 0
    for index in range(at, len(lines)):
        depth += lines[index].count("{") - lines[index].count("}")
        if depth == 0 and re.search(r"[};]\s*$", lines[index]):
            return index + 1
    return len(lines)


def public_functions(files: dict[Path, str]) -> tuple[set[str], set[str]]:
    """(`Type::function` and free functions, types that are gates)."""
    whole = "".join(files.values())
    uses = " ".join(re.findall(r"\bpub use ([^;]*);", whole))
    exported = set(re.findall(r"\w+", uses))
    open_modules = set(re.findall(r"^pub mod (\w+);", whole, re.MULTILINE)) | {"lib"}

    def is_open(path: Path, name: str) -> bool:
        return name in exported or (path.parent.stem if path.stem == "mod" else path.stem) in open_modules

    def types(path: Path, name: str) -> set[str]:
        """The type itself; or, where a macro names it, every type that its module exports without declaring it."""
        if not name.startswith("$"):
            return {name} & public
        from_here = re.findall(rf"\b{path.stem}::(\{{[^}}]*\}}|\w+)", uses)
        return set(re.findall(r"\w+", " ".join(from_here))) - set(TYPE.findall(files[path]))

    public = {name for path, text in files.items() for name in TYPE.findall(text) if is_open(path, name)}
    functions, gates = set(), set()
    for path, text in files.items():
        lines = text.splitlines()
        owner: set[str] = set()
        at = 0
        while at < len(lines):
            line = lines[at]
            if re.match(r"\s*#!?\[", line) and HIDDEN.search(line) and not line.startswith("#!"):
                at = skip_item(lines, at + 1)
                continue
            if found := IMPL.match(line):
                trait, name = found.groups()
                owner = types(path, name) if trait is None else set()
                if trait == "Gate":
                    gates |= types(path, name)
            elif found := FREE.match(line):
                if is_open(path, found[1]):
                    functions.add(found[1])
            elif line.startswith("}"):
                owner = set()
            elif found := FUNCTION.match(line):
                functions |= {f"{name}::{found[1]}" for name in owner}
            at += 1
    return functions, gates


def hidden(files: dict[Path, str]) -> set[Path]:
    """Files of modules that only other features have."""
    found = set()
    for path, text in files.items():
        for match in re.finditer(r"#\[cfg\(([^\n]*)\)\]\s*(?:pub )?mod (\w+);", text):
            if HIDDEN.search(f"cfg({match[1]})") and "not(" not in match[1]:
                home = path.parent if path.stem in ("lib", "mod") else path.with_suffix("")
                found |= {home / f"{match[2]}.rs", home / match[2]}
    return found


def missing() -> list[str]:
    files = {path: without_comments(path.read_text()) for path in sorted(CORE.rglob("*.rs"))}
    out = hidden(files)
    files = {path: text for path, text in files.items() if path not in out and not out & set(path.parents)}
    functions, gates = public_functions(files)
    linked = "".join(without_comments(path.read_text()) for path in sorted((HERE / "src").glob("*.rs")))
    linked = re.sub(r"::<[^()]*?>(?=::)", "", linked)
    exempt = {
        line.split("|")[0].strip()
        for line in (HERE / "exempt.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    absent = []
    for name in sorted(functions - exempt):
        if not re.search(rf"(?<![\w:]){re.escape(name)}\b", linked):
            absent.append(name)
    gate_list = (HERE / "src" / "gates.rs").read_text()
    absent += [f"Gate for {name}" for name in sorted(gates - exempt) if not re.search(rf"gate!.*: \w*{name}\b", gate_list)]
    stale = sorted(exempt - functions - gates)
    return absent + [f"exempt.txt: {name} does not exist" for name in stale]


if __name__ == "__main__":
    for name in missing():
        print(name)
