"""Joint matches: several needs planned as one, with what each pays and saves against going alone.

The needs are the asker's own requirements, or those of a joint buy in which it takes part, once that is priced:
each nation consented then that its need is priced with the others' and read by those who take part. Of another's
need its quantity, phase and window are read, as the buy shows them, and which offerings serve it; its requirement
stays its owner's. What is planned with is what every reader may see.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, func, select

from catalog import candidates, matches
from catalog.capacity.rules import units
from catalog.demand import requirements
from catalog.joint import record as records
from catalog.joint.plan import Common, Party, seen_by_all
from catalog.joint.record import Contents, Terms
from catalog.matching.plan import exact
from catalog.matching.record import Record
from catalog.matching.values import Candidate, Need, PhaseNeed
from catalog.matching.watch import Stage, Watch, silent
from catalog.portfolio.values import ZERO
from catalog.search.shelf import shelf
from catalog.tables import Requirement
from catalog.together import buys, pricing, shares
from catalog.together.economy import ShareMethod
from catalog.together.shares import Shares
from catalog.together.tables import JointBuy, JointMatch, JointNeed
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

FEWEST, MOST = 2, 12
"""Needs in one joint match."""
AT_ONCE = 10_000
"""Offerings times plans, while the asker waits: some seconds of a processor."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One of both: requirements of one's own, or a joint buy."""

    requirement_ids: tuple[str, ...] = ()
    joint_buy_id: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    parties: Sequence[Party]
    offered: Sequence[Candidate]
    terms: Terms
    salts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    record: Record
    contents: Contents


def check(session: Session, principal: Principal, ask: Ask) -> Sequence[Party]:
    """The needs of a joint match that the principal may ask for; whatever it may not read is unknown to it."""
    if bool(ask.requirement_ids) == (ask.joint_buy_id is not None):
        raise Invalid("joint_match.one_of")
    if ask.joint_buy_id is not None:
        parties = _of_buy(session, _readable(session, principal, ask.joint_buy_id))
    else:
        parties = [_own(session, principal, each) for each in sorted(set(ask.requirement_ids))]
    if not FEWEST <= len(parties) <= MOST:
        raise Invalid("joint_match.needs", count=len(parties), fewest=FEWEST, most=MOST)
    currencies = sorted({each.need.currency for each in parties})
    if len(currencies) > 1:
        raise Invalid("joint_match.currencies", given=", ".join(currencies))
    return parties


