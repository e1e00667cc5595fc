"""`python -m benchmarks NAME [--json]`: run one benchmark and print its figures.

A benchmark is a module of this package with `run() -> dict[str, object]`; its name is
the module's name, its units stand in the keys, its docstring's first line says what it measures.
`holds` among its figures says whether what was measured was also done right: a fast wrong answer is none.
"""

import ast
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import benchmarks

USAGE = "usage: ./hub bench NAME [--json]"


def known() -> list[str]:
    """The benchmarks of this checkout, by name."""
    return sorted(one.name for one in iter_modules(benchmarks.__path__) if not one.name.startswith("_"))


def listing() -> str:
    """Each benchmark with what it measures; read, not imported, so that help needs nothing installed."""
    names = known()
    lines = []
    for name in names:
        paths = [Path(folder) / f"{name}.py" for folder in benchmarks.__path__]
        text = next((path.read_text("utf-8") for path in paths if path.exists()), "")
        about = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
        lines.append(f"  {name:<{max(map(len, names))}}  {about}".rstrip())
    return "\n".join(["known benchmarks:", *(lines or ["  none"])])


def main(words: Sequence[str]) -> int:
    """0 when the benchmark holds or help was asked for, 1 when it does not hold, 2 when the command names none."""
    if {"-h", "--help"} & {*words}:
        print(f"{USAGE}\n{listing()}")
        return 0
    names = [word for word in words if word != "--json"]
    if len(names) != 1 or names[0] not in known():
        print(f"given: {' '.join(words) or 'nothing'}; {USAGE}\n{listing()}", file=sys.stderr)
        return 2
    figures: dict[str, object] = import_module(f"benchmarks.{names[0]}").run()
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
    if "--json" in words:
        print(json.dumps({"name": names[0], **figures}))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
