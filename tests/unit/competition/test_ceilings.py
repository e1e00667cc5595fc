"""Which of an agreement's prices bounds a quote: that of the phase, or the nearest one below it."""

from datetime import timedelta

import pytest

from catalog.competition import ceilings
from catalog.promise.access import PhaseTerms
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

PEACE, CRISIS, CONFLICT = Phase


@pytest.mark.parametrize(
    ("agreed", "declared", "bound"),
    [
        ((PEACE, CRISIS), PEACE, PEACE),
        ((PEACE, CRISIS), CRISIS, CRISIS),
        ((PEACE, CRISIS), CONFLICT, CRISIS),
        ((PEACE, CONFLICT), CRISIS, PEACE),
        ((CONFLICT, CRISIS), PEACE, CRISIS),
    ],
)
def test_the_gravest_price_that_is_no_graver_than_the_phase_bounds_a_quote(
    agreed: tuple[Phase, ...], declared: Phase, bound: Phase
) -> None:
    """Where all are graver it is the mildest. Sabotage seen: always the gravest."""
    terms = {phase: PhaseTerms(1, timedelta(), money(number, "EUR")) for number, phase in enumerate(agreed, 1)}
    assert ceilings.paid(terms, declared) is terms[bound]
