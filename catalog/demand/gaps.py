"""Gap reports for suppliers: which published needs an offering meets, and what would get it in.

Everything is computed from the offering and from `published_need`, which every
reader may read: private needs, and needs that are only counted, cannot show
here, and neither can another supplier's offering.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.candidates import candidate
from catalog.demand import statements as demand
from catalog.demand.gap_report import Judgement, Stands, in_words, report
from catalog.demand.publication import coarse
from catalog.demand.tables import GapNotice, PublishedNeed
from catalog.matching.values import Candidate
from catalog.shelf import offerings
from catalog.shelf.content import draft_to_json
from catalog.tables import Offering, OfferingDraftRow, OfferingStatus, OfferingVersion
from providers import offices, onboarding
from providers.adapters.drafts import read_draft
from providers.desk_tables import Office
from providers.offices import Matter
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.errors import NotFound
from space_hub.rng import Rng
from space_hub.text import say
from space_hub.trust import markings
from space_hub.trust.principal import HUB, Principal
from space_hub.vocabulary.capabilities import capability
from space_hub.work import ledger

MOST_ENTRIES = 500
CHUNK = 200
"""Offerings that are judged anew in one transaction."""


@dataclass(frozen=True, slots=True)
class GapReport:
    capability: str
    entries: list[dict[str, Any]]
    meets: int
    misses: int
    unknown: int


def for_offering(session: Session, principal: Principal, offering_id: str, language: str) -> GapReport:
    """The report of an own offering."""
    provider, offering = offerings.own(session, principal, offering_id)
    version = session.get_one(OfferingVersion, offering.current_version_id)
    return _report(session, candidate(offering, version, provider), provider, language)


def for_draft(session: Session, clock: Clock, principal: Principal, reference: str, language: str) -> GapReport:
    """The report of an own draft, before anybody sees it; refused while the draft cannot be read."""
    provider = onboarding.of_organisation(session, principal.organisation_id)
    row = None
    if provider is not None:
        row = session.exec(
            select(OfferingDraftRow).where(
                OfferingDraftRow.provider_id == provider.id, OfferingDraftRow.reference == reference
            )
        ).one_or_none()
    if provider is None or row is None:
        raise NotFound("gap.draft_unknown", reference=reference)
    return _report(session, _of_draft(provider, row.body, clock.now()), provider, language)


def on_demand_changed(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """Published demand has changed: the offerings of its capabilities are judged anew, in work of their own."""
    for code in entry.payload["capabilities"]:
        params = {"capability": code, "opened": entry.payload["opened"], "closed": entry.payload["closed"]}
        slot = f"gaps:{entry.event_id}:{code}"
        ledger.start(session, clock, rng, kind="demand.gaps", params=params, principal=HUB, slot=slot)


def tell_owners(
    session: Session,
    clock: Clock,
    *,
    capability_code: str,
    opened: Sequence[str],
    closed: Sequence[str],
    after: str,
) -> str | None:
    """Judge one chunk of offerings against what was opened and closed; the id to go on after, None at the end."""
    found = demand.published(capability_code=capability_code).where(col(PublishedNeed.id).in_(opened))
    needs = session.execute(found).scalars().all()
    rows = session.exec(
        select(Offering, OfferingVersion, Provider)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
        .join(Provider, col(Provider.id) == col(Offering.provider_id))
        .where(
            Offering.capability == capability_code,
            Offering.status == OfferingStatus.PUBLISHED.value,
            col(Offering.id) > after,
        )
        .order_by(col(Offering.id))
        .limit(CHUNK)
    ).all()
    for offering, version, provider in rows:
        judged = _judged(candidate(offering, version, provider), needs)
        _notice(session, clock, provider, offering, judged, closed)
    return rows[-1][0].id if len(rows) == CHUNK else None


def on_arrival(
    session: Session, clock: Clock, offering: Offering, version: OfferingVersion, provider: Provider
) -> None:
    """Tell the owner of an offering that came or changed how it stands to the published needs."""
    needs = session.execute(demand.published(capability_code=version.capability)).scalars().all()
    judged = _judged(candidate(offering, version, provider), needs)
    told = select(GapNotice.published_need_id).where(
        GapNotice.offering_id == offering.id, GapNotice.outcome != Stands.CLOSED.value
    )
    gone = set(session.exec(told)) - {need.id for need in needs}
    _notice(session, clock, provider, offering, judged, sorted(gone))


def _notice(
    session: Session,
    clock: Clock,
    provider: Provider,
    offering: Offering,
    judged: Iterable[Judgement],
    closed: Sequence[str],
) -> None:
    """Say what differs from what was said before, in one message an offering."""
    known = {
        row.published_need_id: row
        for row in session.exec(select(GapNotice).where(GapNotice.offering_id == offering.id))
    }
    now = {each.need.id: (each.outcome.value, len(each.misses)) for each in judged}
    now |= {need: (Stands.CLOSED.value, 0) for need in closed if need in known}
    changed = []
    for need, (outcome, misses) in sorted(now.items()):
        row = known.get(need) or GapNotice(
            offering_id=offering.id, published_need_id=need, outcome="", misses=0, told_at=clock.now()
        )
        if (row.outcome, row.misses) == (outcome, misses):
            continue
        row.outcome, row.misses, row.told_at = outcome, misses, clock.now()
        session.add(row)
        changed.append({"need": need, "outcome": outcome, "misses": misses})
    if not changed:
        return
    session.flush()
    marking = markings.owner_only(session, provider.organisation_id)
    payload = {"offering_id": offering.id, "changed": changed[:MOST_ENTRIES], "count": len(changed)}
    log.append(session, clock, "gap.changed", offering.id, payload, marking)


def _judged(offered: Candidate, needs: Iterable[PublishedNeed]) -> tuple[Judgement, ...]:
    return report(offered, [coarse(need, "en") for need in needs])


def _report(session: Session, offered: Candidate, provider: Provider, language: str) -> GapReport:
    about = capability(offered.capability)
    office = _office(session, about.area.value, provider.nation, language)
    rows = session.execute(demand.published(capability_code=about.code)).scalars().all()
    needs = [coarse(row, language, as_of=_as_of(row, language), office=office) for row in rows]
    judged = report(offered, needs)
    counts = {name: sum(each.outcome == name for each in judged) for name in ("meets", "misses", "unknown")}
    entries = [in_words(each, language, capacity_unit=about.capacity_unit) for each in judged[:MOST_ENTRIES]]
    return GapReport(about.code, entries, **counts)


def _as_of(row: PublishedNeed, language: str) -> str:
    return say("gap.as_of", language, day=row.published_at.date().isoformat())


def _office(session: Session, area: str, nation: str, language: str) -> dict[str, str] | None:
    """Whom to talk to: the office where an offering of this provider would lie; None before there is a desk."""
    office = offices.covering(session, Matter.OFFERING, [area], nation) or session.get(Office, offices.FRONT_DESK)
    return None if office is None else {"id": office.id, "name": offices.name_of(office, language)}


def _of_draft(provider: Provider, body: dict[str, Any], now: datetime) -> Candidate:
    """A draft as matching sees it, in rows that are never stored."""
    draft = read_draft(body)
    content = draft_to_json(draft)
    columns = {name: content[name] for name in OfferingVersion.model_fields if name in content}
    columns |= {"valid_from": None, "valid_to": None}
    if draft.valid is not None:
        columns |= {"valid_from": draft.valid.start, "valid_to": draft.valid.stop}
    version = OfferingVersion(
        id="", offering_id="", number=0, content_sha256="", source="api", marking_id="", at=now, **columns
    )
    offering = Offering(
        id="",
        provider_id=provider.id,
        reference=draft.reference,
        status=OfferingStatus.PUBLISHED.value,
        mission_area=version.mission_area,
        capability=version.capability,
        current_version_id="",
        marking_id="",
        created_at=now,
        updated_at=now,
    )
    return candidate(offering, version, provider)
