"""A life of a competition, from its notice to one of its ends."""

import base64
from datetime import timedelta

from sqlmodel import col, select

from benchmarks.ocds.world import World
from catalog.competition import awarding, clocks, competitions, invitations, opening, unsealing
from catalog.competition.placing import on_decided
from catalog.competition.tables import Competition, Invitation
from jobs.proofs import competing
from jobs.proofs.supply import AUTHORITY
from space_hub.delivery.log import LogEntry


def compete(world: World) -> None:
    """A competition to one of its ends: cancelled, without a quote, without a fit, or awarded and called off."""
    session, clock, rng = world.session, world.clock, world.rng
    scene = competing.made(session, clock, rng, 2)
    competition_id = competing.published(session, clock, rng, scene)
    world.processes.add(competition_id)
    course = world.draw.choice(["cancelled", "no quote", "none fits", "awarded", "awarded"])
    world.pause()
    if course == "cancelled":
        competitions.cancel(session, clock, rng, scene.lead, competition_id, authority=AUTHORITY, reason="No budget.")
        return
    row = session.get_one(Competition, competition_id)
    notice = competitions.frozen(session, row)
    if course != "no quote":
        for entrant, price in zip(scene.entrants, ("48117.25", "52000"), strict=True):
            invitation = session.exec(
                select(Invitation).where(
                    Invitation.competition_id == competition_id,
                    Invitation.provider_id == entrant.supplier.provider_id,
                )
            ).one()
            envelope = competing.sealed(notice, invitation.id, competing.quote(price))
            invitations.submit(session, clock, rng, entrant.supplier.principal, invitation.id, envelope)
    clock.advance(row.quotes_until - clock.now())
    clocks.turn(session, clock, competition_id)
    if course == "no quote":
        return
    _open(world, scene, competition_id)
    world.pause()
    ranked = [each.invitation.id for each in awarding.judged(session, row)]
    named = ranked if course == "awarded" else []
    awarding.decide(
        session,
        clock,
        rng,
        scene.lead,
        competition_id,
        invitation_ids=named,
        reason="" if named else "None meets the need.",
        authority=AUTHORITY,
    )
    if not named:
        return
    clock.advance(competing.STANDSTILL + timedelta(minutes=1))
    clocks.turn(session, clock, competition_id)
    said = session.exec(
        select(LogEntry)
        .where(LogEntry.topic == "competition.decided", LogEntry.subject == competition_id)
        .order_by(col(LogEntry.id).desc())
    ).first()
    assert said is not None
    on_decided(session, clock, rng, said)


def _open(world: World, scene: competing.Field, competition_id: str) -> None:
    session, clock = world.session, world.clock
    notice = competitions.frozen(session, session.get_one(Competition, competition_id))
    first, second = scene.people[0], scene.people[1]
    given = unsealing.hand_out(session, clock, first.principal, competition_id)
    released = opening.release(notice, given.envelopes, first.private, second.public, clock.now()).release
    unsealing.release(session, clock, first.principal, competition_id, released)
    given = unsealing.hand_out(session, clock, second.principal, competition_id)
    found = opening.open_all(notice, given.envelopes, given.releases[0], second.private, clock.now())
    unsealing.open_all(
        session,
        clock,
        second.principal,
        competition_id,
        first_opener_id=found.other.id,
        keys={each.envelope_sha256: base64.b64encode(each.key).decode() for each in found.opened},
        unreadable={},
        authority=AUTHORITY,
    )
