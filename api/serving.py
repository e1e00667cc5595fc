"""The server of the application: one process, or several that share a socket.

`python -m api.serving HOST PORT WORKERS` serves the installation that the environment names.
"""

import socket
import sys
from itertools import count
from typing import Any

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from api import app as application

_LEAVE_EVERY = 100


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
        uvicorn.run(app or "api.app:create", factory=app is None, **options)
        return
    config = uvicorn.Config("api.serving:one_of_several", factory=True, workers=workers, **options)
    shared = config.bind_socket()
    # The event loop does this for sockets that it made itself. A socket that was handed to it keeps the delay of small
    # packets: each answer is two, and the second then waits 40 ms for the client to acknowledge the first.
    shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Multiprocess(config, sockets=[shared]).run()


class Moved:
    """Now and then a client is asked to connect again, so that it may come to a process with less to do.

    Of connections that arrive together one process accepts most or all, and clients keep theirs for
    hours: the other processes would rest. One that connects anew is met by a process that waits.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._answers = app, count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and next(self._answers) % _LEAVE_EVERY == 0:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, counted)


def one_of_several() -> Moved:
    """The application as each of several processes serves it."""
    return Moved(application.create())


if __name__ == "__main__":
    run(None, host=sys.argv[1], port=int(sys.argv[2]), workers=int(sys.argv[3]))
