"""Quantities at least cost: compared with brute force, and properties that hold whatever the market."""

from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.matching import portfolio
from catalog.matching.eligibility import judge
from catalog.matching.portfolio import Supply, exact
from catalog.matching.recommend import recommend
from catalog.matching.values import Candidate, Need, Outcome, Recommendation, Verdict
from tests.unit.matching.cases import CRISIS, PEACE, markets, need, offer

ZERO = Decimal(0)
ONE_IN_A_MILLION = Decimal("0.000001")
QUICK = settings(max_examples=150, deadline=None)


def eligible(recommendation: Recommendation, wanted: Need) -> list[Supply]:
    return [
        portfolio.supply(wanted, each.candidate, each.fit.score)
        for each in recommendation.judged
        if each.verdict in {Verdict.TAKEN, Verdict.RESERVE} and each.fit is not None
    ]


def shortfall(recommendation: Recommendation) -> Decimal:
    return sum((phase.shortfall for phase in recommendation.phases), ZERO)


def flows(wanted: Need, chosen: tuple[Supply, ...]) -> tuple[Decimal, Decimal]:
    """Least shortfall and least cost when all of `chosen` are retained, by whole units, one at a time.

    Capacities are whole numbers; a share of one half may be half a unit, so a step is a quarter.
    Step by step and without the product's code: each step goes to the cheapest offering with room.
    """
    missing = cost = ZERO
    step = Decimal("0.25")
    for asked in wanted.phases:
        share = Decimal(str(wanted.largest_share or 1)) * exact(asked.quantity)
        used = {each.id: ZERO for each in chosen}
        held: dict[str, Decimal] = {}
        left = exact(asked.quantity)
        cost += sum((each.retainer.get(asked.phase, ZERO) for each in chosen), ZERO)
        while left > 0:
            able = [
                each
                for each in chosen
                if each.capacity.get(asked.phase, ZERO) - used[each.id] >= step
                and share - held.get(each.candidate.provider_id, ZERO) >= step
            ]
            if not able:
                break
            best = min(able, key=lambda each: each.price[asked.phase])
            used[best.id] += step
            held[best.candidate.provider_id] = held.get(best.candidate.provider_id, ZERO) + step
            cost += step * best.price[asked.phase]
            left -= step
        missing += left
    return missing, cost


@given(markets(most=4))
@QUICK
def test_no_other_set_leaves_less_missing_or_costs_less(market: tuple[Need, list[Candidate]]) -> None:
    """Every subset of the eligible offerings is tried.

    Sabotage seen: retaining every offering, retainers and all, cost more than the best subset.
    """
    wanted, offers = market
    found = recommend(wanted, offers)
    able = eligible(found, wanted)
    best = min(flows(wanted, subset) for size in range(len(able) + 1) for subset in combinations(able, size))
    assert shortfall(found) == best[0]
    assert abs(found.cost_per_day - best[1]) <= ONE_IN_A_MILLION * max(best[1], Decimal(1))


@given(markets())
@QUICK
def test_what_is_taken_meets_every_hard_clause_for_certain(market: tuple[Need, list[Candidate]]) -> None:
    """Sabotage seen: offering the questions to the portfolio as well gave a quantity to a range of 0.4 to 0.6 m."""
    wanted, offers = market
    for each in recommend(wanted, offers).judged:
        assert bool(each.quantities) is (each.verdict is Verdict.TAKEN)
        if each.verdict is Verdict.TAKEN:
            for clause in wanted.clauses:
                assert judge(clause, each.candidate.attributes.get(clause.attribute)) is Outcome.PASS


@given(markets(), st.integers(1, 20), st.integers(1, 9), st.integers(0, 40))
@QUICK
def test_another_offering_never_makes_it_dearer_or_scarcer(
    market: tuple[Need, list[Candidate]], capacity: int, price: int, retainer: int
) -> None:
    wanted, offers = market
    before = recommend(wanted, offers)
    more = offer("new", "N", capacity={PEACE: float(capacity)}, price=str(price), retainer=str(retainer))
    after = recommend(wanted, [*offers, more])
    assert shortfall(after) <= shortfall(before)
    if shortfall(after) == shortfall(before):
        assert after.cost_per_day <= before.cost_per_day * (1 + ONE_IN_A_MILLION)


@given(markets())
@QUICK
def test_the_loss_of_a_supplier_is_what_the_others_cannot_make_up(market: tuple[Need, list[Candidate]]) -> None:
    """Sabotage seen: counting the lost supplier's other offerings as left."""
    wanted, offers = market
    found = recommend(wanted, offers)
    taken = [each.candidate for each in found.judged if each.verdict is Verdict.TAKEN]
    pool = [each.candidate for each in found.judged if each.verdict in {Verdict.TAKEN, Verdict.RESERVE}]
    assert {loss.provider_id for loss in found.losses} == {each.provider_id for each in taken}
    for loss in found.losses:
        for asked in wanted.phases:
            for group, said in ((taken, loss.taken), (pool, loss.pool)):
                left = sum(each.capacity[asked.phase] for each in group if each.provider_id != loss.provider_id)
                assert float(said[asked.phase]) == max(0.0, asked.quantity - left)


@given(markets())
@QUICK
def test_quantities_stay_within_capacity_share_and_need(market: tuple[Need, list[Candidate]]) -> None:
    wanted, offers = market
    found = recommend(wanted, offers)
    for asked in wanted.phases:
        by_provider: dict[str, Decimal] = {}
        for each in found.judged:
            amount = each.quantities.get(asked.phase, ZERO)
            assert amount <= exact(each.candidate.capacity[asked.phase])
            name = each.candidate.provider_id
            by_provider[name] = by_provider.get(name, ZERO) + amount
        most = exact(asked.quantity) * exact(wanted.largest_share or 1.0)
        assert all(amount <= most for amount in by_provider.values())
        assert sum(by_provider.values(), ZERO) <= exact(asked.quantity)


@given(markets(), st.randoms(use_true_random=False))
@QUICK
def test_the_order_of_the_offerings_does_not_matter(market: tuple[Need, list[Candidate]], chance: object) -> None:
    wanted, offers = market
    shuffled = list(offers)
    getattr(chance, "shuffle")(shuffled)  # noqa: B009 -- hypothesis types its generator loosely.
    assert recommend(wanted, offers) == recommend(wanted, shuffled)


def test_a_dear_retainer_gives_way_to_a_dearer_price() -> None:
    kept = offer("KEPT", price="1", retainer="1000")
    free = offer("FREE", price="5")
    found = {each.candidate.title: each.verdict for each in recommend(need(), [kept, free]).judged}
    assert found == {"KEPT": Verdict.RESERVE, "FREE": Verdict.TAKEN}


def test_equal_prices_go_to_the_better_fit() -> None:
    found = {each.candidate.title: each.verdict for each in recommend(need(), [offer("A"), offer("B", gsd=0.3)]).judged}
    assert found == {"A": Verdict.RESERVE, "B": Verdict.TAKEN}


def test_a_phase_without_supply_is_said_to_be_short() -> None:
    found = recommend(need((PEACE, 50.0), (CRISIS, 50.0)), [offer("A")])
    assert [(phase.phase, phase.shortfall) for phase in found.phases] == [(PEACE, ZERO), (CRISIS, Decimal(50))]
    assert not found.covered


def test_nothing_to_offer_is_an_answer_too() -> None:
    found = recommend(need(), [])
    assert (found.covered, found.suppliers, found.single_supplier, found.losses) == (False, 0, False, ())
