"""What people call a code, in their language: the one way from a code of any list to its label."""

from space_hub.text import catalogue, say
from space_hub.vocabulary.codes import LISTS, SYMBOLS


def label(of: str, code: str, language: str) -> str:
    """The label of `code` in the list `of`; a sign of the trade, or a nation without one, is its own label."""
    if of == "nation":
        return catalogue(language).get(f"vocabulary.nation.{code.lower()}", code)
    if of in SYMBOLS:
        return code
    if of in LISTS and code not in LISTS[of]:
        return code
    return say(f"vocabulary.{of}.{code}", language)
