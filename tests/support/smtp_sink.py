"""A mail server of one thread that takes every letter, or refuses all of them: enough of RFC 5321 for smtplib."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Sink:
    refuse: bool = False
    port: int = 0
    letters: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def serve(self, door: socket.socket) -> None:
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return  # The door is closed: the test is over.
            with line, line.makefile("rb") as given:
                line.sendall(b"220 sink\r\n")
                for command in given:
                    word = command[:4].upper().strip()
                    if word == b"QUIT":
                        line.sendall(b"221 bye\r\n")
                        break
                    if word == b"RCPT" and self.refuse:
                        line.sendall(b"550 nobody here\r\n")
                    elif word == b"DATA":
                        line.sendall(b"354 go on\r\n")
                        self.letters.append(b"".join(iter(given.readline, b".\r\n")))
                        line.sendall(b"250 taken\r\n")
                    else:
                        line.sendall(b"250 fine\r\n")


@contextmanager
def listening(*, refuse: bool = False) -> Iterator[Sink]:
    sink = Sink(refuse)
    with socket.create_server(("127.0.0.1", 0)) as door:
        sink.port = door.getsockname()[1]
        thread = threading.Thread(target=sink.serve, args=(door,))
        thread.start()
        try:
            yield sink
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()
