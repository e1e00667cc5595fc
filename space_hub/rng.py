"""Randomness and identifiers, drawn per tenant and kind.

`rng.scope(tenant, kind)` gives an independent stream: what one tenant does can
never shift the draws of another, so answers to one tenant stay the same bytes
whatever its rivals do. An id is a prefix and 128 random bits in lower-case
base 32, for example `off_3k9...`.
"""

import base64
import hashlib
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scope:
    """One independent stream of random bytes."""

    token_bytes: Callable[[int], bytes]

    def id(self, prefix: str) -> str:
        body = base64.b32encode(self.token_bytes(16)).decode().rstrip("=").lower()
        return f"{prefix}_{body}"

    def uniform(self) -> float:
        """A number in [0, 1), for jitter."""
        return int.from_bytes(self.token_bytes(6)) / 2**48


class Rng(Protocol):
    def scope(self, tenant: str, kind: str) -> Scope: ...


@dataclass(frozen=True, slots=True)
class SystemRng:
    """The operating system's randomness."""

    def scope(self, tenant: str, kind: str) -> Scope:
        return Scope(secrets.token_bytes)


@dataclass(frozen=True, slots=True)
class SeededRng:
    """Repeatable streams for tests and simulation; never for keys that guard anything."""

    seed: int
    _streams: dict[tuple[str, str], random.Random] = field(default_factory=dict)

    def scope(self, tenant: str, kind: str) -> Scope:
        name = (tenant, kind)
        if name not in self._streams:
            digest = hashlib.sha256(f"{self.seed}/{tenant}/{kind}".encode()).digest()
            self._streams[name] = random.Random(digest)
        return Scope(self._streams[name].randbytes)
