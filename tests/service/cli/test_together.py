"""A joint buy and a statement as a treasurer reads them, in either language."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.capacity.rules import PARTS
from catalog.promise import pools
from catalog.together import buys, in_kind, settlements
from catalog.together.economy import Break, Option, ShareMethod
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea, Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase
from tests.support.terminal import answer, said


def agreed(database: Database, clock: ManualClock, rng: SeededRng) -> tuple[str, str]:
    """A joint buy of two nations, 30 and 60 a day, by use; and its statement, one service in kind set against it."""
    with database.write() as session:
        lead, member = (
            supply.principal(session, clock, rng, OrganisationKind.NATION, code, name)
            for code, name in (("FR", "Ministry of France"), ("DE", "Ministry of Germany"))
        )
        pool = pools.create(
            *(session, clock, rng, lead),
            name="Pool",
            authority=AUTHORITY,
            mission_area=MissionArea.IMAGERY,
            opened=pools.Openness(suppliers=False),
        )
        pools.invite(session, clock, lead, pool.id, member.organisation_id)
        pools.join(session, clock, member, pool.id)
        buy = buys.open_buy(
            *(session, clock, rng, lead),
            pool_id=pool.id,
            capability_code="imagery.optical",
            title_en="Images of the north",
            title_fr="Images du nord",
            share_method=ShareMethod.USE,
            currency="EUR",
            months=12,
        )
        window = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
        for who, quantity in ((lead, 30), (member, 60)):
            buys.state_need(
                *(session, clock, who, buy.id),
                parts=quantity * PARTS,
                phase=Phase.PEACE,
                window=window,
                requirement_id=None,
            )
            buys.consent(session, clock, who, buy.id)
        prices = (Break(Decimal(0), Decimal(100)), Break(Decimal(80), Decimal("66.67")))
        buys.put_option(session, clock, lead, buy.id, Option(Modality.LEASE, Decimal(0), prices, 12, "Quote 7"))
        buys.price(session, clock, lead, buy.id)
        buys.choose(session, clock, lead, buy.id, Modality.LEASE)
        sha256 = buys.shares_of(session, buy.id)[0].inputs_sha256
        for who in (lead, member):
            buys.agree(
                *(session, clock, who, buy.id), modality=Modality.LEASE, inputs_sha256=sha256, authority=AUTHORITY
            )
        given = in_kind.give(
            *(session, clock, rng, member, pool.id),
            to_organisation_id=lead.organisation_id,
            service="Airlift",
            quantity=Decimal(1),
            rate=Decimal(500),
            currency="EUR",
        )
        in_kind.confirm(session, clock, lead, given.id)
        clock.advance(timedelta(days=1))
        period = Interval(clock.now() - timedelta(days=2), clock.now())
        drawn = settlements.draft(
            *(session, clock, rng, lead),
            pool_id=pool.id,
            period=period,
            currency="EUR",
            in_kind_share=Decimal(1),
        )
        return buy.id, drawn.settlement.id


def test_a_joint_buy_is_read_with_every_share_alone_and_together(
    installed: Database, clock: ManualClock, rng: SeededRng, capsys: pytest.CaptureFixture[str]
) -> None:
    buy, _ = agreed(installed, clock, rng)
    text = said(capsys, "joint-buy", "show", buy, "--as", "Germany")
    for words in ("Images of the north", "by use", "Ministry of France", "5333.60", "4000.20", "1333.40", "60 km2/d"):
        assert words in text
    found = answer(capsys, "joint-buy", "show", buy, "--as", "Germany")
    (way,) = found["shares"]["ways"]
    assert (way["alone"], way["together"], way["saved"]) == ("8333.60", "6000.30", "2333.30")
    assert found["state"] == "agreed"
    made = answer(capsys, "joint-buy", "match", buy, "--as", "Germany", status=1)
    missing = {each["nation"]: each["phases"][0]["shortfall"] for each in made["needs"]}
    assert missing == {"FR": "30.0", "DE": "60.0"}
    assert made["joint_buy_id"] == buy
    text = said(capsys, "match", "--show", made["id"], "--as", "France", status=1)
    assert "Ministry of Germany" in text and "Not everything asked for is covered." in text


def test_a_statement_is_read_in_french_with_lines_balances_and_payments(
    installed: Database,
    clock: ManualClock,
    rng: SeededRng,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, statement = agreed(installed, clock, rng)
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    text = said(capsys, "settlement", "show", statement, "--as", "France")
    for words in ("Ce qui est dû", "Paiements", "crédit en nature", "4000.20", "3500.20", "Montants en EUR"):
        assert words in text
    found = answer(capsys, "settlement", "show", statement, "--as", "Germany")
    assert [payment["amount"] for payment in found["payments"]] == ["3500.20"]
    assert [each["kind"] for each in found["lines"]] == ["share", "in_kind"]
    assert "stl_none" in said(capsys, "settlement", "show", "stl_none", "--as", "Germany", status=1)
