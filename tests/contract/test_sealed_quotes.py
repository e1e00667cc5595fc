"""Sealed quotes: whoever takes the whole installation and one private key reads none; two openers read all, once.

The whole proof, with 200 quotes and 100,000 prices guessed for each, is `./hub bench sealed`.
"""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from nacl import bindings

from benchmarks.sealed import attack
from benchmarks.sealed.campaign import Campaign
from benchmarks.sealed.taken import Taken
from catalog.competition import quotes, sealing
from jobs.proofs import competing
from tests.support.hub import Hub


def test_who_takes_everything_but_two_openers_reads_no_quote_and_two_open_all_once(
    hub_on_both: Hub, tmp_path: Path
) -> None:
    """Sabotage seen, each by `./hub bench sealed --sabotage=NAME`: a route that takes quotes in clear; both shares for
    one opener; shares released as they were taken out; no deadline; the primary key of openings dropped."""
    figures = Campaign(hub_on_both, tmp_path, quotes=4, prices=20_000).run()
    assert figures["holds"], figures


def test_the_search_finds_what_gives_a_quote_away() -> None:
    """The proof of the proof: the key in hex, both shares as they were, a share that one key opens, a hash."""
    pairs = [bindings.crypto_box_keypair() for _ in range(2)]
    plain = quotes.read(competing.quote("48117", "canary"), competing.CRITERIA)
    openers = [(f"opn_{place}", public) for place, (public, _) in enumerate(pairs)]
    envelope = sealing.seal("0" * 64, "inv_1", 1, plain.plain, openers)
    shares = [
        bindings.crypto_box_seal_open(sealed, *pair) for sealed, pair in zip(envelope.shares[0, 1], pairs, strict=True)
    ]
    key = bytes(one ^ other for one, other in zip(shares[0][:32], shares[1][:32], strict=True))
    publics = {public for public, _ in pairs}
    kept = {"table sealed_quote": json.dumps(sealing.to_json(envelope)).encode()}

    def opens(private: bytes | None = None, **more: str | list[str]) -> bool:
        lies = Taken({**kept, **{name.replace("_in_", " "): json.dumps(each).encode() for name, each in more.items()}})
        return attack.opened([envelope], lies, publics, () if private is None else (private,)) == {0}

    assert not opens() and not opens(pairs[0][1]) and not opens(pairs[1][1])
    assert opens(settings=key.hex()) and opens(environment=json.dumps([b64encode(key).decode()]))
    assert opens(table_in_quote_release=[b64encode(each).decode() for each in shares])
    assert opens(settings=[pair[1].hex() for pair in pairs])
    again = bindings.crypto_box_seal(shares[1], pairs[0][0])
    assert opens(pairs[0][1], table_in_quote_release=b64encode(again).decode())
    hashed = Taken({"table idempotency": json.dumps(sha256(plain.plain).hexdigest()).encode()})
    assert attack.confirmed([plain], hashed, 50_000) == 1
    assert attack.confirmed([plain], Taken(kept), 50_000) == 0
