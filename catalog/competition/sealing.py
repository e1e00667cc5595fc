"""Quotes sealed at the supplier, which any two of the named openers open together. Pure but for libsodium.

The hub never holds a quote, its key or an opener's private key before the opening. What
a supplier sends is an envelope, made as follows; all names are libsodium's, so that it can
be made in any language that has it.

1. `aad` is the canonical JSON (sorted keys, no spaces, UTF-8, nothing escaped that need not be) of
   `{"v": 1, "notice": ..., "invitation": ..., "revision": ..., "openers": [...]}`: the SHA-256 of
   the frozen notice in lower-case hex, the invitation's id, the revision as a whole number from 1, and the
   openers' ids in their order of places. The notice names the openers' public keys too, so that its hash binds them.
2. `K` is 32 random bytes, `nonce` 24. `body` is `crypto_aead_xchacha20poly1305_ietf_encrypt` of
   the quote, padded by `sodium_pad` to steps of 4,096 bytes and to at most 65,536, with `aad`.
3. `commitment` is SHA-256 of `b"space-hub quote v1" + K`. The cipher alone does not commit to one key: a
   body could be made that two keys open to two texts.
4. For each pair of openers, in order of places: `a` is 32 fresh random bytes, `tag` the first 16 bytes of SHA-256 of
   `aad`. `crypto_box_seal` of `a + tag` goes to the first of the pair, of `(K xor a) + tag` to the second. One
   share is uniformly random: alone it says nothing of `K`.
5. As JSON: the members of `aad`, and `nonce`, `body` and each sealed share in padded base64, `commitment`
   in hex, `shares` as `[{"pair": [0, 1], "sealed": ["...", "..."]}, ...]` by places from 0.

To open, one opener takes its share of a pair out and seals the same 48 bytes to the other
(`release`); the other joins both to `K` (`combine`); whoever has `K` reads the quote (`unseal`).
The share is sealed again so that what the hub keeps and one private key open nothing.

It does not stop two openers who act together with whoever holds the envelopes before the
deadline. It needs no threshold scheme: with three openers one key may be lost, with two none.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, starmap
from operator import xor
from typing import Any

from nacl import bindings, utils
from nacl import exceptions as sodium

from catalog.competition.canonical import canonical
from catalog.competition.states import FEWEST_OPENERS, MOST_OPENERS
from space_hub.errors import Forbidden, Invalid, Unavailable

STEP = 4096
MOST_PADDED = 65536
MOST_PLAIN = MOST_PADDED - 1
"""Padding adds at least one byte."""

_VERSION = 1
_KEY = 32
_TAG = 16
_COMMITS = b"space-hub quote v1"
_NONCE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_MAC = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
SEALED_SHARE = _KEY + _TAG + bindings.crypto_box_SEALBYTES
"""Bytes of a share that is sealed to somebody."""
_HEX_32 = re.compile("[0-9a-f]{64}")
_ID = re.compile("[!-~]{1,80}")
"""Letters that every language writes alike, because ids stand in `aad`."""
_MEMBERS = frozenset(
    {"v", "notice", "invitation", "revision", "openers", "nonce", "body", "commitment", "shares"},
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed quote; `shares` holds, for each pair of places, what is sealed to the first and to the second."""

    notice_sha256: str
    invitation_id: str
    revision: int
    openers: tuple[str, ...]
    nonce: bytes
    body: bytes
    commitment: str
    shares: Mapping[tuple[int, int], tuple[bytes, bytes]]

    def __post_init__(self) -> None:
        """Whatever is wrong with its form is told by name, before anybody's key is used on it."""
        wrong = next((name for name, right in self._form() if not right), None)
        if wrong is not None:
            raise Invalid("quote.envelope_wrong", member=wrong)

    def _form(self) -> list[tuple[str, bool]]:
        places = list(combinations(range(len(self.openers)), 2))
        return [
            ("notice", _HEX_32.fullmatch(self.notice_sha256) is not None),
            ("invitation", _ID.fullmatch(self.invitation_id) is not None),
            ("revision", self.revision >= 1),
            ("openers", all(_ID.fullmatch(each) for each in self.openers)),
            ("openers", FEWEST_OPENERS <= len(set(self.openers)) == len(self.openers) <= MOST_OPENERS),
            ("nonce", len(self.nonce) == _NONCE),
            ("body", len(self.body) - _MAC in range(STEP, MOST_PADDED + 1, STEP)),
            ("commitment", _HEX_32.fullmatch(self.commitment) is not None),
            ("shares", sorted(self.shares) == places),
            ("shares", all(len(each) == SEALED_SHARE for pair in self.shares.values() for each in pair)),
        ]

    @property
    def aad(self) -> bytes:
        """What the body is bound to: moved to another notice, invitation or revision it does not open."""
        return _aad(self.notice_sha256, self.invitation_id, self.revision, self.openers)

    @property
    def tag(self) -> bytes:
        return _tag(self.aad)


