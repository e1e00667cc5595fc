"""Every answer to the key of an exercise says that it is one: no screen may take it for real."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from space_hub.trust.labels import REAL, kind

HEADER = "Space-Hub-Mode"


class ModeHeader:
    """Reads the mode that `api.deps.ask` noted of the request: whoever sent no key has none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            mode = scope.get("state", {}).get("mode", REAL)
            if message["type"] == "http.response.start" and mode != REAL:
                MutableHeaders(scope=message)[HEADER] = kind(mode).value
            await send(message)

        await self.app(scope, receive, marked if scope["type"] == "http" else send)
