"""Several processes answer as quickly as one: the socket that they share does not hold small packets back."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from api import serving


def test_the_socket_that_processes_share_sends_small_packets_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: the socket as the server binds it: each answer took 40 ms, whatever the machine."""
    options: list[int] = []

    class Noted:
        def __init__(self, _config: Any, sockets: Sequence[socket.socket]) -> None:
            self.sockets = sockets

        def run(self) -> None:
            for each in self.sockets:
                options.append(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                each.close()

    monkeypatch.setattr(serving, "Multiprocess", Noted)
    serving.run(None, host="127.0.0.1", port=0, workers=2)
    assert options == [1]
