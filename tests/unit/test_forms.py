"""Which form an answer has: what the query names, else what `Accept` likes best, else the first."""

import pytest

from api.forms import wanted

FORMS = ("kvn", "xml", "json")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "kvn"),
        ("*/*", "kvn"),
        ("application/xml", "xml"),
        ("text/xml", "xml"),
        ("application/json, text/plain;q=0.5", "json"),
        ("application/json;q=0.1, application/xml;q=0.9", "xml"),
        ("application/*;q=0.3, application/json;q=0", "xml"),
        ("application/json;q=much, text/plain;q=0.1", "kvn"),
        ("image/png", "kvn"),
    ],
)
def test_accept_is_weighed(accept: str | None, form: str) -> None:
    """Sabotage seen: weights left out of the comparison."""
    assert wanted(None, accept, FORMS) == form


def test_the_query_goes_before_the_header() -> None:
    assert wanted("json", "application/xml", FORMS) == "json"
