"""What a warm-up left on disk, told without loading the compiler: whether the next would find everything there.

A warm-up that compiles nothing still takes seconds of two processors, because it loads and calls every kernel.
So each part of it notes which files hold what it needs, and what they were made of: the engine's sources as
they lie here, numba, Python and the processor. A note that no longer holds costs one warm-up; a file that is
damaged is compiled anew by whoever calls it.

Notes lie where numba is told to keep its files, or beside the sources; where those cannot be written, there are none.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

_ENGINE = Path(__file__).resolve().parents[1] / "orbit"
_PROCESSOR = Path("/proc/cpuinfo")
_LASTING = ("model", "vendor", "cpu family", "flags", "CPU", "Features")


def note(stages: Sequence[str], dispatchers: Iterable[Any]) -> None:
    """Keep that these stages are compiled, and in which files."""
    file = _file(stages)
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError:
        return
    if not os.access(file.parent, os.W_OK):
        return
    kept = {"made_of": _made_of(), "files": sorted({each for one in dispatchers for each in _files_of(one)})}
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(kept))
    fresh.replace(file)


def holds(stages: Sequence[str]) -> bool:
    """Whether everything that these stages compile lies on disk for this processor."""
    file = _file(stages)
    if not file.exists():
        return False
    try:
        kept = json.loads(file.read_text())
        return bool(kept["made_of"] == _made_of() and all(map(os.path.exists, kept["files"])))
    except (ValueError, TypeError, KeyError):
        return False  # Damaged: a warm-up writes it anew.


def _file(stages: Sequence[str]) -> Path:
    return Path(os.environ.get("NUMBA_CACHE_DIR") or _ENGINE / "__pycache__") / f"warmed-{'-'.join(stages)}.json"


def _files_of(dispatcher: Any) -> list[str]:
    """The index of a kernel's cached code and the code of each signature; none for a kernel that nobody calls."""
    cached = dispatcher._cache._cache_file
    if not Path(cached._index_path).exists():
        return []
    return [cached._index_path, *map(cached._data_path, cached._load_index().values())]


def _made_of() -> str:
    """A hash of all that numba looks at before it takes code from disk."""
    seen = sha256()
    for source in sorted(_ENGINE.rglob("*.py")):
        state = source.stat()
        seen.update(
            f"{source} {state.st_mtime_ns} {state.st_size} {sha256(source.read_bytes()).hexdigest()}\n".encode()
        )
    asked = sorted(f"{name}={text}" for name, text in os.environ.items() if name.startswith("NUMBA_"))
    seen.update(repr((sys.version, version("numba"), version("llvmlite"), asked, _processor())).encode())
    return seen.hexdigest()


def _processor() -> str:
    """The first processor's name and features; its speed and the like change by the minute."""
    if not _PROCESSOR.exists():
        return ""
    lines = _PROCESSOR.read_text().split("\n\n")[0].splitlines()
    return "\n".join(line for line in lines if line.startswith(_LASTING))
