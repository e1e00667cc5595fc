"""Where the real data stand that benchmarks use: they are read there and never copied."""

import os
from pathlib import Path


def shared_folder() -> Path:
    """SPACE_HUB_SHARED, or the folder beside the repository's root."""
    return Path(os.environ.get("SPACE_HUB_SHARED") or Path(__file__).resolve().parents[2] / "shared")
