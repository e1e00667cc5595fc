"""A supplier that serves the contract of `providers.adapters.http_contract`: a reference to build by, and to test with.

It keeps its book in memory, or in a file that outlives it: each change is a line, written out before the
answer leaves, so that a supplier killed at any moment begins again with all that it ever answered, and with
what it wrote down and never answered. A line that the kill cut short was answered to nobody and is dropped.

An order is received, at the first look accepted, and completed at the second, delivered in four quarters;
until then it can be cancelled. Words in the offering's reference choose another course:
`providers.adapters.courses`. `late` takes three looks more, and delivers an hour after the window is over.

`repeats` says how much of the contract it keeps when an order comes twice, as a door's setting does.

    python -m jobs.demo.http_supplier --book orders.jsonl --offers "A-1,B-1+fails30+charges20" --port 8200
"""

import argparse
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from providers.adapters.base import Repeats
from providers.adapters.courses import Course, Fate, fate, words

LOST = 0
"""Instead of a status: the connection ends without an answer."""

_LATE_LOOKS = 3
_QUARTERS = 4
_ENDS = {
    Course.COMPLETES: "completed",
    Course.REJECTS: "rejected",
    Course.FAILS: "failed",
    Course.EXPIRES: "expired",
    Course.REVOKES: "cancelled",
}


class Answering(Protocol):
    """Whatever answers requests with a status and JSON; the status `LOST` ends the connection."""

    def answer(self, method: str, target: str, body: Any, credential: str | None = None) -> tuple[int, Any]: ...


@dataclass
class Book:
    """What the supplier offers and was ordered, and its answer to each request. Shared between threads by a lock."""

    offerings: Sequence[Mapping[str, Any]]
    page_size: int = 100
    credential: str | None = None
    file: Path | None = None
    repeats: Repeats = Repeats.KEY
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    placings: Counter[str] = field(default_factory=Counter)
    """How often a placing arrived, by the buyer's reference."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.file is not None and self.file.exists():
            self._read(self.file)

    def orders_under(self, our_reference: str) -> int:
        """How many orders were made of one reference of a buyer's: never more than one, or somebody pays twice."""
        with self._lock:
            return sum(each["our"] == our_reference for each in self.orders.values())

    def answer(self, method: str, target: str, body: Any, credential: str | None = None) -> tuple[int, Any]:
        """Status and JSON of the answer to one request."""
        if self.credential is not None and credential != self.credential:
            return 401, {"error": "credential"}
        parts = urlsplit(target)
        path = [unquote(each) for each in parts.path.strip("/").split("/")]
        query = parse_qs(parts.query)
        cursor = query.get("cursor", ["0"])[0]
        with self._lock:
            if method == "GET" and path == ["offerings"]:
                return 200, self._page("offerings", self.offerings, cursor)
            if method == "POST" and path == ["feasibility"]:
                return self._feasibility(body)
            if method == "POST" and path == ["orders"]:
                return self._place(body)
            if method == "GET" and path == ["orders"] and self.repeats is not Repeats.NEVER:
                ours = query.get("our_reference", [None])[0]
                found = [_said(each) for each in self.orders.values() if ours in (None, each["our"])]
                return 200, self._page("orders", found, cursor)
            if len(path) in (2, 3) and path[0] == "orders" and path[1] in self.orders:
                order = self.orders[path[1]]
                if method == "GET" and len(path) == 2:
                    return 200, self._followed(order)
                if method == "GET" and path[2:] == ["deliveries"]:
                    return 200, self._page("deliveries", _delivered(order), cursor)
                if method == "POST" and path[2:] == ["cancellation"]:
                    return self._cancelled(order)
        return 404, {"error": "unknown"}

    def _page(self, name: str, rows: Sequence[Mapping[str, Any]], cursor: str) -> dict[str, Any]:
        start = int(cursor) if cursor.isascii() and cursor.isdecimal() else 0
        stop = start + self.page_size
        following = str(stop) if stop < len(rows) else None
        return {name: list(rows[start:stop]), "next": following}

    def _knows(self, reference: Any) -> bool:
        """Whether it is offered; a course may be asked of any offering by words after its name."""
        names = {each.get("reference") for each in self.offerings}
        return isinstance(reference, str) and (reference in names or reference.partition("+")[0] in names)

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
        ours = body["our_reference"]
        if "silent" in words(body["offering_reference"]):
            return LOST, None
        self.placings[ours] += 1
        known = next((each for each in self.orders.values() if each["our"] == ours), None)
        first = known is None
        if known is None or self.repeats is not Repeats.KEY:
            number = f"H-{len(self.orders) + 1}"
            known = {
                "our": ours,
                "number": number,
                "offering": body["offering_reference"],
                "quantity": body["quantity"],
                "window": body["window"],
                "step": 0,
                "ended": "",
                "fee": None,
            }
        self._write(known, placed=ours)
        return (LOST, None) if first and _fate(known).loses_answer else (200, _said(known))

    def _followed(self, order: dict[str, Any]) -> dict[str, Any]:
        step = order["step"] if order["ended"] else min(order["step"] + 1, _last(_fate(order)))
        if step != order["step"]:
            self._write(order | {"step": step})
        return _said(self.orders[order["number"]])

    def _cancelled(self, order: dict[str, Any]) -> tuple[int, Any]:
        drawn, status = _fate(order), _said(order)["status"]
        if status == "completed" or (drawn.binds and status == "accepted"):
            return 409, {"error": status}
        if status in ("received", "accepted"):
            fee = drawn.fee(order["quantity"]) if status == "accepted" else None
            told = None if fee is None else {"amount": f"{fee.amount:f}", "currency": fee.currency}
            self._write(order | {"ended": "user_cancelled", "fee": told})
        return 200, _said(self.orders[order["number"]])

    def _write(self, order: dict[str, Any], placed: str | None = None) -> None:
        """In the file before in memory: what was answered is written, whatever then happens to this process."""
        if self.file is not None:
            with self.file.open("a", encoding="utf-8") as book:
                book.write(json.dumps({"order": order, "placed": placed}) + "\n")
        self.orders[order["number"]] = order

    def _read(self, file: Path) -> None:
        whole = file.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        if len(kept) < len(whole):
            file.write_bytes(kept)
        for line in kept.splitlines():
            row = json.loads(line)
            self.orders[row["order"]["number"]] = row["order"]
            if row["placed"] is not None:
                self.placings[row["placed"]] += 1


