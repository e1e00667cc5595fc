"""Files that are for their owner alone: made so, and refused when others may read them."""

import os
import stat
from pathlib import Path

from space_hub.errors import Invalid


def make(path: Path, raw: bytes) -> None:
    """A new file of mode 0600. What is there already is never written over: it may be somebody's only key."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink()  # Half a key is none, and would stand in the way of the next attempt.
        raise _unwritable(path, error) from error


def read(path: Path, longest: int) -> bytes:
    """At most `longest` + 1 bytes of a file that its owner alone may read; a pipe has no mode to look at."""
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if stat.S_ISREG(about.st_mode) and about.st_mode & 0o077:
                mode = f"{stat.S_IMODE(about.st_mode):04o}"
                raise Invalid("cli.file_open_to_others", path=str(path), mode=mode)
            return file.read(longest + 1)
    except OSError as error:
        raise Invalid("cli.file_unreadable", path=str(path), reason=error.strerror or str(error)) from error


def _unwritable(path: Path, error: OSError) -> Invalid:
    return Invalid("cli.file_unwritable", path=str(path), reason=error.strerror or str(error))
