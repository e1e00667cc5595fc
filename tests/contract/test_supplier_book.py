"""The reference supplier's book outlives its process: what it answered, it knows, and one reference is one order."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest

from jobs.demo.http_supplier import Book
from providers.adapters.base import Repeats

OFFERS = [{"reference": "A", "title": "Images", "capability": "imagery.optical"}]
WINDOW = {"start": "2024-11-05T00:00:00+00:00", "stop": "2024-11-06T00:00:00+00:00"}


def ask(ours: str, reference: str = "A") -> dict[str, object]:
    return {"our_reference": ours, "offering_reference": reference, "quantity": 1.0, "unit": "km2/d", "window": WINDOW}


@contextmanager
def process(file: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The supplier as a process of its own; killed without a word at the end."""
    command = [
        sys.executable,
        "-m",
        "jobs.demo.http_supplier",
        "--book",
        str(file),
        "--offers",
        "A",
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield child.stdout.readline().strip(), child
        finally:
            child.send_signal(signal.SIGKILL)


def test_a_supplier_killed_while_it_is_ordered_from_forgets_no_answer_and_makes_no_order_twice(tmp_path: Path) -> None:
    """Sabotage seen: the lines left in a buffer; only every third one written."""
    file, draw = tmp_path / "book.jsonl", Random(7)
    answered: dict[str, str] = {}
    sent, port = 0, 0
    for kill in range(4):
        with process(file, port) as (url, child):
            port = int(url.rpartition(":")[2])
            timer = threading.Timer(draw.random() / 20, child.kill)
            with httpx.Client(base_url=url, timeout=5) as client:
                try:
                    for number in range(10_000):
                        ours = f"ord_{kill}_{number}"
                        sent += 1
                        if number == 25:
                            timer.start()
                        for _ in range(2):
                            said = client.post("/orders", json=ask(ours)).json()["provider_reference"]
                            assert answered.setdefault(ours, said) == said
                except httpx.TransportError:
                    assert child.wait(5) == -signal.SIGKILL
            timer.join()
    book = Book(OFFERS, file=file)
    assert len(answered) >= 4 * 25
    assert sent - 4 <= len(book.orders) <= sent
    for ours, given in answered.items():
        assert (book.orders_under(ours), book.orders[given]["our"]) == (1, ours)
        assert book.placings[ours] >= 1


def test_a_book_cut_at_any_byte_is_read_to_its_last_whole_line_and_goes_on(tmp_path: Path) -> None:
    """Sabotage seen: the cut line left in the file; the next order was glued to it and both were lost."""
    file = tmp_path / "book.jsonl"
    whole = Book(OFFERS, file=file)
    for ours in ("ord_1", "ord_2"):
        assert whole.answer("POST", "/orders", ask(ours))[0] == 200
    written = file.read_bytes()
    first = written.index(b"\n")
    for cut in (0, 1, first, first + 1, *range(first + 2, len(written), 9), len(written) - 1, len(written)):
        file.write_bytes(written[:cut])
        lines = written[:cut].count(b"\n")
        assert len(Book(OFFERS, file=file).orders) == lines
        assert Book(OFFERS, file=file).answer("POST", "/orders", ask("ord_3"))[0] == 200
        again = Book(OFFERS, file=file)
        assert (len(again.orders), again.orders_under("ord_3")) == (lines + 1, 1)


def test_a_book_read_again_says_what_it_said(tmp_path: Path) -> None:
    """The looks, the end and the fee are in the file, not only the orders."""
    file = tmp_path / "book.jsonl"
    book = Book(OFFERS, file=file)
    targets = {ours: book.answer("POST", "/orders", ask(ours, "A+charges20"))[1] for ours in ("ord_1", "ord_2")}
    for each in targets.values():
        book.answer("GET", f"/orders/{each['provider_reference']}", None)
    told = book.answer("POST", f"/orders/{targets['ord_1']['provider_reference']}/cancellation", {})[1]
    again = Book(OFFERS, file=file)
    assert (again.orders, again.placings) == (book.orders, book.placings)
    _, page = again.answer("GET", "/orders?our_reference=ord_1", None)
    assert page == {"orders": [told], "next": None}
    assert told["fee"] == {"amount": "20", "currency": "EUR"}


@pytest.mark.parametrize(("repeats", "orders"), [("key", 1), ("lookup", 2), ("never", 2)])
def test_the_book_shows_an_order_that_was_made_twice(tmp_path: Path, repeats: str, orders: int) -> None:
    """Without this, a campaign that finds no double order would prove nothing."""
    file = tmp_path / "book.jsonl"
    book = Book(OFFERS, file=file, repeats=Repeats(repeats))
    for _ in range(2):
        book.answer("POST", "/orders", ask("ord_1"))
    again = Book(OFFERS, file=file)
    assert (again.orders_under("ord_1"), again.placings["ord_1"]) == (orders, 2)
    assert len([json.loads(line) for line in file.read_text("utf-8").splitlines()]) == 2
