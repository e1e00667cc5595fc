"""Where the tests put what they throw away: in memory, where there is room.

A commit of SQLite waits for the disk, and a database of PostgreSQL is twelve hundred files:
on a disk the kernel took half of the processor time of such tests. What is shown of killed
processes stays the same, because what a process has written outlives it in memory too. What
a disk promises is measured by `./hub bench`, which does not come here.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
_ROOM = 3 * 2**30


def usable(folder: Path) -> bool:
    """Whether programs may be written to this folder and started there, and enough fits into it."""
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return False
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC and shutil.disk_usage(folder).free >= _ROOM


def choose(folder: Path = MEMORY) -> None:
    """Let temporary files of this process and of its children lie there; a TMPDIR that is given stays."""
    if "TMPDIR" not in os.environ and usable(folder):
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None  # Looked up anew.
