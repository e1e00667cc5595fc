"""Settlement statements: what the nations of a pool owe each other for a period, netted to few payments.

The lead drafts one for a period that is over; each party agrees to the statement as it
reads it, by its hash and an authority of its own; what all agreed is never changed. A
party reads its own lines, its balance and its own payments, the lead all of them. The
statement is the end of the hub's duty: it pays nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, delete, select

from catalog.competition.canonical import canonical
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.tables import Pool
from catalog.together import books, buys, netting
from catalog.together.netting import Line, LineKind, Payment
from catalog.together.tables import Settlement, SettlementConsent, SettlementLine, SettlementState
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money


@dataclass(frozen=True, slots=True)
class Statement:
    """A settlement as one party reads it."""

    settlement: Settlement
    lines: Sequence[SettlementLine]
    balances: Mapping[str, Decimal]
    payments: tuple[Payment, ...]
    sha256: str
    """Of the lines as they are read here: what this party agrees to."""
    agreed: frozenset[str]
    waiting: int
    """Parties that have not agreed yet."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A new draft, and what it leaves out: lines by other currency, services in kind carried to a later period."""

    settlement: Settlement
    elsewhere: Mapping[str, int]
    carried: Mapping[str, Decimal]


def draft(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    pool_id: str,
    period: Interval,
    currency: str,
    in_kind_share: Decimal,
) -> Drafted:
    """Read the books for a period that is over and that no other statement in this currency touches."""
    pool = pools.led(session, principal, pool_id)
    money(0, currency)
    if period.stop is None or period.stop > clock.now():
        raise Invalid("settlement.period_not_over")
    other = session.exec(
        select(Settlement.id).where(
            Settlement.pool_id == pool.id,
            Settlement.currency == currency,
            Settlement.period_from < period.stop,
            Settlement.period_to > period.start,
        )
    ).first()
    if other is not None:
        raise Conflict("settlement.period_taken", settlement_id=other)
    account = books.account(session, pool, period, currency)
    given = books.in_kind(session, pool, period.stop, currency)
    offset = netting.in_kind(given, account.lines, in_kind_share)
    lines = [*account.lines, *offset.lines]
    if not lines:
        raise Conflict("settlement.nothing_due", currency=currency)
    settlement = Settlement(
        id=rng.scope(principal.organisation_id, "settlement").id("stl"),
        pool_id=pool.id,
        period_from=period.start,
        period_to=period.stop,
        currency=currency,
        state=SettlementState.DRAFT.value,
        sha256=_sha256(lines),
        in_kind_share=f"{in_kind_share:f}",
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        at=clock.now(),
    )
    session.add(settlement)
    session.flush()
    for number, line in enumerate(lines, 1):
        session.add(
            SettlementLine(
                settlement_id=settlement.id,
                number=number,
                payer_id=line.payer,
                payee_id=line.payee,
                kind=line.kind.value,
                subject=line.subject,
                amount=f"{line.amount:f}",
            )
        )
    session.flush()
    audit.record(session, clock, principal, "settlement.draft", settlement.id, sha256=settlement.sha256)
    return Drafted(settlement, account.elsewhere, offset.carried)


def discard(session: Session, clock: Clock, principal: Principal, settlement_id: str) -> None:
    """Take a draft back, to draft it anew when the books are mended."""
    settlement = _led(session, principal, settlement_id)
    _require(settlement, SettlementState.DRAFT)
    for table in (SettlementConsent, SettlementLine):
        session.exec(delete(table).where(col(table.settlement_id) == settlement.id))
    session.delete(settlement)
    session.flush()
    audit.record(session, clock, principal, "settlement.discard", settlement_id, sha256=settlement.sha256)


