"""A tasking server on a real port, for doors that bring their own connection.

It is a fake written from the specification (`tests.support.suppliers.Stapi`), not the reference server of the
STAPI project: what it proves is our client and our rules, not that others read the specification as we do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jobs.demo.http_supplier import serving
from tests.support.suppliers import Stapi


@dataclass
class _Open:
    """`Stapi` as the server of the reference supplier wants it; it asks for no credential."""

    stapi: Stapi

    def answer(self, method: str, target: str, body: Any, credential: str | None = None) -> tuple[int, Any]:
        del credential
        return self.stapi.answer(method, target.lstrip("/"), body)


@contextmanager
def stapi_server(stapi: Stapi) -> Iterator[str]:
    """Serve `stapi` while the block runs; its address."""
    with serving(_Open(stapi)) as url:
        yield url
