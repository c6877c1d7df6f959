"""Compiles each C and C++ block of a document, as it stands there: tests/c/readme.py FILE PREFIX BUILD."""
import re
import subprocess
import sys

document, prefix, build = sys.argv[1:]
blocks = re.findall(r"^```(c|cpp)\n(.*?)^```", open(document, encoding="utf-8").read(), re.M | re.S)
for number, (language, text) in enumerate(blocks):
    name = f"{build}/readme{number}.{language}"
    with open(name, "w", encoding="utf-8") as out:
        out.write(text)
    compiler = ["gcc", "-std=c99"] if language == "c" else ["g++", "-std=c++17"]
    flags = ["-Wall", "-Wextra", "-Werror", "-Wno-unused", f"-I{prefix}/include"]
    program = [f"{prefix}/lib/libovercurrent.a", "-o", f"{build}/readme{number}"] if "int main" in text else ["-c", "-o", f"{build}/x.o"]
    subprocess.run([*compiler, *flags, name, *program], check=True)
    if "int main" in text:
        subprocess.run([f"{build}/readme{number}"], check=True)
print(f"{len(blocks)} snippets compiled")