def agree(
    session: Session, clock: Clock, principal: Principal, settlement_id: str, *, sha256: str, authority: Authority
) -> Settlement:
    """A party's authority agrees to the lines that it read; the last one makes the statement agreed."""
    settlement = get(session, principal, settlement_id, lock=True)
    _require(settlement, SettlementState.DRAFT)
    lines = lines_of(session, settlement.id)
    parties = _parties(lines)
    me = principal.organisation_id
    if me not in parties:
        raise Forbidden("settlement.not_a_party", settlement_id=settlement.id)
    if sha256 != statement(session, principal, settlement).sha256:
        raise Conflict("settlement.other_statement")
    if session.get(SettlementConsent, (settlement.id, me)) is not None:
        raise Conflict("settlement.agreed_already")
    session.add(
        SettlementConsent(
            settlement_id=settlement.id,
            organisation_id=me,
            by_organisation_id=me,
            by_key_id=principal.key_id,
            authority_name=authority.name,
            authority_office=authority.office,
            at=clock.now(),
        )
    )
    session.flush()
    said = {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "settlement.agree", settlement.id, sha256=sha256, **said)
    if _agreed(session, settlement.id) == parties:
        settlement.state = SettlementState.AGREED.value
        session.add(settlement)
        buys.settle(session, clock, principal, {line.subject for line in lines if line.kind == LineKind.SHARE})
        payload = {
            "settlement_id": settlement.id,
            "pool_id": settlement.pool_id,
            "period_from": log.rfc3339(settlement.period_from),
            "period_to": log.rfc3339(settlement.period_to),
            "currency": settlement.currency,
            "sha256": settlement.sha256,
        }
        marking_id = markings.among(session, settlement.by_organisation_id, parties)
        log.append(session, clock, "settlement.agreed", settlement.id, payload, marking_id)
    session.flush()
    return settlement


def paid(session: Session, clock: Clock, principal: Principal, settlement_id: str) -> Settlement:
    """The lead notes that all payments were made."""
    settlement = _led(session, principal, settlement_id)
    _require(settlement, SettlementState.AGREED)
    settlement.state = SettlementState.PAID.value
    session.add(settlement)
    session.flush()
    audit.record(session, clock, principal, "settlement.paid", settlement.id)
    return settlement


def visible(principal: Principal) -> ColumnElement[bool]:
    """Those in which one pays or is paid, and those of pools that one leads."""
    me = principal.organisation_id
    party = sa_select(col(SettlementLine.settlement_id)).where(
        or_(col(SettlementLine.payer_id) == me, col(SettlementLine.payee_id) == me)
    )
    led = sa_select(col(Pool.id)).where(col(Pool.lead_organisation_id) == me)
    return or_(col(Settlement.id).in_(party), col(Settlement.pool_id).in_(led))


def get(session: Session, principal: Principal, settlement_id: str, *, lock: bool = False) -> Settlement:
    wanted = select(Settlement).where(Settlement.id == settlement_id, visible(principal))
    found = session.exec(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise NotFound("settlement.unknown", settlement_id=settlement_id)
    return found


def statement(session: Session, principal: Principal, settlement: Settlement) -> Statement:
    """All of it for the pool's lead; of a party its own lines, balance and payments."""
    lines = lines_of(session, settlement.id)
    values = [_value(line) for line in lines]
    lead = session.get_one(Pool, settlement.pool_id).lead_organisation_id
    balances, payments = netting.balances(values), netting.net(values, lead)
    agreed = _agreed(session, settlement.id)
    waiting = len(_parties(lines) - agreed)
    me = principal.organisation_id
    if me == lead:
        return Statement(settlement, lines, balances, payments, settlement.sha256, frozenset(agreed), waiting)
    own = [line for line in lines if me in (line.payer_id, line.payee_id)]
    return Statement(
        settlement,
        own,
        {me: balances[me]},
        tuple(payment for payment in payments if me in (payment.payer, payment.payee)),
        _sha256(map(_value, own)),
        frozenset(agreed & {me}),
        waiting,
    )


def lines_of(session: Session, settlement_id: str) -> Sequence[SettlementLine]:
    return session.exec(
        select(SettlementLine).where(SettlementLine.settlement_id == settlement_id).order_by(col(SettlementLine.number))
    ).all()


def _led(session: Session, principal: Principal, settlement_id: str) -> Settlement:
    settlement = get(session, principal, settlement_id, lock=True)
    pools.led(session, principal, settlement.pool_id)
    return settlement


def _require(settlement: Settlement, state: SettlementState) -> None:
    if settlement.state != state.value:
        raise Conflict("settlement.step_not_possible", state=SettlementState(settlement.state))


def _parties(lines: Iterable[SettlementLine]) -> set[str]:
    return {party for line in lines for party in (line.payer_id, line.payee_id)}


def _agreed(session: Session, settlement_id: str) -> set[str]:
    found = select(SettlementConsent.organisation_id).where(SettlementConsent.settlement_id == settlement_id)
    return set(session.exec(found).all())


def _value(line: SettlementLine) -> Line:
    return Line(line.payer_id, line.payee_id, LineKind(line.kind), line.subject, Decimal(line.amount))


def _sha256(lines: Iterable[Line]) -> str:
    content = [[each.payer, each.payee, each.kind.value, each.subject, f"{each.amount:f}"] for each in lines]
    return hashlib.sha256(canonical(content)).hexdigest()