def seal(
    notice_sha256: str, invitation_id: str, revision: int, plain: bytes, openers: Sequence[tuple[str, bytes]]
) -> Envelope:
    """The envelope of `plain` for `openers`, each an id and an X25519 public key. It can be read by no one alone.

    Before it is given out the key is rebuilt from every pair, as `rebuild` does.
    """
    if len(plain) > MOST_PLAIN:
        raise Invalid("quote.too_long", given=len(plain), most=MOST_PLAIN)
    names, keys = tuple(name for name, _ in openers), [key for _, key in openers]
    if not FEWEST_OPENERS <= len(openers) <= MOST_OPENERS or len(set(names)) < len(names) or len(set(keys)) < len(keys):
        raise Invalid("quote.openers_wrong", given=", ".join(names) or "-", fewest=FEWEST_OPENERS, most=MOST_OPENERS)
    aad, key, nonce = _aad(notice_sha256, invitation_id, revision, names), utils.random(_KEY), utils.random(_NONCE)
    copies = {}
    for pair in combinations(range(len(openers)), 2):
        one = utils.random(_KEY)
        copies[pair] = (one + _tag(aad), _joined(key, one) + _tag(aad))
    shares = {
        (first, second): (_sealed(one, *openers[first]), _sealed(other, *openers[second]))
        for (first, second), (one, other) in copies.items()
    }
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(bindings.sodium_pad(plain, STEP), aad, nonce, key)
    made = Envelope(notice_sha256, invitation_id, revision, names, nonce, body, _commitment(key), shares)
    rebuild(from_json(to_json(made)), copies, plain)
    return made


def rebuild(envelope: Envelope, copies: Mapping[tuple[int, int], tuple[bytes, bytes]], plain: bytes) -> None:
    """Refuses unless every pair of `copies`, the shares as they were before they were sealed, gives `plain` back.

    A share that was garbled at its maker's would be found at the opening, when nothing can be mended. What was sealed
    to an opener nobody but the opener can look into: there is but libsodium between it and its copy.
    """
    for first, second in combinations(range(len(envelope.openers)), 2):
        one, other = copies[first, second]
        try:
            given_back = unseal(envelope, _joined(one[:_KEY], other[:_KEY]))
        except Invalid:
            given_back = None
        if given_back != plain or not one[_KEY:] == other[_KEY:] == envelope.tag:
            raise Unavailable("quote.not_rebuilt", first=envelope.openers[first], second=envelope.openers[second])


def release(envelope: Envelope, own: str, own_private: bytes, to: str, to_public: bytes) -> bytes:
    """The share of `own` in its pair with `to`, sealed again so that only `to` can take it out."""
    return _sealed(_taken_out(envelope, own, to, own_private), to, to_public)


def combine(envelope: Envelope, own: str, own_private: bytes, other: str, released: bytes) -> bytes:
    """The key, from the share of `own` in its pair with `other` and from what `other` released to it."""
    mine = _taken_out(envelope, own, other, own_private)
    theirs = _opened(released, envelope, own, own_private)
    key = _joined(mine[:_KEY], theirs[:_KEY])
    _check_commitment(envelope, key)
    return key


def unseal(envelope: Envelope, key: bytes) -> bytes:
    """The quote, if `key` is the one that the envelope commits to and nothing of the envelope was changed."""
    _check_commitment(envelope, key)
    try:
        padded = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(envelope.body, envelope.aad, envelope.nonce, key)
        return bindings.sodium_unpad(padded, STEP)
    except sodium.CryptoError as error:
        raise Invalid("quote.unreadable", invitation=envelope.invitation_id, revision=envelope.revision) from error


