"""`python -m benchmarks NAME [--json] [OPTION...]`: run one benchmark and print its figures.

A benchmark is a module (or package) of this package with `run() -> dict[str, object]`; its name is
the module's name, its units stand in the keys, its docstring's first line says what it measures.
`holds` among its figures says whether what was measured was also done right: a fast wrong answer is none.
One that takes options names them in `OPTIONS`, a literal of what each does; `run` is given those of the command.
"""

import ast
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import benchmarks

USAGE = "usage: ./hub bench NAME [--json] [OPTION...]"


def known() -> list[str]:
    """The benchmarks of this checkout, by name."""
    return sorted(one.name for one in iter_modules(benchmarks.__path__) if not one.name.startswith("_"))


def listing() -> str:
    """Each benchmark with what it measures and its options."""
    names = known()
    width = max(map(len, names), default=0)
    lines = []
    for name in names:
        about, options = described(name)
        lines.append(f"  {name:<{width}}  {about}".rstrip())
        lines += [f"  {'':<{width}}    {option}  {text}" for option, text in options.items()]
    return "\n".join(["known benchmarks:", *(lines or ["  none"])])


def described(name: str) -> tuple[str, dict[str, str]]:
    """The first line and the options of a benchmark; read, not imported, so that help needs nothing installed."""
    paths = [Path(folder) / one for folder in benchmarks.__path__ for one in (f"{name}.py", f"{name}/__init__.py")]
    tree = ast.parse(next((path.read_text("utf-8") for path in paths if path.exists()), ""))
    options: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and [ast.unparse(one) for one in statement.targets] == ["OPTIONS"]:
            options = ast.literal_eval(statement.value)
    return (ast.get_docstring(tree) or "").split("\n")[0], options


def main(words: Sequence[str]) -> int:
    """0 when the benchmark holds or help was asked for, 1 when it does not hold, 2 when the command names none."""
    if {"-h", "--help"} & {*words}:
        print(f"{USAGE}\n{listing()}")
        return 0
    names = [word for word in words if not word.startswith("-")]
    given = [word for word in words if word.startswith("-") and word != "--json"]
    allowed = {option.split("=")[0] for name in names[:1] for option in described(name)[1]}
    if len(names) != 1 or names[0] not in known() or not {word.split("=")[0] for word in given} <= allowed:
        print(f"given: {' '.join(words) or 'nothing'}; {USAGE}\n{listing()}", file=sys.stderr)
        return 2
    try:
        figures: dict[str, object] = import_module(f"benchmarks.{names[0]}").run(*given)
    except benchmarks.Misused as mistake:
        print(f"given: {' '.join(words)}; {mistake}", file=sys.stderr)
        return 2
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
    if "--json" in words:
        print(json.dumps({"name": names[0], **figures}))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
