"""The environment of the reference server: the STAPI project's own package, beside ours and never in it.

Its pins are not ours, so it gets a virtual environment of its own, `.venv-reference` in the checkout, filled
once from `stapi.lock` and used without a network from then on. Tests and benchmarks make it when they need it;
to have it before:

    .venv/bin/python -m tests.reference.environment
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "stapi.lock"
FOLDER = HERE.parents[1] / ".venv-reference"

_PATIENCE_S = 240


class NotMade(Exception):
    """The environment is not there and cannot be made now; the text says at which step, and why."""


def python(folder: Path = FOLDER, lock: Path = LOCK) -> Path:
    """The interpreter of the environment in `folder`, which then holds exactly what `lock` names; NotMade else."""
    found, stamp = folder / "bin" / "python", folder / "lock.stamp"
    wanted = hashlib.sha256(lock.read_bytes() + str(sys.version_info[:2]).encode()).hexdigest()

    def done() -> bool:
        return found.exists() and stamp.exists() and stamp.read_text() == wanted

    with lock.open("rb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # Two workers of a test run must not fill one environment twice.
        if not done():
            print(f"installing {lock.name} into {folder.name}/ (once)", file=sys.stderr, flush=True)
            _step("-m", "venv", "--without-pip", "--clear", folder)
            install = ("install", "--disable-pip-version-check", "--quiet", "--require-hashes", "-r", lock)
            _step("-m", "pip", "--python", found, *install)
            stamp.write_text(wanted)
    return found


def _step(*words: object) -> None:
    command = [sys.executable, *map(str, words)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise NotMade(f"`python {' '.join(command[1:3])}` had not ended after {_PATIENCE_S} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotMade(f"`python {' '.join(command[1:3])}` ended with status {done.returncode}: {last}")


if __name__ == "__main__":
    try:
        print(python())
    except NotMade as reason:
        sys.exit(f"the reference server cannot be installed: {reason}")
