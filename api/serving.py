"""The server of the application: one process, or several that share a socket.

`python -m api.serving HOST PORT WORKERS` serves the installation that the environment names.
"""

import socket
import sys
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

_FACTORY = "api.app:create"


def run(app: Any, *, host: str, port: int, workers: int) -> None:
    """Answer until SIGTERM or SIGINT; `app` None is made by each process for itself, as several always do."""
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": 3,
    }
    if workers == 1:
        uvicorn.run(app or _FACTORY, factory=app is None, **options)
        return
    config = uvicorn.Config(_FACTORY, factory=True, workers=workers, **options)
    shared = config.bind_socket()
    # The event loop does this for sockets that it made itself. A socket that was handed to it keeps the delay of small
    # packets: each answer is two, and the second then waits 40 ms for the client to acknowledge the first.
    shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Multiprocess(config, sockets=[shared]).run()


if __name__ == "__main__":
    run(None, host=sys.argv[1], port=int(sys.argv[2]), workers=int(sys.argv[3]))
