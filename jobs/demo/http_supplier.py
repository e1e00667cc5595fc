"""A supplier that serves the contract of `providers.adapters.http_contract`: a reference to build by, and to test with.

It keeps its book in memory. An order is received, at the first look accepted,
and completed at the second; until then it can be cancelled.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

_COURSE = ("received", "accepted", "completed")


class Answering(Protocol):
    """Whatever answers requests with a status and JSON."""

    def answer(self, method: str, target: str, body: Any, credential: str | None = None) -> tuple[int, Any]: ...


@dataclass
class Book:
    """What the supplier offers and was ordered, and its answer to each request. Shared between threads by a lock."""

    offerings: Sequence[Mapping[str, Any]]
    page_size: int = 100
    credential: str | None = None
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, body: Any, credential: str | None = None) -> tuple[int, Any]:
        """Status and JSON of the answer to one request."""
        if self.credential is not None and credential != self.credential:
            return 401, {"error": "credential"}
        parts = urlsplit(target)
        path = [unquote(each) for each in parts.path.strip("/").split("/")]
        with self._lock:
            if method == "GET" and path == ["offerings"]:
                return 200, self._page(parse_qs(parts.query).get("cursor", ["0"])[0])
            if method == "POST" and path == ["feasibility"]:
                return self._feasibility(body)
            if method == "POST" and path == ["orders"]:
                return self._place(body)
            if len(path) in (2, 3) and path[0] == "orders" and path[1] in self.orders:
                order = self.orders[path[1]]
                if method == "GET" and len(path) == 2:
                    return 200, self._followed(order)
                if method == "POST" and path[2:] == ["cancellation"]:
                    return self._cancelled(order)
        return 404, {"error": "unknown"}

    def _page(self, cursor: str) -> dict[str, Any]:
        start = int(cursor) if cursor.isascii() and cursor.isdecimal() else 0
        stop = start + self.page_size
        following = str(stop) if stop < len(self.offerings) else None
        return {"offerings": list(self.offerings[start:stop]), "next": following}

    def _knows(self, reference: Any) -> bool:
        return any(each.get("reference") == reference for each in self.offerings)

    def _feasibility(self, body: Any) -> tuple[int, Any]:
        if not self._knows(body.get("offering_reference")):
            return 404, {"error": "unknown"}
        return 200, {
            "reference": f"Q-{body['offering_reference']}",
            "answer": "feasible",
            "quantity": body["quantity"],
            "price": {"amount": "100.00", "currency": "EUR"},
            "valid_until": None,
        }

    def _place(self, body: Any) -> tuple[int, Any]:
        if not self._knows(body.get("offering_reference")):
            return 404, {"error": "unknown"}
        known = next((each for each in self.orders.values() if each["our"] == body["our_reference"]), None)
        if known is None:
            number = f"H-{len(self.orders) + 1}"
            known = self.orders[number] = {"our": body["our_reference"], "number": number, "step": 0, "ended": ""}
        return 200, _said(known)

    def _followed(self, order: dict[str, Any]) -> dict[str, Any]:
        if not order["ended"]:
            order["step"] = min(order["step"] + 1, len(_COURSE) - 1)
        return _said(order)

    def _cancelled(self, order: dict[str, Any]) -> tuple[int, Any]:
        if _said(order)["status"] == "completed":
            return 409, {"error": "completed"}
        order["ended"] = "user_cancelled"
        return 200, _said(order)


def _said(order: Mapping[str, Any]) -> dict[str, Any]:
    status = order["ended"] or _COURSE[order["step"]]
    return {"provider_reference": order["number"], "status": status, "raw": status.upper()}


@contextmanager
def serving(book: Answering, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `book` while the block runs; the address to give to a door."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(json.loads(raw or b"{}"))

        def _answer(self, body: Any) -> None:
            status, value = book.answer(self.command, self.path, body, self.headers.get("Authorization"))
            out = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
