from datetime import timedelta

import pytest
from sqlmodel import col, select

from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Forbidden, Invalid, NotFound, Unauthenticated
from space_hub.rng import SeededRng
from space_hub.trust import audit, idempotency, keys, markings, organisations
from space_hub.trust.audit import AuditEntry, Head
from space_hub.trust.labels import Marking
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import OrganisationKind


def enrol(database: Database, clock: ManualClock, rng: SeededRng, kind: str, nation: str) -> tuple[Principal, str]:
    with database.write() as session:
        made = organisations.register(
            session, clock, rng, name=f"{kind} {nation}", kind=OrganisationKind(kind), nation=nation
        )
        _, secret = keys.issue(session, clock, rng, organisation_id=made.id, name="first")
        return keys.authenticate(session, clock, secret), secret


def reads(database: Database, principal: Principal, marking_id: str) -> bool:
    with database.read() as session:
        found = session.exec(
            select(markings.MarkingRow.id)
            .where(markings.MarkingRow.id == marking_id)
            .where(markings.visible(col(markings.MarkingRow.id), principal))
        ).first()
        return found is not None


def test_a_key_is_kept_as_a_hash_and_ends_when_revoked_or_expired(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    principal, secret = enrol(database, clock, rng, "nation", "FR")
    with database.read() as session:
        kept = session.get(keys.ServiceKey, principal.key_id)
        assert kept is not None
        assert secret not in str(kept.model_dump())
    clock.advance(timedelta(days=keys.MAX_DAYS))
    with database.read() as session, pytest.raises(Unauthenticated):
        keys.authenticate(session, clock, secret)
    clock.advance(-timedelta(days=1))
    with database.write() as session:
        keys.authenticate(session, clock, secret)
        keys.revoke(session, clock, principal, principal.key_id)
    with database.read() as session, pytest.raises(Unauthenticated):
        keys.authenticate(session, clock, secret)


@pytest.mark.parametrize("damaged", ["{0}A", "{0:.20}", "sh_x_y", "", "__", "key_{0}"])
def test_a_damaged_key_is_nobody(database: Database, clock: ManualClock, rng: SeededRng, damaged: str) -> None:
    _, secret = enrol(database, clock, rng, "nation", "FR")
    with database.read() as session, pytest.raises(Unauthenticated):
        keys.authenticate(session, clock, damaged.format(secret))


def test_a_rival_cannot_end_my_key_nor_learn_that_it_exists(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    mine, _ = enrol(database, clock, rng, "provider", "FR")
    rival, _ = enrol(database, clock, rng, "provider", "DE")
    with database.write() as session, pytest.raises(NotFound):
        keys.revoke(session, clock, rival, mine.key_id)


def test_a_kind_of_organisation_cannot_hold_what_is_not_its_own(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    provider, _ = enrol(database, clock, rng, "provider", "FR")
    with pytest.raises(Invalid), database.write() as session:
        keys.issue(session, clock, rng, organisation_id=provider.organisation_id, name="x", scopes=["admin"])
    with pytest.raises(Forbidden):
        provider.require("admin")


def test_a_marking_reaches_those_it_names_whoever_came_first(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: leaving out `markings.admit` in `organisations._add` turned it red."""
    early, _ = enrol(database, clock, rng, "nation", "FR")
    rival, _ = enrol(database, clock, rng, "nation", "IT")
    with database.write() as session:
        own = markings.owner_only(session, early.organisation_id)
        shared = markings.restricted(session, early.organisation_id, ["DE"])
        everyone = markings.public(session)
    late, _ = enrol(database, clock, rng, "nation", "DE")
    assert [reads(database, early, each) for each in (own, shared, everyone)] == [True, True, True]
    assert [reads(database, late, each) for each in (own, shared, everyone)] == [False, True, True]
    assert [reads(database, rival, each) for each in (own, shared, everyone)] == [False, False, True]
    assert not reads(database, early, "mrk_unknown")


def test_input_marked_above_the_ceiling_is_refused(database: Database) -> None:
    with pytest.raises(Invalid) as refused, database.write() as session:
        markings.ensure(session, Marking(level="restricted", owner="org_a"))
    assert refused.value.code == "trust.marking_above_ceiling"


def write_audit(database: Database, clock: ManualClock, count: int) -> Head:
    with database.write() as session:
        for number in range(count):
            audit.record(session, clock, HUB, "thing.change", f"thing_{number}", value=number)
    with database.write() as session:
        assert audit.seal(session) == count
    with database.read() as session:
        assert audit.faults(session) == []
        return audit.head(session)


@pytest.mark.parametrize("damage", ["edit", "delete", "swap", "truncate"])
def test_every_kind_of_damage_to_the_audit_chain_shows(database: Database, clock: ManualClock, damage: str) -> None:
    """Sabotage seen: hashing without the predecessor's hash let `swap` pass."""
    kept = write_audit(database, clock, 6)
    with database.write() as session:
        rows = {row.number: row for row in session.exec(select(AuditEntry))}
        if damage == "edit":
            rows[3].detail = {"value": 99}
        elif damage == "delete":
            session.delete(rows[3])
        elif damage == "truncate":
            session.delete(rows[6])
        else:
            rows[3].subject, rows[4].subject = rows[4].subject, rows[3].subject
    with database.read() as session:
        assert audit.faults(session, kept)


def test_an_audit_row_goes_with_its_transaction(database: Database, clock: ManualClock) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), database.write() as session:
        audit.record(session, clock, HUB, "thing.change", "thing_1")
        raise Stop
    with database.read() as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_a_supplier_reads_nothing_by_the_nation_that_it_says_it_is_of(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Anyone may register as a supplier of any nation. Sabotage seen: the nation alone admitted it."""
    owner, _ = enrol(any_database, clock, rng, "nation", "FR")
    before, _ = enrol(any_database, clock, rng, "provider", "DE")
    with any_database.write() as session:
        marking = markings.restricted(session, owner.organisation_id, ["DE"])
    after, _ = enrol(any_database, clock, rng, "provider", "DE")
    ally, _ = enrol(any_database, clock, rng, "nation", "DE")
    assert [reads(any_database, each, marking) for each in (owner, before, after, ally)] == [True, False, False, True]


def test_a_key_ends_no_key_that_can_do_more(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: without the check a stolen key for reading ends every key of its owner."""
    whole, _ = enrol(any_database, clock, rng, "nation", "FR")
    with any_database.write() as session:
        small, secret = keys.issue(
            session, clock, rng, organisation_id=whole.organisation_id, name="small", scopes=["catalog:read"]
        )
        stolen = keys.authenticate(session, clock, secret)
        with pytest.raises(Forbidden):
            keys.revoke(session, clock, stolen, whole.key_id)
        keys.revoke(session, clock, stolen, small.id)
        keys.revoke(session, clock, whole, whole.key_id)


def test_a_revoked_key_ends_at_once_where_it_is_forgotten_and_everywhere_within_five_seconds(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: a ring that keeps what it knows for ever let the revoked key in."""
    with any_database.write() as session:
        organisation = organisations.register(
            session, clock, rng, name="Ally", kind=OrganisationKind.NATION, nation="FR"
        )
        key, secret = keys.issue(session, clock, rng, organisation_id=organisation.id, name="desk")
    here, elsewhere = keys.Ring(), keys.Ring()
    me = here.authenticate(any_database, clock, secret)
    assert elsewhere.authenticate(any_database, clock, secret) == me
    with any_database.write() as session:
        keys.revoke(session, clock, me, key.id)
    here.forget(key.id)
    with pytest.raises(Unauthenticated):
        here.authenticate(any_database, clock, secret)
    clock.advance(timedelta(seconds=keys.RECALL_S))
    with pytest.raises(Unauthenticated):
        elsewhere.authenticate(any_database, clock, secret)


def test_answers_kept_for_a_retry_are_forgotten_in_time_and_not_before(database: Database, clock: ManualClock) -> None:
    """Sabotage seen: comparing with `>` forgot the fresh one."""
    for key in ("old", "fresh"):
        with database.write() as session:
            assert idempotency.begin(session, clock, "org_a", key, "POST /v1/x", "0" * 64) is None
        clock.advance(timedelta(days=8))
    with database.write() as session:
        assert idempotency.prune(session, clock, keep=timedelta(days=10)) == 1
    with database.write() as session:
        assert idempotency.begin(session, clock, "org_a", "old", "POST /v1/x", "0" * 64) is None
        assert idempotency.begin(session, clock, "org_a", "fresh", "POST /v1/x", "0" * 64) is not None
