"""What somebody tries who has everything but two openers: which quotes it opens, and which prices it can confirm."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from nacl import bindings
from nacl import exceptions as sodium

from catalog.competition.quotes import Quote
from catalog.competition.sealing import Envelope
from tests.support import canaries

from .taken import Taken

_COMMITS = b"space-hub quote v1"
_TAG = 16


def opened(
    envelopes: Sequence[Envelope], lies: Taken, publics: Collection[bytes], privates: Iterable[bytes]
) -> set[int]:
    """The envelopes that open with what was taken and with these private keys.

    Every value of 32 bytes is tried as a quote's key, as an opener's private key, and joined with every half
    that a private key takes out of anything that is sealed; values of the tables of quotes also in pairs.
    """
    held = set(privates) | {each for each in lies.values if bindings.crypto_scalarmult_base(each) in publics}
    halves: dict[bytes, set[bytes]] = {}
    for share in lies.sealed:
        for private in held:
            for half, tag in _taken_out(share, private):
                halves.setdefault(tag, set()).add(half)
    found = set()
    for number, envelope in enumerate(envelopes):
        mine = halves.get(envelope.tag, set())
        joined = (_joined(half, each) for half in mine for each in lies.values | mine)
        if any(_commitment(key) == envelope.commitment for key in joined):
            found.add(number)
    pairs = {_joined(one, other) for one, other in combinations(lies.of_quotes, 2)}
    commitments = {envelope.commitment: number for number, envelope in enumerate(envelopes)}
    return found | {commitments[each] for each in map(_commitment, lies.values | pairs) if each in commitments}


def confirmed(quotes: Sequence[Quote], lies: Taken, prices: int) -> int:
    """How many quotes a hash betrays: the whole text is known but for the price, which is one of so many."""
    guesses = [b"%d" % guess for guess in range(prices)]
    if any(_sha256(each) in lies.values for each in guesses):
        return len(quotes)
    betrayed = 0
    for quote in quotes:
        head, mark, rest = quote.plain.partition(b'"value":"')
        head, tail = head + mark, rest[rest.index(b'"') :]
        betrayed += any(_sha256(head + each + tail) in lies.values for each in guesses)
    return betrayed


def read(words: list[str], lies: Taken) -> set[str]:
    """The places where what was quoted stands in any spelling."""
    return canaries.found(words, lies.places)


def _taken_out(share: bytes, private: bytes) -> Iterable[tuple[bytes, bytes]]:
    try:
        plain = bindings.crypto_box_seal_open(share, bindings.crypto_scalarmult_base(private), private)
    except sodium.CryptoError:
        return
    if len(plain) == 32 + _TAG:
        yield plain[:32], plain[32:]


def _commitment(key: bytes) -> str:
    return hashlib.sha256(_COMMITS + key).hexdigest()


def _sha256(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _joined(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(32)
