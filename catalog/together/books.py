"""What the nations of a pool owe each other for a period, read off its books.

The lead contracts and pays the suppliers; every member owes the lead for what it used,
for what its cancellations cost, and for its shares of joint buys and unused guarantees,
and is owed by it what suppliers credited. Who took a call-off from another pays the
compensation to the lead and the lead pays it on: a victim does not learn who it was.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select

from catalog.capacity.tables import Preempted, PreemptionRow
from catalog.framework.tables import PoolQuota
from catalog.ordering import accounts
from catalog.ordering.tables import CallOff, CallOffOption, OrderStatusEntry, ServiceCredit, SupplyOrder
from catalog.promise.lifecycle import AgreementStatus, MemberStatus
from catalog.promise.tables import Agreement, AgreementTerms, Pool, PoolLot, PoolMember
from catalog.together import shares
from catalog.together.netting import InKind, Line, LineKind, Owed, in_coins
from catalog.together.shares import COIN
from catalog.together.states import BuyEvent, BuyState
from catalog.together.tables import (
    CostShare,
    InKindEntry,
    JointBuy,
    JointBuyEntry,
    Settlement,
    SettlementLine,
)
from providers.adapters.base import FINAL, OrderStatus
from space_hub.vocabulary.interval import Interval


@dataclass(frozen=True, slots=True)
class Account:
    """A period's lines in one currency; `elsewhere` counts what is owed in others."""

    lines: tuple[Line, ...]
    elsewhere: Mapping[str, int]


def account(session: Session, pool: Pool, period: Interval, currency: str) -> Account:
    owed = [
        each
        for source in (_orders, _credits, _compensations, _guarantees, _joint_buys)
        for each in source(session, pool, period)
        if each.payer != each.payee and each.amount
    ]
    elsewhere: dict[str, int] = defaultdict(int)
    for each in owed:
        if each.currency != currency:
            elsewhere[each.currency] += 1
    return Account(in_coins([each for each in owed if each.currency == currency]), dict(sorted(elsewhere.items())))


def in_kind(session: Session, pool: Pool, until: datetime, currency: str) -> list[InKind]:
    """What was confirmed before `until`, oldest first, less what earlier statements counted."""
    counted: dict[str, Decimal] = defaultdict(Decimal)
    rows = session.exec(
        select(SettlementLine)
        .join(Settlement, col(Settlement.id) == col(SettlementLine.settlement_id))
        .where(Settlement.pool_id == pool.id, SettlementLine.kind == LineKind.IN_KIND.value)
    ).all()
    for row in rows:
        counted[row.subject] += Decimal(row.amount)
    entries = session.exec(
        select(InKindEntry)
        .where(InKindEntry.pool_id == pool.id, InKindEntry.currency == currency, col(InKindEntry.confirmed_at) < until)
        .order_by(col(InKindEntry.confirmed_at), col(InKindEntry.id))
    ).all()
    left = {entry.id: Decimal(entry.equivalents) - counted[entry.id] for entry in entries}
    return [
        InKind(entry.id, entry.from_organisation_id, entry.to_organisation_id, left[entry.id], confirmed=True)
        for entry in entries
        if left[entry.id] > 0
    ]


def _orders(session: Session, pool: Pool, period: Interval) -> list[Owed]:
    """By the accounts of call-offs, of orders that ended then: what was delivered and what was charged beside it."""
    ended = (
        select(OrderStatusEntry.order_id, func.min(OrderStatusEntry.at).label("at"))
        .where(col(OrderStatusEntry.status).in_([each.value for each in FINAL]))
        .group_by(col(OrderStatusEntry.order_id))
        .subquery()
    )
    rows = session.exec(
        select(CallOff, SupplyOrder.id)
        .join(SupplyOrder, col(SupplyOrder.call_off_id) == col(CallOff.id))
        .join(ended, ended.c.order_id == col(SupplyOrder.id))
        .where(CallOff.pool_id == pool.id, ended.c.at >= period.start, ended.c.at < period.stop)
        .order_by(col(SupplyOrder.id))
    ).all()
    over = {order_id for _, order_id in rows}
    found = []
    for call_off in {call_off.id: call_off for call_off, _ in rows}.values():
        statement = accounts.statement(session, call_off)
        ends = (call_off.organisation_id, pool.lead_organisation_id)
        for line in statement.lines:
            if line.order_id in over:
                found.append(Owed(*ends, LineKind.USE, line.order_id, line.price, statement.currency))
                found.append(Owed(*ends, LineKind.CANCEL_FEE, line.order_id, line.fee, statement.currency))
    return found


def _credits(session: Session, pool: Pool, period: Interval) -> list[Owed]:
    rows = session.exec(
        select(ServiceCredit, SupplyOrder.organisation_id)
        .join(SupplyOrder, col(SupplyOrder.id) == col(ServiceCredit.order_id))
        .join(CallOff, col(CallOff.id) == col(SupplyOrder.call_off_id))
        .where(CallOff.pool_id == pool.id, ServiceCredit.at >= period.start, col(ServiceCredit.at) < period.stop)
        .order_by(col(ServiceCredit.order_id), col(ServiceCredit.metric))
    ).all()
    return [
        Owed(
            pool.lead_organisation_id,
            nation,
            LineKind.CREDIT,
            f"{credit.order_id}/{credit.metric}",
            Decimal(credit.amount),
            credit.currency,
        )
        for credit, nation in rows
    ]


