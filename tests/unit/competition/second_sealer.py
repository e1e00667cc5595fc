"""A second implementation of the envelope, from the numbered steps in `sealing`'s docstring and libsodium alone.

It shares no line with the product: what both read of each other is what the description says.
"""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

from nacl import bindings as na

Keys = dict[str, tuple[bytes, bytes]]
"""Public and private key by opener's id."""


def associated(notice: str, invitation: str, revision: int, openers: list[str]) -> bytes:
    names = ",".join(json.dumps(each) for each in openers)
    return (
        f'{{"invitation":"{invitation}","notice":"{notice}","openers":[{names}],"revision":{revision},"v":1}}'.encode()
    )


def seal(notice: str, invitation: str, revision: int, plain: bytes, openers: list[tuple[str, bytes]]) -> dict[str, Any]:
    names = [name for name, _ in openers]
    aad = associated(notice, invitation, revision, names)
    key, nonce = na.randombytes(32), na.randombytes(24)
    filled = plain + b"\x80"
    filled += bytes(-len(filled) % 4096)
    shares = []
    for i in range(len(openers)):
        for j in range(i + 1, len(openers)):
            a = na.randombytes(32)
            b = (int.from_bytes(key) ^ int.from_bytes(a)).to_bytes(32)
            tag = sha256(aad).digest()[:16]
            sealed = [na.crypto_box_seal(a + tag, openers[i][1]), na.crypto_box_seal(b + tag, openers[j][1])]
            shares.append({"pair": [i, j], "sealed": [b64encode(each).decode() for each in sealed]})
    return {
        "v": 1,
        "notice": notice,
        "invitation": invitation,
        "revision": revision,
        "openers": names,
        "nonce": b64encode(nonce).decode(),
        "body": b64encode(na.crypto_aead_xchacha20poly1305_ietf_encrypt(filled, aad, nonce, key)).decode(),
        "commitment": sha256(b"space-hub quote v1" + key).hexdigest(),
        "shares": shares,
    }


def unseal(envelope: dict[str, Any], one: str, other: str, keys: Keys) -> bytes:
    """Both openers at one table: the pair's two shares, the key, the text."""
    names = envelope["openers"]
    aad = associated(envelope["notice"], envelope["invitation"], envelope["revision"], names)
    i, j = sorted((names.index(one), names.index(other)))
    pair = next(each["sealed"] for each in envelope["shares"] if each["pair"] == [i, j])
    halves = [
        na.crypto_box_seal_open(b64decode(sealed), *keys[names[place]])
        for sealed, place in zip(pair, (i, j), strict=True)
    ]
    assert [half[32:] for half in halves] == [sha256(aad).digest()[:16]] * 2
    key = bytes(x ^ y for x, y in zip(halves[0][:32], halves[1][:32], strict=True))
    assert sha256(b"space-hub quote v1" + key).hexdigest() == envelope["commitment"]
    filled = na.crypto_aead_xchacha20poly1305_ietf_decrypt(
        b64decode(envelope["body"]), aad, b64decode(envelope["nonce"]), key
    )
    assert len(filled) % 4096 == 0
    return filled.rstrip(b"\x00")[:-1]
