"""An opener's private key as it lies on disk: sealed by a passphrase, and damage told from a wrong one. Pure.

The file is one line of canonical JSON: `public` in hex, `sealed`, `salt` and `nonce` in base64, `ops` and
`mem` of Argon2id, and `sha256` over all the others in the same spelling. The X25519 private key is sealed by
XChaCha20-Poly1305 under Argon2id of the passphrase, bound to the public key. A cipher alone cannot
say whether a passphrase is wrong or a byte has rotted; `sha256` can, and helps nobody to guess.

Where the file lies and who may read it is the command line's affair. The key is never sent anywhere, and
there is no way back to a lost passphrase.
"""

import base64
import binascii
import hashlib
import json
import unicodedata
from dataclasses import dataclass
from typing import Any

from nacl import bindings, utils
from nacl import exceptions as sodium
from nacl.pwhash import argon2id

from catalog.competition.canonical import canonical
from space_hub.errors import Forbidden, Invalid

FEWEST_CHARACTERS = 12
"""Of a passphrase. Argon2id makes a guess dear, not a short list of guesses long."""

LONGEST = 4096
"""Bytes of a key file; whatever is longer is none."""

_MEMBERS = frozenset({"v", "public", "salt", "ops", "mem", "nonce", "sealed", "sha256"})
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """Passes and bytes that one guess of the passphrase costs."""

    ops: int
    mem: int


USUAL = Cost(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
"""A second and 256 MiB a guess."""

_MOST = Cost(argon2id.OPSLIMIT_SENSITIVE * 4, argon2id.MEMLIMIT_SENSITIVE * 4)
"""A file that asks for more is no file of ours, and would take the machine with it."""


def new(passphrase: str, cost: Cost = USUAL) -> bytes:
    """The file of a key that is made for it."""
    public, private = bindings.crypto_box_keypair()
    return sealed(public, private, passphrase, cost)


def sealed(public: bytes, private: bytes, passphrase: str, cost: Cost) -> bytes:
    if len(passphrase) < FEWEST_CHARACTERS:
        raise Invalid("opener.passphrase_short", given=len(passphrase), fewest=FEWEST_CHARACTERS)
    salt, nonce = utils.random(argon2id.SALTBYTES), utils.random(bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        private, public, nonce, _stretched(passphrase, salt, cost)
    )
    content = {
        "v": _VERSION,
        "public": public.hex(),
        "salt": _text(salt),
        "ops": cost.ops,
        "mem": cost.mem,
        "nonce": _text(nonce),
        "sealed": _text(body),
    }
    return canonical({**content, "sha256": _sum(content)}) + b"\n"


def public_key(raw: bytes) -> bytes:
    """The public key of a file, for which no passphrase is asked."""
    return bytes.fromhex(_read(raw)["public"])


def private_key(raw: bytes, passphrase: str) -> bytes:
    content = _read(raw)
    public = bytes.fromhex(content["public"])
    stretched = _stretched(passphrase, _bytes(content["salt"]), Cost(content["ops"], content["mem"]))
    try:
        private = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            _bytes(content["sealed"]), public, _bytes(content["nonce"]), stretched
        )
    except sodium.CryptoError as error:
        raise Forbidden("opener.passphrase_wrong") from error
    if bindings.crypto_scalarmult_base(private) != public:
        raise Invalid("opener.file_damaged")
    return private


def _read(raw: bytes) -> dict[str, Any]:
    """The members of a whole file; whatever is wrong with one was done to it after it was written."""
    if len(raw) > LONGEST:
        raise Invalid("opener.file_wrong")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid("opener.file_wrong") from error
    if not isinstance(content, dict) or set(content) != _MEMBERS:
        raise Invalid("opener.file_wrong")
    claimed = content.pop("sha256")
    try:
        whole = claimed == _sum(content) and content["v"] == _VERSION
        lengths = [len(_bytes(content[name])) for name in ("salt", "nonce", "sealed")]
        fits = len(bytes.fromhex(content["public"])) == 32 and lengths == [16, 24, 48]
        costs = (content["ops"], _MOST.ops, argon2id.OPSLIMIT_MIN), (content["mem"], _MOST.mem, argon2id.MEMLIMIT_MIN)
        fits = fits and all(type(given) is int and least <= given <= most for given, most, least in costs)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Invalid("opener.file_damaged") from error
    if not (whole and fits):
        raise Invalid("opener.file_damaged")
    return content


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # Two keyboards spell one accent in two ways.
    words = unicodedata.normalize("NFC", passphrase).encode()
    return argon2id.kdf(bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES, words, salt, cost.ops, cost.mem)


def _sum(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(given: str) -> bytes:
    return base64.b64decode(given, validate=True)
