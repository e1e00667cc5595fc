"""The reference server as a process beside ours."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.reference import environment

_SERVER = environment.HERE / "stapi_server.py"


@contextmanager
def stapi_reference(port: int = 0) -> Iterator[str]:
    """Serve three products while the block runs, on a free port without one; the address.

    NotMade where the server cannot be installed.
    """
    command = [str(environment.python()), str(_SERVER), str(port)]
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
