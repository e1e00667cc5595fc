"""A relay that breaks connections on purpose, between a client and a server that must not notice for the worse.

Each connection is given a fate by the seed: after so many bytes of answers the next one is
swallowed, cut in the middle, or held back for two seconds; or a request is cut in the middle.
What was broken is counted. It is one thread, and it forwards what it does not break.
"""

import selectors
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from space_hub.clock import SystemClock
from space_hub.rng import SeededRng

STALL_S = 2.0
_CHUNK = 65536


class Fate(Enum):
    SWALLOW = auto()
    """The server did it, and the client never hears."""
    CUT_ANSWER = auto()
    CUT_REQUEST = auto()
    STALL = auto()


_FATES = (
    *(Fate.SWALLOW,) * 9,
    *(Fate.CUT_ANSWER,) * 6,
    *(Fate.CUT_REQUEST,) * 4,
    Fate.STALL,
)
"""Each as often as it stands here."""


@dataclass(slots=True)
class _Side:
    """One end of a connection: what is read here goes to `other`."""

    here: socket.socket
    other: "_Side | None"
    is_server: bool
    left: int = 0
    """Bytes of answers until its fate is met; counted at the server's side."""
    fate: Fate = Fate.SWALLOW


class Cutter:
    """Use as a context manager; `port` or `path` is where clients connect in place of `target`."""

    def __init__(self, target: int | Path, seed: int, *, every_bytes: int, listen_at: Path | None = None) -> None:
        self._target = target
        self._chance = SeededRng(seed).scope("hub", "cutter")
        self._clock = SystemClock()
        self._every = every_bytes
        self._selector = selectors.DefaultSelector()
        self._asleep: list[tuple[float, _Side, bytes]] = []
        self._ends = threading.Event()
        self.broken: Counter[str] = Counter()
        self._listener = socket.socket(socket.AF_INET if listen_at is None else socket.AF_UNIX)
        self._listener.bind(("127.0.0.1", 0) if listen_at is None else str(listen_at))
        self._listener.listen(100)
        self.port: int = self._listener.getsockname()[1] if listen_at is None else 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Cutter":
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(timeout=10)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._ends.is_set():
            for key, _ in self._selector.select(timeout=0.1):
                if key.data is None:
                    self._accept()
                elif key.data.here.fileno() >= 0:
                    self._pass(key.data)
            self._wake()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        unix = isinstance(self._target, Path)
        server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        try:
            server.connect(str(self._target) if unix else ("127.0.0.1", self._target))
        except OSError:
            # Nobody listens there just now: the client is told so by a closed connection, as without us.
            client.close()
            server.close()
            return
        if not unix:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near, far = _Side(client, None, is_server=False), _Side(server, None, is_server=True)
        near.other, far.other = far, near
        self._draw(far)
        for side in (near, far):
            self._selector.register(side.here, selectors.EVENT_READ, side)

    def _draw(self, server: _Side) -> None:
        server.left = int(self._every * (0.2 + 1.6 * self._chance.uniform()))
        server.fate = _FATES[int(len(_FATES) * self._chance.uniform())]

    def _pass(self, side: _Side) -> None:
        """Forward what came, or break the connection where it is its turn."""
        other = side.other
        if other is None:
            raise RuntimeError("a side without another")
        try:
            data = side.here.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._close(side)
            return
        server = side if side.is_server else other
        if server.left <= 0 and (server.fate is Fate.CUT_REQUEST) is not side.is_server:
            self.broken[server.fate.name.lower()] += 1
            if server.fate is Fate.STALL:
                self._selector.unregister(side.here)
                self._asleep.append((self._clock.monotonic() + STALL_S, side, data))
                self._draw(server)
                return
            if server.fate is not Fate.SWALLOW:
                self._send(other, data[: len(data) // 2])
            self._close(side)
            return
        if side.is_server:
            server.left -= len(data)
        if not self._send(other, data):
            self._close(side)

    def _send(self, side: _Side, data: bytes) -> bool:
        try:
            side.here.sendall(data)
        except OSError:
            return False
        return True

    def _wake(self) -> None:
        now = self._clock.monotonic()
        due = [each for each in self._asleep if each[0] <= now]
        self._asleep = [each for each in self._asleep if each[0] > now]
        for _, side, data in due:
            if side.here.fileno() < 0 or side.other is None:
                continue  # Its other end was closed meanwhile.
            if self._send(side.other, data):
                self._selector.register(side.here, selectors.EVENT_READ, side)
            else:
                self._close(side)

    def _close(self, side: _Side) -> None:
        for each in (side, side.other):
            if each is not None and each.here.fileno() >= 0:
                if each.here in self._selector.get_map():
                    self._selector.unregister(each.here)
                each.here.close()
