"""The circumstances of a measurement: what stands beside every figure that is quoted."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sgp4", "numpy", "scipy", "numba", "astroz")

SAME = ("processor", "cores", "python", "engine", *PACKAGES)
"""Figures are held against each other only where these are the same."""


def conditions() -> dict[str, str]:
    """Machine, versions, day, and the sources of the engine as a hash."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory_gb": _memory_gb(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "engine": sources(ROOT / "space_hub" / "orbit"),
    }


def sources(folder: Path) -> str:
    """Twelve digits of a hash over all modules below a folder."""
    total = sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def differing(parts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The conditions that are not the same for all parts."""
    return [name for name in SAME if len({one.get(name) for one in parts.values()}) > 1]


def sentence(these: Mapping[str, str]) -> str:
    """The conditions in one line, for a reader."""
    packages = ", ".join(f"{name} {these[name]}" for name in PACKAGES)
    return (
        f"{these['date']}, {these['processor']}, {these['cores']} cores, {these['memory_gb']} GB of memory, "
        f"Python {these['python']}, {packages}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8", errors="replace").splitlines() if info.is_file() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _memory_gb() -> str:
    return str(round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9))
