"""The key by which two spellings of a company's name are one: case, accents and legal form off. Pure."""

import re
import unicodedata

_FORMS_TEXT = (
    "ab ag as asa bv co company corp corporation gmbh group inc incorporated kft limited ltd llc nv oy oyj plc "
    "pte pty sa sarl sas se sl spa sprl srl the"
)
_FORMS = frozenset(_FORMS_TEXT.split())
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 100


def name_key(name: str) -> str:
    """ "Arianespace S.A." and "ARIANESPACE" are one; a name of nothing but legal forms is kept whole."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(part for part in parts if not unicodedata.combining(part)).replace(".", "")
    found = _WORD.findall(plain)
    kept = [word for word in found if word not in _FORMS]
    return " ".join(kept or found)[:_LONGEST]