def to_json(envelope: Envelope) -> dict[str, Any]:
    return {
        "v": _VERSION,
        "notice": envelope.notice_sha256,
        "invitation": envelope.invitation_id,
        "revision": envelope.revision,
        "openers": list(envelope.openers),
        "nonce": _text(envelope.nonce),
        "body": _text(envelope.body),
        "commitment": envelope.commitment,
        "shares": [
            {"pair": list(pair), "sealed": [_text(each) for each in sealed]}
            for pair, sealed in sorted(envelope.shares.items())
        ],
    }


def from_json(given: Any) -> Envelope:
    """An envelope as a supplier sent it; refused with the member that is wrong."""
    if not isinstance(given, Mapping) or set(given) != _MEMBERS:
        raise Invalid("quote.envelope_members_wrong", expected=", ".join(sorted(_MEMBERS)))
    version, revision = given["v"], given["revision"]
    openers = given["openers"]
    for member, right in (
        ("v", type(version) is int and version == _VERSION),
        ("revision", type(revision) is int),
        ("openers", isinstance(openers, list) and all(isinstance(each, str) for each in openers)),
        *((member, isinstance(given[member], str)) for member in ("notice", "invitation", "commitment")),
    ):
        if not right:
            raise Invalid("quote.envelope_wrong", member=member)
    return Envelope(
        given["notice"],
        given["invitation"],
        revision,
        tuple(openers),
        _bytes("nonce", given["nonce"]),
        _bytes("body", given["body"]),
        given["commitment"],
        _shares(given["shares"]),
    )


def _shares(given: Any) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    found = {}
    for each in given if isinstance(given, list) else [None]:
        match each:
            case {"pair": [int(first), int(second)], "sealed": [one, other], **rest} if not rest:
                found[first, second] = (_bytes("shares", one), _bytes("shares", other))
            case _:
                raise Invalid("quote.envelope_wrong", member="shares")
    if len(found) != len(given):
        raise Invalid("quote.envelope_wrong", member="shares")
    return found


def _aad(notice_sha256: str, invitation_id: str, revision: int, openers: Sequence[str]) -> bytes:
    return canonical(
        {
            "v": _VERSION,
            "notice": notice_sha256,
            "invitation": invitation_id,
            "revision": revision,
            "openers": list(openers),
        }
    )


def _tag(aad: bytes) -> bytes:
    return hashlib.sha256(aad).digest()[:_TAG]


def _commitment(key: bytes) -> str:
    return hashlib.sha256(_COMMITS + key).hexdigest()


def _check_commitment(envelope: Envelope, key: bytes) -> None:
    if len(key) != _KEY or _commitment(key) != envelope.commitment:
        raise Invalid("quote.key_not_committed", invitation=envelope.invitation_id, revision=envelope.revision)


def _joined(one: bytes, other: bytes) -> bytes:
    return bytes(starmap(xor, zip(one, other, strict=True)))


def _sealed(share: bytes, opener: str, public: bytes) -> bytes:
    try:
        return bindings.crypto_box_seal(share, public)
    except sodium.CryptoError as error:
        # Of another length, or a point of low order, to which nothing can be sealed.
        raise Invalid("opener.key_wrong", opener=opener) from error


def _taken_out(envelope: Envelope, own: str, other: str, own_private: bytes) -> bytes:
    """The 48 bytes that the supplier sealed to `own` for its pair with `other`."""
    if own == other or not {own, other} <= set(envelope.openers):
        raise Forbidden("quote.not_sealed_for_these_openers", given=f"{own}, {other}")
    mine, theirs = envelope.openers.index(own), envelope.openers.index(other)
    sealed = envelope.shares[min(mine, theirs), max(mine, theirs)][mine > theirs]
    return _opened(sealed, envelope, own, own_private)


def _opened(sealed: bytes, envelope: Envelope, own: str, private: bytes) -> bytes:
    if len(private) != _KEY:
        raise Invalid("opener.key_wrong", opener=own)
    try:
        share = bindings.crypto_box_seal_open(sealed, bindings.crypto_scalarmult_base(private), private)
    except sodium.CryptoError as error:
        raise Invalid("quote.share_unreadable", opener=own, invitation=envelope.invitation_id) from error
    if len(share) != _KEY + _TAG or share[_KEY:] != envelope.tag:
        raise Invalid("quote.share_of_another_quote", opener=own, invitation=envelope.invitation_id)
    return share


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(member: str, given: Any) -> bytes:
    if not isinstance(given, str):
        raise Invalid("quote.envelope_wrong", member=member)
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("quote.envelope_wrong", member=member) from error
