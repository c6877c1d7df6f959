"""Functions of a header without a comment that says who may call them: tests/c/documented.py HEADER."""
import re
import sys

header = open(sys.argv[1], encoding="utf-8").read()
commented = re.findall(r"/\*\*\n((?: \*.*\n)+?) \*/\n(?:[\w ]+?[ *]+)(oc_\w+)\(", header)
callers = re.compile(r"Any thread|without synchronisation|From one place only|Before anybody else uses it")
said = {name for text, name in commented if callers.search(re.sub(r"\s*\n \* ?", " ", text))}
silent = sorted(set(re.findall(r"\b(oc_[a-z0-9_]+)\(", header)) - said)
if silent:
    sys.exit("nothing says who may call: " + " ".join(silent))
print(f"{len(said)} functions, each says who may call it")
