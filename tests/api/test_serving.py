"""Several processes answer as quickly as one: no small packet is held back, and no process keeps all the clients."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

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


def test_every_hundredth_answer_asks_its_client_to_connect_again() -> None:
    """Sabotage seen: without it four clients stayed at the process that had accepted them all, at half the rate."""
    client = TestClient(serving.Moved(PlainTextResponse("here")))
    said = [client.get("/").headers.get("connection") for _ in range(201)]
    assert [number for number, each in enumerate(said, 1) if each == "close"] == [100, 200]
