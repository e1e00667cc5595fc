"""`python -m benchmarks NAME [--json]`: run one benchmark and print its figures.

A benchmark is a module of this package with `run() -> dict[str, object]`; its name is
the module's name, its units stand in the keys.
"""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

import benchmarks


def known() -> list[str]:
    """The benchmarks of this checkout, by name."""
    return sorted(one.name for one in iter_modules(benchmarks.__path__) if not one.name.startswith("_"))


def main(words: Sequence[str]) -> int:
    """0 when the benchmark ran, 2 when the command names none."""
    names = [word for word in words if word != "--json"]
    if len(names) != 1 or names[0] not in known():
        print(f"given: {' '.join(words) or 'nothing'}; expected: NAME [--json]", file=sys.stderr)
        print(f"known benchmarks: {', '.join(known()) or 'none'}", file=sys.stderr)
        return 2
    figures: dict[str, object] = import_module(f"benchmarks.{names[0]}").run()
    if "--json" in words:
        print(json.dumps(figures, indent=2))
        return 0
    width = max((len(name) for name in figures), default=0)
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