def _fate(order: Mapping[str, Any]) -> Fate:
    return fate(order["offering"], order["our"])


def _last(drawn: Fate) -> int:
    """The look at which nothing changes any more."""
    return 1 if drawn.course is Course.HOLDS else 2 + (_LATE_LOOKS if drawn.late else 0)


def _said(order: Mapping[str, Any]) -> dict[str, Any]:
    drawn, step = _fate(order), order["step"]
    status = "received" if step == 0 else "accepted"
    if order["ended"]:
        status = order["ended"]
    elif step and (drawn.course is Course.REJECTS or (step == _last(drawn) and drawn.course in _ENDS)):
        status = _ENDS[drawn.course]
    return {
        "provider_reference": order["number"],
        "our_reference": order["our"],
        "status": status,
        "raw": status.upper(),
        "quantity_delivered": order["quantity"] if status == "completed" else None,
        "fee": order["fee"],
    }


def _delivered(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was handed over: nothing before completion, and then a quarter of the order in each delivery."""
    if _said(order)["status"] != "completed":
        return []
    start, stop = (None if at is None else datetime.fromisoformat(at) for at in order["window"].values())
    hour = timedelta(hours=1)
    at = (stop + hour if stop is not None else None) if _fate(order).late else start
    return [
        {
            "reference": f"{order['number']}-{number}",
            "quantity": order["quantity"] / _QUARTERS,
            "at": None if at is None else at.isoformat(),
            "latency_s": hour.total_seconds(),
            "links": [f"https://supplier.example/{order['number']}/{number}"],
            "quality": {"eo:cloud_cover": 10.0 * number},
        }
        for number in range(1, _QUARTERS + 1)
    ]


@contextmanager
def serving(book: Answering, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `book` while the block runs; the address to give to a door."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # Head and body in one packet: in two, the second waits for the first to be acknowledged.

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(json.loads(raw or b"{}"))

        def _answer(self, body: Any) -> None:
            status, value = book.answer(self.command, self.path, body, self.headers.get("Authorization"))
            if status == LOST:
                self.close_connection = True
                return
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


def main() -> None:
    """Serve a book kept in a file until this process is killed; the first line written is the address."""
    options = argparse.ArgumentParser()
    options.add_argument("--book", type=Path, required=True)
    options.add_argument("--offers", required=True, metavar="A-1,B-1")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--repeats", type=Repeats, default=Repeats.KEY, metavar=",".join(Repeats))
    given = options.parse_args()
    offered = [
        {"reference": each, "title": each, "capability": "imagery.optical"} for each in given.offers.split(",") if each
    ]
    with serving(Book(offered, file=given.book, repeats=given.repeats), port=given.port) as url:
        print(url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
