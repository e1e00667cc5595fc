"""What a plan promises beside its cost: order, ties, own capacity first, bills, what is said when it cannot be had."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from benchmarks.match.generator import market as drawn
from catalog.portfolio import baselines, lone
from catalog.portfolio.aims import Aims
from catalog.portfolio.check import violations
from catalog.portfolio.counterfactual import Entry, at, counterfactual
from catalog.portfolio.optimise import Search, optimise
from catalog.portfolio.pool import Pool
from catalog.portfolio.resilience import concentration, price, service
from catalog.portfolio.together import alone, savings
from catalog.portfolio.values import Demand, Failure, Kind, Market, Offer, Plan, Rules
from space_hub.errors import Invalid
from space_hub.vocabulary.phases import Phase

PEACE = Phase.PEACE


def offer(name: str, price: str = "10", size: int = 100, **more: object) -> Offer:
    values: dict[str, object] = {
        "supplier": f"supplier of {name}",
        "jurisdiction": "FR",
        "capacity": {PEACE: Decimal(size)},
        "tiers": {PEACE: ((Decimal(0), Decimal(price)),)},
        "tie": name,
    }
    return Offer(name, **(values | more))  # type: ignore[arg-type]


def demand(size: int, *eligible: str, name: str = "req", nation: str = "FR", **more: object) -> Demand:
    return Demand(name, nation, {PEACE: Decimal(size)}, dict.fromkeys(eligible, 1.0), **more)  # type: ignore[arg-type]


def plan(offers: list[Offer], demands: list[Demand], **rules: object) -> Plan:
    market = Market(tuple(offers), tuple(demands), Rules(**rules))  # type: ignore[arg-type]
    found = optimise(market)
    assert violations(market, found) == ()
    return found


def test_the_same_market_in_any_order_is_the_same_plan() -> None:
    """Sabotage seen: offers left in the order in which they came."""
    first = drawn(7, 30, 8, 6)
    found = optimise(first)
    for seed in range(3):
        order = Random(seed)
        other = replace(
            first,
            offers=tuple(order.sample(first.offers, len(first.offers))),
            demands=tuple(order.sample(first.demands, len(first.demands))),
        )
        assert optimise(other) == found


def test_of_two_equal_offers_the_better_fit_is_taken_and_of_equal_fits_the_hash_decides() -> None:
    """Sabotage seen: offers left in the order in which they came."""
    one, two = offer("a", tie="2"), offer("b", tie="1")
    needs = [demand(50, "a", "b")]
    assert plan([one, two], needs).retained == ("b",)
    assert plan([replace(one, score=0.9), two], needs).retained == ("a",)


def test_national_capacity_serves_its_owner_before_what_is_cheaper() -> None:
    needs = [demand(50, "own", "cheap"), demand(50, "own", "cheap", name="theirs", nation="DE")]
    found = plan([offer("own", "30", owner_nation="FR"), offer("cheap", "5")], needs)
    assert found.use == {("req", "own", PEACE): 50, ("theirs", "cheap", PEACE): 50}


def test_a_guarantee_is_paid_unused_and_a_volume_price_holds_for_the_part_above() -> None:
    tiers = {PEACE: ((Decimal(0), Decimal(10)), (Decimal(20), Decimal(4)))}
    assert plan([offer("a", tiers=tiers)], [demand(50, "a")]).cost == 20 * 10 + 30 * 4
    assert plan([offer("a", guarantee=Decimal(900))], [demand(50, "a")]).cost == 900


def test_bills_add_up_to_the_cost_and_standing_charges_go_by_what_was_asked() -> None:
    needs = [demand(60, "a"), demand(20, "a", name="theirs", nation="DE")]
    found = plan([offer("a", retainer={PEACE: Decimal(400)})], needs)
    assert found.bills == {("FR", PEACE): 600 + 300, ("DE", PEACE): 200 + 100}


def test_a_plan_of_one_demand_keeps_nobody_for_nothing_and_everybody_who_is_needed() -> None:
    """The solver may leave such ones within its gap. Sabotage seen: nobody let go; whoever is not used let go."""
    offers = [offer("cheap", "5"), offer("ready", "9", retainer={PEACE: Decimal(3)}), offer("idle", "9", size=200)]
    for protect, kept in ((frozenset[Kind](), ("cheap",)), (frozenset({Kind.SUPPLIER}), ("cheap", "idle"))):
        market = Market(tuple(offers), (demand(60, "cheap", "ready", "idle"),), Rules(protect=protect))
        pool = Pool(market)
        aims = Aims(pool)
        lavish = replace(optimise(market), retained=("cheap", "idle", "ready"))
        assert lone.tidied(pool, aims, lavish).retained == kept


def test_a_failure_that_nothing_survives_is_told_with_what_stays() -> None:
    offers = [offer("a", groups=frozenset({"launcher"})), offer("b", "20", 30)]
    found = plan(offers, [demand(80, "a", "b")], protect=frozenset({Kind.GROUP}))
    assert found.retained == ("a", "b")
    told = found.exposed[0]
    assert told.failure == Failure((), ("launcher",))
    assert (float(told.asked), float(told.stays), float(told.best)) == (80, 30, 30)


def test_the_checker_finds_what_is_wrong_with_a_plan() -> None:
    """Each line breaks one clause of a good plan."""
    market = drawn(3, 30, 8, 6)
    good = optimise(market)
    assert violations(market, good) == ()
    key = next(iter(good.use))
    named = market.rules
    key_nation = next(one.nation for one in market.demands if one.id == key[0])
    first, second = good.retained[:2]
    for rule, other, rules in (
        ("cost", replace(good, cost=good.cost + 1), named),
        ("shortfall", replace(good, use={k: v for k, v in good.use.items() if k != key}), named),
        ("eligible", replace(good, retained=tuple(name for name in good.retained if name != key[1])), named),
        ("capacity", replace(good, use={**good.use, key: Decimal(10**6)}), named),
        ("share", good, replace(named, largest_share=Decimal("0.01"))),
        ("incompatible", good, replace(named, incompatible=frozenset({frozenset({first, second})}))),
        ("budget", good, replace(named, budget={(market.demands[0].nation, PEACE): Decimal(1)})),
        ("quota", good, replace(named, quota={(key_nation, key[1]): Decimal(0)})),
        ("suppliers", good, replace(named, least_suppliers=50)),
        ("survives", optimise(replace(market, rules=replace(named, protect=frozenset()))), named),
        ("told", replace(good, exposed=()), replace(named, largest_share=Decimal(1), service={})),
    ):
        assert rule in {one.rule for one in violations(replace(market, rules=rules), other)}


def test_a_counterfactual_is_true() -> None:
    market = Market((offer("a"), offer("b", "25"), offer("c")), (demand(50, "a", "b"),), Rules())
    search = Search(market)
    found = search.plan()
    entry = counterfactual(market, search.value, found, "b")
    assert entry.entry is Entry.PRICE
    assert entry.part is not None
    assert Decimal("0.39") <= entry.part < Decimal("0.4")
    assert "b" in optimise(at(market, market.offers[1], entry.part)).retained
    assert counterfactual(market, search.value, found, "c").entry is Entry.SERVES_NONE


def test_the_price_of_resilience_is_stated_or_an_interval_and_covers_the_cost() -> None:
    market = drawn(5, 30, 8, 6)
    found = price(market)
    assert found.premium.low <= found.premium.high
    assert found.secured.plan.cost >= found.cheapest.plan.cost
    assert {one.protected for one in found.by_group} == {group for each in market.offers for group in each.groups}
    assert all(0 <= kept <= 1 for kept in service(market, found.secured.plan).values())


def test_baselines_keep_capacity_and_a_sole_award_depends_more_on_one() -> None:
    market = drawn(5, 30, 8, 6)
    greedy, sole, best = baselines.greedy_cheapest(market), baselines.sole_award(market), optimise(market)
    rules = {one.rule for each in (greedy, sole) for one in violations(market, each)}
    assert rules <= {"survives", "share", "told"}
    assert min(service(market, best).values()) >= min(service(market, sole).values())
    assert concentration(market, best).effective > 1


def test_savings_are_the_bill_against_going_alone() -> None:
    needs = [demand(50, "a"), demand(50, "a", name="theirs", nation="DE")]
    market = Market((offer("a", retainer={PEACE: Decimal(100)}),), tuple(needs), Rules())
    assert {one.nation: one.saved for one in savings(market, optimise(market))} == {"FR": 50, "DE": 50}
    assert [one.id for one in alone(market, "DE").demands] == ["theirs"]


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        ("portfolio.tiers", [offer("a", tiers={PEACE: ((Decimal(0), Decimal(1)), (Decimal(5), Decimal(2)))})]),
        ("portfolio.twice", [offer("a"), offer("a")]),
        ("portfolio.too_fine", [offer("a", capacity={PEACE: Decimal("1e-20")})]),
    ],
)
def test_a_market_that_cannot_be_read_is_refused(code: str, broken: list[Offer]) -> None:
    with pytest.raises(Invalid, match=code):
        plan(broken, [demand(1, "a")])