def _compensations(session: Session, pool: Pool, period: Interval) -> list[Owed]:
    nations = dict(session.exec(select(CallOff.id, CallOff.organisation_id).where(CallOff.pool_id == pool.id)).all())
    rows = session.exec(
        select(Preempted, PreemptionRow.call_off_id)
        .join(PreemptionRow, col(PreemptionRow.id) == col(Preempted.preemption_id))
        .where(
            col(PreemptionRow.call_off_id).in_(nations),
            PreemptionRow.at >= period.start,
            col(PreemptionRow.at) < period.stop,
        )
        .order_by(col(Preempted.preemption_id), col(Preempted.call_off_id))
    ).all()
    lead = pool.lead_organisation_id
    found = []
    for fell, asker in rows:
        amount, subject = Decimal(fell.compensation), fell.call_off_id
        # The asker's line names its own decision, the victim's its own call-off.
        first = Owed(nations[asker], lead, LineKind.COMPENSATION, fell.preemption_id, amount, fell.currency)
        second = Owed(lead, nations[subject], LineKind.COMPENSATION, subject, amount, fell.currency)
        found += [first, second]
    return found


def _guarantees(session: Session, pool: Pool, period: Interval) -> list[Owed]:
    """What an agreement that ended then guarantees its supplier beyond what was used: by quota, else equally."""
    rows = session.exec(
        select(Agreement)
        .where(
            Agreement.pool_id == pool.id,
            # A draft that was never signed guarantees nobody anything.
            col(Agreement.status).in_([AgreementStatus.SIGNED.value, AgreementStatus.ENDED.value]),
            col(Agreement.minimum_guarantee).is_not(None),
            Agreement.period_to >= period.start,
            col(Agreement.period_to) < period.stop,
        )
        .order_by(col(Agreement.id))
    ).all()
    found = []
    for agreement in rows:
        used = session.exec(
            select(CallOffOption.total_price)
            .join(
                SupplyOrder,
                (col(SupplyOrder.call_off_id) == col(CallOffOption.call_off_id))
                & (col(SupplyOrder.rank) == col(CallOffOption.rank)),
            )
            .where(CallOffOption.agreement_id == agreement.id, SupplyOrder.status == OrderStatus.COMPLETED.value)
        ).all()
        short = Decimal(agreement.minimum_guarantee or 0) - sum(map(Decimal, used), Decimal(0))
        if short <= 0:
            continue
        currency = session.exec(
            select(AgreementTerms.currency).where(AgreementTerms.agreement_id == agreement.id).limit(1)
        ).one()
        bill = short.quantize(COIN, ROUND_HALF_EVEN)
        for nation, part in shares.proportional(bill, _weights(session, pool, agreement)).amounts.items():
            found.append(Owed(nation, pool.lead_organisation_id, LineKind.GUARANTEE, agreement.id, part, currency))
    return found


def _weights(session: Session, pool: Pool, agreement: Agreement) -> dict[str, Decimal]:
    members = session.exec(
        select(PoolMember.organisation_id).where(
            PoolMember.pool_id == pool.id, PoolMember.status == MemberStatus.JOINED.value
        )
    ).all()
    quotas = dict(
        session.exec(
            select(PoolQuota.organisation_id, func.sum(PoolQuota.granted))
            .join(PoolLot, col(PoolLot.id) == col(PoolQuota.lot_id))
            .where(PoolLot.id == agreement.lot_id, col(PoolQuota.organisation_id).in_(members))
            .group_by(col(PoolQuota.organisation_id))
        ).all()
    )
    known = len(quotas) == len(members) and any(quotas.values())
    return {member: Decimal(int(quotas[member])) if known else Decimal(1) for member in members}


def _joint_buys(session: Session, pool: Pool, period: Interval) -> list[Owed]:
    """Those agreed before the period's end and in no statement yet, a draft included, whenever that was."""
    stated = (
        sa_select(col(SettlementLine.subject))
        .join(Settlement, col(Settlement.id) == col(SettlementLine.settlement_id))
        .where(col(Settlement.pool_id) == pool.id, col(SettlementLine.kind) == LineKind.SHARE.value)
    )
    rows = session.exec(
        select(CostShare, JointBuy)
        .join(
            JointBuy,
            (col(JointBuy.id) == col(CostShare.joint_buy_id)) & (col(JointBuy.modality) == col(CostShare.modality)),
        )
        .join(JointBuyEntry, col(JointBuyEntry.joint_buy_id) == col(JointBuy.id))
        .where(
            JointBuy.pool_id == pool.id,
            JointBuy.state == BuyState.AGREED.value,
            JointBuyEntry.event == BuyEvent.CONCLUDE.value,
            col(JointBuyEntry.at) < period.stop,
            col(JointBuy.id).not_in(stated),
        )
        .order_by(col(JointBuy.id), col(CostShare.organisation_id))
    ).all()
    return [
        Owed(
            share.organisation_id, buy.lead_organisation_id, LineKind.SHARE, buy.id, Decimal(share.share), buy.currency
        )
        for share, buy in rows
    ]
