from dataclasses import dataclass
from typing import Any

import pytest

from space_hub.cli import proofs
from space_hub.cli.speak import Voice


@dataclass
class Report:
    """A report as the proofs give it: with rows of its own kind."""

    table: list[dict[str, object]]
    holds: bool = True

    def rows(self) -> list[dict[str, object]]:
        return self.table

    def as_dict(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "digit_damaged", "cases": 5000, "failed": 0}, ["One digit damaged", "5000"]),
        ({"run": "step 37 s", "cases": 558, "max_tca_error_ms": 0.015}, ["step 37 s", "558", "max_tca_error_ms"]),
    ],
)
def test_the_rows_of_every_proof_are_shown(
    row: dict[str, object], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A report without `kind` once ended a two-minute campaign with a fault at its last line."""
    proofs._table(Voice(False), Report([row]))
    shown = capsys.readouterr()
    assert all(word in shown.out + shown.err for word in words)
