"""What was in time stays in time while another transaction closes, opens or ends the same thing; on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from catalog.competition import competitions, invitations
from catalog.competition.states import State
from catalog.competition.tables import SealedQuote
from catalog.risk import impact, outages
from catalog.risk.outages import Severity
from catalog.risk.tables import OfferingRisk
from jobs.proofs import competing, supply
from jobs.proofs.competing import quote, sealed
from providers.adapters.base import AssetRef
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Unavailable
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.vocabulary.codes import AssetKind


def test_a_quote_that_came_in_time_is_there_before_the_competition_is_closed(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: a quote taken without the competition's lock; it was acknowledged, and the competition ended by
    the clock without any quote."""
    with postgres_database.write() as session:
        field = competing.made(session, clock, rng, 1)
        competition_id = competing.published(session, clock, rng, field)
    supplier = field.entrants[0].supplier.principal
    with postgres_database.write() as session:
        row = competitions.get(session, field.lead, competition_id)
        [(invitation, _)] = session.execute(invitations.readable(supplier)).all()
        envelope = sealed(competitions.frozen(session, row), invitation.id, quote("52000"))
        clock.advance(row.quotes_until - clock.now() - timedelta(seconds=1))
        invitations.submit(session, clock, rng, supplier, invitation.id, envelope)
        session.flush()
        clock.advance(timedelta(seconds=1))
        with pytest.raises(Unavailable), _impatient(postgres_database) as other:
            competitions.settled(other, clock, competition_id)
    with postgres_database.write() as session:
        assert competitions.settled(session, clock, competition_id).state == State.CLOSED.value


class _Running(ManualClock):
    """A clock that goes on by a second whenever it is looked at."""

    def now(self) -> datetime:
        found = super().now()
        self.advance(timedelta(seconds=1))
        return found


def test_a_quote_is_judged_and_written_by_one_look_at_the_clock(
    sqlite_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: received by a second look, at the deadline itself: acknowledged, and opened by nobody."""
    with sqlite_database.write() as session:
        field = competing.made(session, clock, rng, 1)
        competition_id = competing.published(session, clock, rng, field)
    supplier = field.entrants[0].supplier.principal
    with sqlite_database.write() as session:
        row = competitions.get(session, field.lead, competition_id)
        [(invitation, _)] = session.execute(invitations.readable(supplier)).all()
        envelope = sealed(competitions.frozen(session, row), invitation.id, quote("52000"))
        late = _Running(row.quotes_until - timedelta(seconds=1))
        invitations.submit(session, late, rng, supplier, invitation.id, envelope)
        assert len(competitions.quotes_standing(session, row)) == 1
        with pytest.raises(Conflict):
            invitations.withdraw(session, late, supplier, invitation.id)
        assert session.exec(select(SealedQuote)).all()


def test_an_outage_that_ends_while_it_is_read_leaves_no_risk_open(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the outage read without its lock; a risk opened behind its end, which nothing closes."""
    with postgres_database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng, assets=(AssetRef(AssetKind.SATELLITE, "EX SAT 1", 43012),))
        outage = outages.report(
            session,
            clock,
            rng,
            supplier.principal,
            asset_id=None,
            catalog_number=43012,
            severity=Severity.LOST,
            description="Silent.",
            began_at=clock.now(),
            expected_end_at=None,
        )
        entry = session.exec(select(LogEntry).where(LogEntry.topic == "outage.reported")).one()
    with postgres_database.write() as session:
        outages.close(session, clock, rng, supplier.principal, outage.id)
        with pytest.raises(Unavailable), _impatient(postgres_database) as other:
            impact.on_object_event(other, clock, rng, entry)
    with postgres_database.write() as session:
        assert impact.on_object_event(session, clock, rng, entry) == 0
        assert session.exec(select(OfferingRisk).where(col(OfferingRisk.closed_at).is_(None))).all() == []


@contextmanager
def _impatient(database: Database) -> Iterator[Session]:
    """A transaction that does not wait for another's lock but says that it would have to."""
    with database.write() as session:
        session.connection().execute(text("SET LOCAL lock_timeout = '200ms'"))
        yield session