def check_at_once(session: Session, clock: Clock, principal: Principal, ask: Ask) -> None:
    """Invalid when too much would be planned for somebody who waits for the answer."""
    parties = check(session, principal, ask)
    count = 0
    for area in _areas(parties):
        found = shelf(principal, clock.now(), mission_area=area)
        count += session.execute(found.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    planned = 2 ** len(parties) if len(parties) <= records.EXACT else 2 * records.PAIRS * len(parties)
    if count * planned > AT_ONCE:
        raise Invalid("joint_match.too_large", offerings=count, needs=len(parties))


def think(database: Database, clock: Clock, rng: Rng, principal: Principal, ask: Ask, watch: Watch = silent) -> Made:
    """Gather, then compute with no transaction open."""
    with database.read() as session:
        gathered = gather(session, clock, rng, principal, ask)
    return compute(gathered, watch)


def gather(session: Session, clock: Clock, rng: Rng, principal: Principal, ask: Ask) -> Gathered:
    parties = check(session, principal, ask)
    if ask.joint_buy_id is None:
        offered = _seen(session, clock, principal, parties, matches.records(session, principal))
        return Gathered(parties, offered, Terms(ShareMethod.SHAPLEY), {})
    buy = buys.get(session, principal, ask.joint_buy_id)
    views = [_seen(session, clock, each, parties, {}) for each in _readers(session, buy)]
    return Gathered(parties, seen_by_all(views), _terms(session, buy), _salts(session, rng, buy, parties))


def compute(gathered: Gathered, watch: Watch = silent) -> Made:
    """No database: the caller holds no transaction while it thinks."""
    kept = records.contents(gathered.parties, gathered.salts)
    common = Common(gathered.parties, gathered.offered, watch, records.ties(kept))
    given = records.inputs(common, kept, gathered.terms)
    digest = records.freeze(given, {}).inputs_sha256
    divided, alone = _divided(common, gathered.terms, digest, watch)
    made = common.plan(common.everybody)
    price = common.price(watch)
    return Made(records.freeze(given, records.result(common, made, price, alone, divided)), kept)


def again(row: JointMatch) -> Record:
    """What the inputs of a record give today: the same record."""
    parties, offered, terms = records.thaw(row.inputs, row.contents)
    salts = {name: each["salt"] for name, each in row.contents.items()}
    return compute(Gathered(parties, offered, terms, salts)).record


def keep(session: Session, clock: Clock, rng: Rng, principal: Principal, ask: Ask, made: Made) -> JointMatch:
    """Kept for whoever may read it; the needs are looked at again, because one may have been taken back since."""
    found = {each.id: each.need for each in check(session, principal, ask)}
    planned, _, _ = records.thaw(made.record.inputs, made.contents)
    if found != {each.id: each.need for each in planned}:
        raise Conflict("joint_match.changed_since")
    marking = markings.owner_only(session, principal.organisation_id)
    if ask.joint_buy_id is not None:
        buy = buys.get(session, principal, ask.joint_buy_id)
        marking = markings.among(session, principal.organisation_id, [each.id for each in _named(session, buy)])
    row = JointMatch(
        id=rng.scope(principal.organisation_id, "joint_match").id("jma"),
        organisation_id=principal.organisation_id,
        joint_buy_id=ask.joint_buy_id,
        at=clock.now(),
        inputs_sha256=made.record.inputs_sha256,
        record_sha256=made.record.record_sha256,
        covered=made.record.result["covered"],
        inputs=made.record.inputs,
        result=made.record.result,
        contents={name: dict(each) for name, each in made.contents.items()},
        marking_id=marking,
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "joint_match.compute", row.id, record_sha256=row.record_sha256)
    payload = {
        "joint_match_id": row.id,
        "joint_buy_id": row.joint_buy_id,
        "covered": row.covered,
        "record_sha256": row.record_sha256,
    }
    log.append(session, clock, "joint_match.computed", row.id, payload, marking)
    return row


def get(session: Session, principal: Principal, joint_match_id: str) -> JointMatch:
    row = session.exec(
        select(JointMatch).where(JointMatch.id == joint_match_id, markings.visible(JointMatch.marking_id, principal))
    ).one_or_none()
    if row is None:
        raise NotFound("joint_match.unknown", joint_match_id=joint_match_id)
    return row


def own_contents(principal: Principal, row: JointMatch) -> dict[str, Any]:
    """The needs of a record that are the reader's own, with their salts; the others' stand there by their hashes."""
    mine = {each["id"] for each in row.inputs["parties"] if each["organisation_id"] == principal.organisation_id}
    return {name: each for name, each in row.contents.items() if name in mine}


def _own(session: Session, principal: Principal, requirement_id: str) -> Party:
    row = requirements.get(session, principal, requirement_id)
    need = replace(requirements.need_of(row), nation=principal.nation)
    return Party(row.id, row.organisation_id, need, row.id)


def _readable(session: Session, principal: Principal, joint_buy_id: str) -> JointBuy:
    """A priced joint buy in which the principal takes part; the refusals are those of its shares."""
    buy = buys.get(session, principal, joint_buy_id)
    buys.readable_shares(session, principal, buy)
    return buy


def _of_buy(session: Session, buy: JointBuy) -> list[Party]:
    """What each nation stated and consented to: that quantity in that phase, under the terms of its requirement."""
    stated = [each for each in buys.needs_of(session, buy.id) if each.consented_at is not None]
    return [
        Party(each.organisation_id, each.organisation_id, _need(session, buy, each), each.requirement_id)
        for each in stated
    ]


def _need(session: Session, buy: JointBuy, stated: JointNeed) -> Need:
    window = Interval(stated.window_from, stated.window_to)
    phases = (PhaseNeed(Phase(stated.phase), units(stated.parts)),)
    nation = session.get_one(Organisation, stated.organisation_id).nation
    if stated.requirement_id is None:
        return Need(buy.capability, buy.currency, window, phases, nation=nation)
    under = requirements.need_of(session.get_one(Requirement, stated.requirement_id))
    return replace(under, capability=buy.capability, currency=buy.currency, window=window, phases=phases, nation=nation)


def _terms(session: Session, buy: JointBuy) -> Terms:
    method = ShareMethod(buy.share_method)
    quotas = None
    if method is ShareMethod.QUOTA:
        quotas = pricing.quotas_of(session, buy, buys.needs_of(session, buy.id))
    return Terms(method, buy.id, quotas)


def _salts(session: Session, rng: Rng, buy: JointBuy, parties: Iterable[Party]) -> dict[str, str]:
    """One for each nation and buy, drawn once: the same buy gives the same record on another day."""
    known: dict[str, str] = {}
    earlier = (
        select(JointMatch).where(JointMatch.joint_buy_id == buy.id).order_by(col(JointMatch.at), col(JointMatch.id))
    )
    for row in session.exec(earlier):
        known = {name: each["salt"] for name, each in row.contents.items()} | known
    return {each.id: known.get(each.id) or rng.scope(each.id, "joint_match").id("salt") for each in parties}


def _named(session: Session, buy: JointBuy) -> list[Organisation]:
    """Who reads a joint match of a buy: its lead and whoever stated a need."""
    names = {buy.lead_organisation_id, *(each.organisation_id for each in buys.needs_of(session, buy.id))}
    return [session.get_one(Organisation, name) for name in sorted(names)]


def _readers(session: Session, buy: JointBuy) -> list[Principal]:
    return [
        Principal(each.id, OrganisationKind(each.kind), each.nation, "", frozenset()) for each in _named(session, buy)
    ]


def _areas(parties: Iterable[Party]) -> list[MissionArea]:
    return sorted({capability(each.need.capability).area for each in parties})


def _seen(
    session: Session,
    clock: Clock,
    principal: Principal,
    parties: Iterable[Party],
    known: Mapping[str, tuple[int, int]],
) -> list[Candidate]:
    rows = [
        (offering, version, provider)
        for area in _areas(parties)
        for offering, version, provider in session.execute(shelf(principal, clock.now(), mission_area=area))
    ]
    return candidates.as_seen(session, principal, rows, known)


def _divided(common: Common, terms: Terms, digest: str, watch: Watch) -> tuple[Shares, dict[str, Any]]:
    """Each need's part of the cost by the method agreed, and what it would pay alone."""
    names = sorted(common.everybody)
    done = 0
    total = 2 ** len(names)
    if len(names) > records.EXACT:
        total = 2 * records.PAIRS * len(names)

    def cost(group: frozenset[str]) -> Any:
        nonlocal done
        watch(Stage.PLAN, min(done, total), total)
        done += 1
        return common.cost(group)

    alone = shares.alone(names, cost)
    match terms.method:
        case ShareMethod.USE:
            asked = {each.id: sum(map(exact, _sizes(each)), ZERO) for each in common.parties}
            return shares.proportional(cost(common.everybody), asked), alone
        case ShareMethod.QUOTA:
            if terms.quotas is None or set(terms.quotas) != common.everybody:
                raise Invalid("together.quotas_missing", given=", ".join(sorted(terms.quotas or {})) or "-")
            return shares.proportional(cost(common.everybody), terms.quotas), alone
        case ShareMethod.SHAPLEY:
            drawn = pricing.orders(digest, names, records.PAIRS) if len(names) > records.EXACT else ()
            return shares.shapley(names, cost, drawn, records.EXACT), alone


def _sizes(party: Party) -> list[float]:
    return [asked.quantity for asked in party.need.phases]
