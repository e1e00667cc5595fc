"""What is said of losses where none can be survived: plainly that, in every place that speaks of the price of it."""

from typing import Any

import pytest

from catalog.dossier import resilience
from catalog.dossier.study import Study
from catalog.dossier.voice import Voice
from catalog.matching.recommend import recommend
from catalog.matching.record import freeze
from catalog.matching.survival import lost_for_good, nothing_survived
from catalog.matching.values import Dependency, Wishes
from catalog.wording import premium
from space_hub.text import LANGUAGES
from tests.unit.dossier import cases
from tests.unit.matching.cases import PEACE, need, offer

NONE = {
    "en": "No single loss of a supplier can be survived by this pool",
    "fr": "Aucune perte isolée d'un fournisseur ne peut être surmontée par cet ensemble d'offres",
}
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
SHARED = (Dependency("launcher", "polar", "Polar", "NO", True),)
POOLS = {
    "a sole supplier": ([offer("A"), offer("B", "A")], True),
    "two who are both needed": ([offer("A", capacity=60.0), offer("B", capacity=60.0)], True),
    "two who each suffice": ([offer("A"), offer("B", price="12", retainer="5")], False),
    "one of three cannot be spared": (
        [offer("A", capacity=80.0), offer("B", capacity=20.0), offer("C", capacity=20.0)],
        False,
    ),
}


@pytest.mark.parametrize("pool", POOLS)
def test_that_no_loss_of_a_supplier_can_be_survived_is_said_where_it_is_so(pool: str) -> None:
    """Sabotage seen: read off the premium alone, which is nothing where all is lost and where nothing is."""
    offers, none = POOLS[pool]
    record = freeze(need(), offers, recommend(need(), offers))
    found = record.result["resilience"]
    assert nothing_survived(found, 1.0) is none
    for language in LANGUAGES:
        text = premium(found["premium"], "EUR", language, survived=not nothing_survived(found, 1.0))
        assert text.startswith(NONE[language]) is none
        made = Study(cases.material(record), Voice(language))
        assert resilience.in_words(made, found).replace(APOSTROPHE, "'").startswith(NONE[language]) is none


def test_what_is_asked_to_be_left_decides_what_is_survived() -> None:
    """Half is left after either loss: enough where half is asked. Sabotage seen: the share asked for left out."""
    for least in (1.0, 0.5):
        wanted = need(wishes=Wishes(service_kept=least))
        offers = [offer("A", capacity=60.0), offer("B", capacity=60.0)]
        found: dict[str, Any] = freeze(wanted, offers, recommend(wanted, offers)).result["resilience"]
        assert nothing_survived(found, least) is (least == 1.0)


def test_a_thing_that_all_rest_on_is_not_said_to_be_survived_for_nothing() -> None:
    offers = [offer("A", dependencies=SHARED), offer("B", price="12", retainer="5", dependencies=SHARED)]
    found = freeze(need(), offers, recommend(need(), offers)).result["resilience"]
    assert lost_for_good(found, 1.0) == {("groups", "launcher:polar")}
    group = found["by_group"][0]
    assert premium(group, "EUR", "en", survived=False) == (
        "The loss of Polar cannot be survived by this pool, whatever is paid."
    )
    assert found["secured"]["offerings"].keys() == {"off_A", "off_B"}
    assert [each["phase"] for each in found["secured"]["service"][:1]] == [PEACE.value]
