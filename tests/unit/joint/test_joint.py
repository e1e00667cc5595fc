"""Several needs as one: nobody's order matters, the bills make the cost, each bill is what its rule says."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest

from catalog import joint_matches
from catalog.joint import record as records
from catalog.joint.plan import Common, Party, seen_by_all
from catalog.joint.record import Terms
from catalog.joint.wording import shared, spared
from catalog.joint_matches import Gathered
from catalog.matching.recommend import recommend
from catalog.matching.values import Candidate, Dependency, LossKind, Wishes
from catalog.matching.watch import overall
from catalog.portfolio.check import violations
from catalog.together.economy import ShareMethod
from tests.unit.matching.cases import CRISIS, PEACE, need, offer

COIN = Decimal("0.01")
NATIONS = ("FR", "DE", "NL")
NORTH = (Dependency("launcher", "polar", "Polar", "NO", True),)
SPELT = [(Dependency("launcher", "polar", name, "NO", True),) for name in ("Polar", "POLAR", "polar", "PoLar")]


def drawn(seed: int, needs: int = 3) -> tuple[list[Party], list[Candidate]]:
    draw = Random(seed)
    offers = [
        offer(
            f"{place}",
            f"S{draw.randint(0, 3)}",
            capacity={phase: float(draw.randint(20, 90)) for phase in (PEACE, CRISIS)},
            price=f"{draw.randint(5, 30)}",
            retainer=f"{draw.choice((0, 40, 200))}",
            dependencies=SPELT[place % 4] if draw.random() < 0.7 else (),
            gsd=draw.choice((0.3, 0.4, 0.6)),
            nation=draw.choice(NATIONS),
        )
        for place in range(6)
    ]
    parties = [
        Party(
            f"req_{place}",
            f"org_{place}",
            need(
                (PEACE, float(draw.randint(10, 40))),
                *([(CRISIS, float(draw.randint(10, 60)))] if draw.random() < 0.5 else []),
                nation=NATIONS[place],
                wishes=Wishes(survive=draw.choice(((), (), (LossKind.SUPPLIER,))), service_kept=0.5),
                **({"clauses": ()} if draw.random() < 0.5 else {}),
            ),
        )
        for place in range(needs)
    ]
    return parties, offers


def gathered(parties: list[Party], offers: list[Candidate], method: ShareMethod = ShareMethod.SHAPLEY) -> Gathered:
    quotas = {each.id: Decimal(place + 1) for place, each in enumerate(parties)}
    return Gathered(parties, offers, Terms(method, None, quotas if method is ShareMethod.QUOTA else None), {})


@pytest.mark.parametrize("seed", range(4))
def test_each_bill_is_what_a_need_adds_averaged_over_all_orders_and_the_bills_make_the_cost(seed: int) -> None:
    """Counted over the orders themselves, each group planned by itself; alone it pays what its own match says.

    Sabotage seen: the cost of a group taken from the common plan's use; what others ask to survive asked of one alone.
    """
    parties, offers = drawn(seed)
    made = joint_matches.compute(gathered(parties, offers))
    result, fresh = made.record.result, Common(parties, offers, ties=records.ties(made.contents))
    market = fresh.market(fresh.everybody)
    assert violations(market, fresh.plan(fresh.everybody)) == ()
    bills = {each["id"]: Decimal(each["bill"]) for each in result["needs"]}
    assert sum(bills.values()) == Decimal(result["cost_per_day"])
    assert abs(Decimal(result["cost_per_day"]) - fresh.plan(fresh.everybody).cost) <= COIN / 2
    for party in parties:
        added = Decimal(0)
        orders = list(permutations([each.id for each in parties]))
        for order in orders:
            before = frozenset(order[: order.index(party.id)])
            added += fresh.cost(before | {party.id}) - fresh.cost(before)
        assert abs(bills[party.id] - added / len(orders)) <= COIN
        shown = next(each for each in result["needs"] if each["id"] == party.id)
        assert Decimal(shown["alone"]) == recommend(party.need, offers).cost_per_day.quantize(COIN)
        assert Decimal(shown["saved"]) == Decimal(shown["alone"]) - bills[party.id]
    assert Decimal(result["saved"]) == Decimal(result["alone"]) - Decimal(result["cost_per_day"])


def test_the_order_of_needs_and_offerings_changes_no_byte_and_a_record_gives_itself_again() -> None:
    """One launcher is spelt in several ways. Sabotage seen: needs, or offerings, left in the order of their coming."""
    parties, offers = drawn(2)
    offers.append(replace(offers[0], offering_id="off_twin", version_id="ofv_twin", content_sha256=f"{'twin':0>64}"))
    made = joint_matches.compute(gathered(parties, offers))
    for seed in range(2):
        order = Random(seed)
        other = gathered(order.sample(parties, len(parties)), order.sample(offers, len(offers)))
        assert joint_matches.compute(other).record == made.record
    again, candidates, terms = records.thaw(made.record.inputs, made.contents)
    assert joint_matches.compute(Gathered(again, candidates, terms, {})).record == made.record


@pytest.mark.parametrize("method", [ShareMethod.USE, ShareMethod.QUOTA])
def test_the_other_rules_divide_the_same_cost(method: ShareMethod) -> None:
    parties, offers = drawn(1)
    result = joint_matches.compute(gathered(parties, offers, method)).record.result
    weights = [Decimal(place + 1) for place in range(3)]
    if method is ShareMethod.USE:
        weights = [sum((Decimal(asked.quantity) for asked in each.need.phases), Decimal(0)) for each in parties]
    cost = Decimal(result["cost_per_day"])
    for each, weight in zip(result["needs"], weights, strict=True):
        assert abs(Decimal(each["bill"]) - cost * weight / sum(weights)) <= COIN
    assert sum(Decimal(each["bill"]) for each in result["needs"]) == cost


def test_who_asks_for_safety_pays_for_it_and_what_is_paid_more_is_not_hidden() -> None:
    """One asks to survive a loss, which takes a second supplier on retainer; two want the only cheap capacity."""
    offers = [offer("cheap", capacity=50.0, price="5"), offer("dear", capacity=500.0, price="20", retainer="90")]
    plain = Party("a", "org_a", need((PEACE, 20.0), nation="FR"))
    safe = Party("b", "org_b", need((PEACE, 20.0), nation="DE", wishes=Wishes(survive=(LossKind.SUPPLIER,))))
    result = joint_matches.compute(gathered([plain, safe], offers)).record.result
    first, second = result["needs"]
    assert (first["bill"], second["bill"]) == ("100.00", "190.00")
    scarce = [Party(name, f"org_{name}", need((PEACE, 50.0), nation="FR")) for name in ("a", "b")]
    result = joint_matches.compute(gathered(scarce, offers)).record.result
    assert [each["saved"] for each in result["needs"]] == ["-420.00", "-420.00"]
    assert Decimal(result["saved"]) == -840


def test_where_not_all_can_be_served_a_lower_cost_is_not_called_a_saving_and_no_nation_is_always_first() -> None:
    """Sabotage seen: the needs in the order of their nations; the difference told as what is saved."""
    offers = [offer("only", capacity=60.0, price="5")]
    served = set()
    for quantity in range(40, 52):
        parties = [Party(name, name, need((PEACE, float(quantity)), nation=name)) for name in ("DE", "FR")]
        result = joint_matches.compute(gathered(parties, offers)).record.result
        assert (result["covered"], result["comparable"]) == (False, False)
        assert "no saving" in shared(result, "EUR", "en")
        whole = [each for each in result["needs"] if each["comparable"]]
        short = [each for each in result["needs"] if not each["comparable"]]
        assert [spared(each, "EUR", "en").endswith("it gets less than alone.") for each in (*whole, *short)] == [
            False,
            True,
        ]
        served |= {each["nation"] for each in whole}
    assert served == {"DE", "FR"}


def test_more_needs_than_are_counted_out_are_divided_by_drawn_orders_with_their_error() -> None:
    """Alike needs pay alike, to their errors; the drawn orders come from the inputs and not from chance."""
    offers = [offer("one", capacity=500.0, price="5", retainer="70")]
    parties = [Party(f"req_{place}", "org", need((PEACE, 10.0), nation="FR")) for place in range(records.EXACT + 1)]
    first, second = (joint_matches.compute(gathered(parties, offers)).record for _ in range(2))
    assert first == second
    assert sum(Decimal(each["bill"]) for each in first.result["needs"]) == Decimal("420.00")
    for each in first.result["needs"]:
        assert abs(Decimal(each["bill"]) - 60) <= 4 * Decimal(each["stderr"])


def test_how_far_it_is_never_falls() -> None:
    """Sabotage seen: the gates told need by need."""
    told: list[tuple[int, int]] = []
    joint_matches.compute(gathered(*drawn(3)), lambda *step: told.append(overall(*step)))
    assert told == sorted(told)
    assert len({done for done, _ in told}) > 10


def test_where_nobody_fits_all_is_missing_and_nothing_is_paid() -> None:
    result = joint_matches.compute(gathered(drawn(0)[0], [])).record.result
    assert (result["covered"], result["cost_per_day"], result["offerings"]) == (False, "0.00", [])
    assert all(each["phases"][0]["shortfall"] == each["phases"][0]["needed"] for each in result["needs"])


def test_only_what_every_reader_may_see_is_planned_with() -> None:
    """Sabotage seen: the first reader's view of an offering taken for everybody's."""
    open_to_all = offer("open", dependencies=NORTH, deliveries=9, deliveries_met=9)
    theirs = offer("theirs")
    unpriced = replace(open_to_all, prices={}, owner_nation=None, dependencies=(), deliveries=0)
    (seen,) = seen_by_all([[open_to_all, theirs], [unpriced]])
    assert (seen.offering_id, seen.prices, seen.owner_nation, seen.dependencies) == ("off_open", {}, None, ())
    assert (seen.deliveries, seen.capacity) == (0, open_to_all.capacity)
