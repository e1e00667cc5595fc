"""Shares by quota, and by orders of joining that are drawn where there are too many nations to count out."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.capacity.rules import PARTS, Span
from catalog.framework import lots, quotas
from catalog.promise import pools
from catalog.together import buys
from catalog.together.economy import Break, Option, ShareMethod
from catalog.together.tables import CostShare
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Invalid
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea, Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

CODES = ("BE", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "IT", "NL", "NO", "PL", "PT", "RO")


class Buy:
    """A pool of so many nations, each with a consented need: 10, 20, 30 ... a day."""

    def __init__(
        self, database: Database, clock: ManualClock, rng: SeededRng, nations: int, method: ShareMethod
    ) -> None:
        self.database, self.clock, self.rng = database, clock, rng
        window = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
        with database.write() as session:
            self.who = [
                supply.principal(session, clock, rng, OrganisationKind.NATION, code, code) for code in CODES[:nations]
            ]
            pool = pools.create(
                *(session, clock, rng, self.lead),
                name="Pool",
                authority=AUTHORITY,
                mission_area=MissionArea.IMAGERY,
                opened=pools.Openness(suppliers=False),
            )
            self.pool_id = pool.id
            self.id = buys.open_buy(
                *(session, clock, rng, self.lead),
                pool_id=pool.id,
                capability_code="imagery.optical",
                title_en="Images",
                title_fr="Imagerie",
                share_method=method,
                currency="EUR",
                months=12,
            ).id
            for number, who in enumerate(self.who, 1):
                if who is not self.lead:
                    pools.invite(session, clock, self.lead, pool.id, who.organisation_id)
                    pools.join(session, clock, who, pool.id)
                buys.state_need(
                    *(session, clock, who, self.id),
                    parts=10 * number * PARTS,
                    phase=Phase.PEACE,
                    window=window,
                    requirement_id=None,
                )
                buys.consent(session, clock, who, self.id)
            prices = (Break(Decimal(0), Decimal(100)), Break(Decimal(50), Decimal(80)))
            buys.put_option(session, clock, self.lead, self.id, Option(Modality.LEASE, Decimal(7), prices, 12, "Quote"))

    @property
    def lead(self) -> Principal:
        return self.who[0]

    def price(self) -> list[CostShare]:
        with self.database.write() as session:
            buys.price(session, self.clock, self.lead, self.id)
            return list(buys.shares_of(session, self.id))

    def reopen(self) -> None:
        with self.database.write() as session:
            buys.reopen(session, self.clock, self.lead, self.id, "once more")
            for who in self.who:
                buys.consent(session, self.clock, who, self.id)


def test_fourteen_nations_share_by_drawn_orders_that_anybody_draws_again(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: orders drawn from the hub's randomness gave other shares of the same inputs."""
    buy = Buy(any_database, clock, rng, 14, ShareMethod.SHAPLEY)
    first = buy.price()
    assert sum(Decimal(row.share) for row in first) == Decimal(first[0].together) == 1050 * 80 + 7
    errors = [Decimal(row.stderr or "-1") for row in first]
    assert min(errors) >= 0 and 0 < max(errors) < 20
    buy.reopen()
    again = buy.price()
    assert [(row.share, row.inputs_sha256) for row in again] == [(row.share, row.inputs_sha256) for row in first]


def test_by_quota_counts_the_quotas_of_the_lots_for_this_capability_and_of_that_year(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: quotas of every year added up."""
    buy = Buy(database, clock, rng, 2, ShareMethod.QUOTA)
    with pytest.raises(Invalid, match=r"together\.quotas_missing"):
        buy.price()
    with database.write() as session:
        lot = lots.add(
            *(session, clock, rng, buy.lead, buy.pool_id),
            title_en="Images",
            title_fr="Imagerie",
            capability="imagery.optical",
            bucket=Span.DAY,
            ceiling=None,
            authority=AUTHORITY,
        )
        for who, year, parts in ((0, 2025, 3000), (1, 2025, 1000), (1, 2026, 9000)):
            of = buy.who[who].organisation_id
            quotas.grant(session, clock, buy.lead, lot.id, of, year=year, parts=parts, authority=AUTHORITY)
    shares = {row.organisation_id: Decimal(row.share) for row in buy.price()}
    # 30 a day at 100 and 7 fixed.
    assert [shares[who.organisation_id] for who in buy.who] == [Decimal("2255.25"), Decimal("751.75")]
