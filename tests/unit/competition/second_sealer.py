"""A second implementation of the envelope, from `catalog/competition/README.md` and `nacl.bindings` alone.

It shares no line with the product: what both read of each other is what that file says. The
numbers are those of its steps under "The envelope, byte by byte".
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from nacl import bindings as na

Keys = dict[str, tuple[bytes, bytes]]
"""Public and private key by opener's id."""

_ESCAPED = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def canonical(value: Any) -> str:
    """As "The notice" spells JSON."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case str():
            letters = (_ESCAPED.get(each) or (each if each >= " " else f"\\u{ord(each):04x}") for each in value)
            return f'"{"".join(letters)}"'
        case list():
            return f"[{','.join(canonical(each) for each in value)}]"
        case dict():
            return f"{{{','.join(f'{canonical(name)}:{canonical(value[name])}' for name in sorted(value))}}}"
    raise TypeError(value)


def associated(notice: str, invitation: str, revision: int, openers: list[str]) -> bytes:
    """1."""
    names = ",".join(canonical(each) for each in openers)
    bound = f'"invitation":{canonical(invitation)},"notice":"{notice}","openers":[{names}],"revision":{revision},"v":1'
    return f"{{{bound}}}".encode()


def seal(
    notice: str,
    invitation: str,
    revision: int,
    plain: bytes,
    openers: list[tuple[str, bytes]],
    draw: Callable[[int], bytes] = na.randombytes,
) -> dict[str, Any]:
    """`draw` in the order of the steps: the key, the nonce, then one value for each pair."""
    names = [name for name, _ in openers]
    aad = associated(notice, invitation, revision, names)
    key, nonce = draw(32), draw(24)  # 2.
    padded = plain + b"\x80"
    padded += bytes(-len(padded) % 4096)  # 3.
    body = na.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, aad, nonce, key)  # 4.
    commitment = sha256(b"space-hub quote v1" + key).hexdigest()  # 5.
    tag = sha256(aad).digest()[:16]  # 6.
    shares = []
    for i in range(len(openers)):  # 7.
        for j in range(i + 1, len(openers)):
            a = draw(32)
            b = bytes(one ^ other for one, other in zip(key, a, strict=True))
            sealed = [na.crypto_box_seal(a + tag, openers[i][1]), na.crypto_box_seal(b + tag, openers[j][1])]
            shares.append({"pair": [i, j], "sealed": [b64encode(each).decode() for each in sealed]})
    return {
        "v": 1,
        "notice": notice,
        "invitation": invitation,
        "revision": revision,
        "openers": names,
        "nonce": b64encode(nonce).decode(),
        "body": b64encode(body).decode(),
        "commitment": commitment,
        "shares": shares,
    }


def unseal(envelope: dict[str, Any], one: str, other: str, keys: Keys) -> bytes:
    """As "To open" says, with both openers at one table: the pair's two shares, the key, the text."""
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
    padded = na.crypto_aead_xchacha20poly1305_ietf_decrypt(
        b64decode(envelope["body"]), aad, b64decode(envelope["nonce"]), key
    )
    assert len(padded) % 4096 == 0
    return padded.rstrip(b"\x00")[:-1]
