"""What people call a code, in their language: the one way from a code of any list to its label."""

from space_hub.text import WORDS, catalogue, say
from space_hub.vocabulary.codes import LISTS, SYMBOLS


def lists() -> dict[str, tuple[str, ...]]:
    """Every list of codes that an answer may carry, by name: those of attributes, and every `Word` there is."""
    words = {name: tuple(each.value for each in of) for name, of in WORDS.items()}
    return dict(sorted({**LISTS, **words}.items()))


def label(of: str, code: str, language: str) -> str:
    """The label of `code` in the list `of`; a sign of the trade, or a nation without one, is its own label."""
    if of == "nation":
        return catalogue(language).get(f"vocabulary.nation.{code.lower()}", code)
    if of in SYMBOLS or (of in LISTS and code not in LISTS[of]):
        return code
    return say(f"vocabulary.{of}.{code}", language)
