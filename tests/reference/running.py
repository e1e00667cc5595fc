"""The reference server as a process beside ours."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.reference import environment

_SERVER = environment.HERE / "stapi_server.py"


@contextmanager
def stapi_reference(folder: Path = environment.FOLDER) -> Iterator[str]:
    """Serve three products while the block runs; its address. NotMade where the server cannot be installed."""
    command = [str(environment.python(folder)), str(_SERVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            assert url, "the reference server ended before it served; its own words stand above"
            yield url
        finally:
            assert server.stdin is not None
            server.stdin.close()
            server.wait(10)
