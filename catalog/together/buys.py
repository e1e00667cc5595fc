"""Joint buys: several nations of a pool mean to have one capability together, and see what that saves.

Each nation states its own need. No other reads it, the lead included, before every
nation that stated one has consented and the lead has priced them; from then on those
who take part see all needs and each nation's share by every way of having it. The
lead chooses a way; the buy is agreed when each nation that takes part has agreed to
these figures, by an authority of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, delete, select

from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import MemberStatus
from catalog.promise.tables import PoolMember
from catalog.tables import Requirement
from catalog.together import pricing
from catalog.together.economy import Economy, Option, ShareMethod
from catalog.together.states import BuyEvent, BuyState, next_state
from catalog.together.tables import CostShare, JointBuy, JointBuyEntry, JointNeed, JointOption
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

WAYS = (Modality.LEASE, Modality.BUY, Modality.DEVELOP)

FEWEST = 2
"""Nations without which nothing is bought together."""


def open_buy(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    pool_id: str,
    capability_code: str,
    title_en: str,
    title_fr: str,
    share_method: ShareMethod,
    currency: str,
    months: int,
) -> JointBuy:
    """The lead of a pool asks its members what they need, over a horizon of `months`, and says how costs are shared."""
    pool = pools.led(session, principal, pool_id)
    money(0, currency)
    wanted = capability(capability_code)
    buy = JointBuy(
        id=rng.scope(principal.organisation_id, "joint_buy").id("jbu"),
        pool_id=pool.id,
        lead_organisation_id=principal.organisation_id,
        capability=wanted.code,
        title_en=title_en,
        title_fr=title_fr,
        share_method=share_method.value,
        currency=currency,
        state=BuyState.GATHERING.value,
        unit=wanted.capacity_unit,
        months=months,
        created_at=clock.now(),
    )
    session.add(buy)
    session.flush()
    _enter(session, clock, principal, buy, BuyEvent.OPEN)
    return buy


def state_need(
    session: Session,
    clock: Clock,
    principal: Principal,
    buy_id: str,
    *,
    parts: int,
    phase: Phase,
    window: Interval,
    requirement_id: str | None,
) -> JointNeed:
    """One's own need; stating it again takes one's consent back."""
    buy = _gathering(session, principal, buy_id)
    if window.stop is None:
        raise Invalid("joint.window_open")
    if requirement_id is not None:
        _own_requirement(session, principal, requirement_id)
    need = session.merge(
        JointNeed(
            joint_buy_id=buy.id,
            organisation_id=principal.organisation_id,
            parts=parts,
            phase=phase.value,
            window_from=window.start,
            window_to=window.stop,
            requirement_id=requirement_id,
            consented_at=None,
        )
    )
    session.flush()
    # What is needed stays out of the trail too: who reads it need not take part.
    audit.record(session, clock, principal, "joint_buy.need", buy.id)
    return need


def withdraw_need(session: Session, clock: Clock, principal: Principal, buy_id: str) -> None:
    """Take no part any more."""
    buy = _gathering(session, principal, buy_id)
    session.delete(_own_need(session, principal, buy.id))
    session.flush()
    audit.record(session, clock, principal, "joint_buy.need_withdrawn", buy.id)


def consent(session: Session, clock: Clock, principal: Principal, buy_id: str) -> JointNeed:
    """Let one's need be priced with the others', and be read by those who take part."""
    buy = _gathering(session, principal, buy_id)
    need = _own_need(session, principal, buy.id)
    if need.consented_at is None:
        need.consented_at = clock.now()
        session.add(need)
        session.flush()
        audit.record(session, clock, principal, "joint_buy.consent", buy.id)
    return need


def put_option(session: Session, clock: Clock, principal: Principal, buy_id: str, option: Option) -> JointOption:
    """One way of having it, with its prices by quantity; the lead says where they come from."""
    buy = _led(session, principal, buy_id)
    if BuyState(buy.state) is not BuyState.GATHERING:
        raise Conflict("joint.not_gathering", state=BuyState(buy.state))
    if option.modality not in WAYS:
        raise Invalid("joint.way_unknown", given=option.modality, known=WAYS)
    row = session.merge(
        JointOption(
            joint_buy_id=buy.id,
            modality=option.modality.value,
            breaks=[{"from": f"{each.quantity:f}", "unit_price": f"{each.unit_price:f}"} for each in option.breaks],
            fixed=f"{option.fixed:f}",
            months=option.months,
            source=option.source,
        )
    )
    session.flush()
    audit.record(session, clock, principal, "joint_buy.option", buy.id, modality=option.modality.value)
    return row


def price(session: Session, clock: Clock, principal: Principal, buy_id: str) -> list[Economy]:
    """What each nation pays alone and together, by every option; from here on those who take part see it all."""
    buy = _led(session, principal, buy_id)
    next_state(BuyState(buy.state), BuyEvent.PRICE)
    needs = needs_of(session, buy.id)
    if len(needs) < FEWEST:
        raise Conflict("joint.too_few", count=len(needs), fewest=FEWEST)
    waiting = sum(need.consented_at is None for need in needs)
    if waiting:
        raise Conflict("joint.consents_missing", count=waiting)
    if max(need.window_from for need in needs) >= min(need.window_to for need in needs):
        raise Conflict("joint.windows_apart")
    ways = options_of(session, buy.id)
    if not ways:
        raise Conflict("joint.no_option")
    priced = pricing.price(session, buy, needs, ways)
    session.exec(delete(CostShare).where(col(CostShare.joint_buy_id) == buy.id))
    for row in priced.economies:
        for organisation_id, share in row.shares.amounts.items():
            error = row.shares.error
            session.add(
                CostShare(
                    joint_buy_id=buy.id,
                    modality=row.option.modality.value,
                    organisation_id=organisation_id,
                    alone=f"{row.alone[organisation_id]:f}",
                    together=f"{row.together:f}",
                    share=f"{share:f}",
                    stderr=None if error is None else f"{error[organisation_id]:f}",
                    method=buy.share_method,
                    inputs_sha256=priced.inputs_sha256,
                )
            )
    _step(session, clock, principal, buy, BuyEvent.PRICE)
    return priced.economies


def choose(session: Session, clock: Clock, principal: Principal, buy_id: str, modality: Modality) -> JointBuy:
    """The lead proposes one of the priced ways; who had agreed to another has not agreed to this one."""
    buy = _led(session, principal, buy_id)
    next_state(BuyState(buy.state), BuyEvent.CHOOSE)
    if session.get(JointOption, (buy.id, modality.value)) is None:
        raise Invalid("joint.way_not_priced", given=modality)
    buy.modality = modality.value
    _step(session, clock, principal, buy, BuyEvent.CHOOSE)
    return buy


def agree(
    session: Session,
    clock: Clock,
    principal: Principal,
    buy_id: str,
    *,
    modality: Modality,
    inputs_sha256: str,
    authority: Authority,
) -> JointBuy:
    """A nation that takes part agrees to its share, naming what it read; the last one makes the buy agreed."""
    buy = get(session, principal, buy_id, lock=True)
    _own_need(session, principal, buy.id)
    next_state(BuyState(buy.state), BuyEvent.AGREE)
    shares = shares_of(session, buy.id)
    if buy.modality is None:
        raise Conflict("joint.no_way_chosen")
    if buy.modality != modality.value or shares[0].inputs_sha256 != inputs_sha256:
        raise Conflict("joint.changed_since")
    agreed = agreed_by(session, buy.id)
    if principal.organisation_id in agreed:
        raise Conflict("joint.agreed_already")
    _step(session, clock, principal, buy, BuyEvent.AGREE, authority)
    if {share.organisation_id for share in shares} == {*agreed, principal.organisation_id}:
        _step(session, clock, principal, buy, BuyEvent.CONCLUDE)
    return buy


def reopen(session: Session, clock: Clock, principal: Principal, buy_id: str, reason: str) -> JointBuy:
    """Needs and prices may change again; what was consented and agreed to lapses, and needs are hidden again."""
    buy = _led(session, principal, buy_id)
    next_state(BuyState(buy.state), BuyEvent.REOPEN)
    _step(session, clock, principal, buy, BuyEvent.REOPEN, reason=reason)
    for need in needs_of(session, buy.id):
        need.consented_at = None
        session.add(need)
    session.exec(delete(CostShare).where(col(CostShare.joint_buy_id) == buy.id))
    buy.modality = None
    session.add(buy)
    session.flush()
    return buy


def drop(session: Session, clock: Clock, principal: Principal, buy_id: str, reason: str) -> JointBuy:
    buy = _led(session, principal, buy_id)
    next_state(BuyState(buy.state), BuyEvent.DROP)
    _step(session, clock, principal, buy, BuyEvent.DROP, reason=reason)
    return buy


def settle(session: Session, clock: Clock, principal: Principal, buy_ids: Iterable[str]) -> None:
    """Their shares stand in a statement that its parties agreed."""
    for buy_id in sorted(buy_ids):
        buy = session.exec(select(JointBuy).where(JointBuy.id == buy_id).with_for_update()).one()
        _step(session, clock, principal, buy, BuyEvent.SETTLE)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Joint buys of pools that the principal belongs to."""
    mine = sa_select(col(PoolMember.pool_id)).where(pools.joined(principal.organisation_id))
    return col(JointBuy.pool_id).in_(mine)


def get(session: Session, principal: Principal, buy_id: str, *, lock: bool = False) -> JointBuy:
    statement = select(JointBuy).where(JointBuy.id == buy_id, visible(principal))
    found = session.exec(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotFound("joint.unknown", joint_buy_id=buy_id)
    return found


def readable_needs(session: Session, principal: Principal, buy: JointBuy) -> Sequence[JointNeed]:
    """One's own; once priced, those who take part and the lead read all. What is given up unpriced is never shown."""
    needs = needs_of(session, buy.id)
    me = principal.organisation_id
    if shares_of(session, buy.id) and takes_part(session, principal, buy):
        return needs
    return [need for need in needs if need.organisation_id == me]


def readable_shares(session: Session, principal: Principal, buy: JointBuy) -> Sequence[CostShare]:
    """Each nation's share by each way; Forbidden for a member that takes no part."""
    if not takes_part(session, principal, buy):
        raise Forbidden("joint.not_a_party", joint_buy_id=buy.id)
    found = shares_of(session, buy.id)
    if not found:
        raise NotFound("joint.not_priced", state=BuyState(buy.state))
    return found


def takes_part(session: Session, principal: Principal, buy: JointBuy) -> bool:
    """Whether it leads the buy or stated a need."""
    parties = {buy.lead_organisation_id, *(need.organisation_id for need in needs_of(session, buy.id))}
    return principal.organisation_id in parties


def needs_of(session: Session, buy_id: str) -> Sequence[JointNeed]:
    """All of them, for the hub's own sums; a nation that left the pool needs nothing of it any more."""
    return session.exec(
        select(JointNeed)
        .join(JointBuy, col(JointBuy.id) == col(JointNeed.joint_buy_id))
        .join(
            PoolMember,
            (col(PoolMember.pool_id) == col(JointBuy.pool_id))
            & (col(PoolMember.organisation_id) == col(JointNeed.organisation_id)),
        )
        .where(JointNeed.joint_buy_id == buy_id, PoolMember.status == MemberStatus.JOINED.value)
        .order_by(col(JointNeed.organisation_id))
    ).all()


def options_of(session: Session, buy_id: str) -> Sequence[JointOption]:
    return session.exec(
        select(JointOption).where(JointOption.joint_buy_id == buy_id).order_by(col(JointOption.modality))
    ).all()


def shares_of(session: Session, buy_id: str) -> Sequence[CostShare]:
    return session.exec(
        select(CostShare)
        .where(CostShare.joint_buy_id == buy_id)
        .order_by(col(CostShare.modality), col(CostShare.organisation_id))
    ).all()


def history(session: Session, buy_id: str) -> Sequence[JointBuyEntry]:
    return session.exec(
        select(JointBuyEntry).where(JointBuyEntry.joint_buy_id == buy_id).order_by(col(JointBuyEntry.number))
    ).all()


def agreed_by(session: Session, buy_id: str) -> set[str]:
    """The nations that agreed to the way that stands chosen."""
    found: set[str] = set()
    for entry in history(session, buy_id):
        if entry.event == BuyEvent.AGREE:
            found.add(entry.by_organisation_id)
        elif entry.event in (BuyEvent.CHOOSE, BuyEvent.REOPEN):
            found.clear()
    return found


def _gathering(session: Session, principal: Principal, buy_id: str) -> JointBuy:
    buy = get(session, principal, buy_id, lock=True)
    if BuyState(buy.state) is not BuyState.GATHERING:
        raise Conflict("joint.not_gathering", state=BuyState(buy.state))
    return buy


def _led(session: Session, principal: Principal, buy_id: str) -> JointBuy:
    buy = get(session, principal, buy_id, lock=True)
    if buy.lead_organisation_id != principal.organisation_id:
        raise Forbidden("joint.lead_decides", joint_buy_id=buy.id)
    return buy


def _own_need(session: Session, principal: Principal, buy_id: str) -> JointNeed:
    found = session.get(JointNeed, (buy_id, principal.organisation_id))
    if found is None:
        raise NotFound("joint.no_need", joint_buy_id=buy_id)
    return found


def _own_requirement(session: Session, principal: Principal, requirement_id: str) -> None:
    found = session.exec(
        select(Requirement.id).where(
            Requirement.id == requirement_id, Requirement.organisation_id == principal.organisation_id
        )
    ).first()
    if found is None:
        raise NotFound("catalog.requirement_unknown", requirement_id=requirement_id)


def _step(
    session: Session,
    clock: Clock,
    principal: Principal,
    buy: JointBuy,
    event: BuyEvent,
    authority: Authority | None = None,
    reason: str = "",
) -> None:
    buy.state = next_state(BuyState(buy.state), event).value
    session.add(buy)
    session.flush()
    _enter(session, clock, principal, buy, event, authority, reason)


def _enter(
    session: Session,
    clock: Clock,
    principal: Principal,
    buy: JointBuy,
    event: BuyEvent,
    authority: Authority | None = None,
    reason: str = "",
) -> None:
    last = session.exec(select(func.max(JointBuyEntry.number)).where(JointBuyEntry.joint_buy_id == buy.id)).one()
    session.add(
        JointBuyEntry(
            joint_buy_id=buy.id,
            number=(last or 0) + 1,
            event=event.value,
            state=buy.state,
            reason=reason,
            by_organisation_id=principal.organisation_id,
            by_key_id=principal.key_id,
            authority_name="" if authority is None else authority.name,
            authority_office="" if authority is None else authority.office,
            at=clock.now(),
        )
    )
    session.flush()
    said = {} if authority is None else {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, f"joint_buy.{event.value}", buy.id, state=buy.state, **said)
    payload: dict[str, Any] = {
        "joint_buy_id": buy.id,
        "pool_id": buy.pool_id,
        "capability": buy.capability,
        "title_en": buy.title_en,
        "title_fr": buy.title_fr,
        "event": event.value,
        "state": buy.state,
        "modality": buy.modality,
        "reason": reason,
    }
    marking_id = markings.among(session, buy.lead_organisation_id, _readers(session, buy, event))
    log.append(session, clock, "joint_buy.changed", buy.id, payload, marking_id)


def _readers(session: Session, buy: JointBuy, event: BuyEvent) -> set[str]:
    """Those whose needs are in it and consented to; that it begins, all members of the pool."""
    if event is BuyEvent.OPEN:
        members = select(PoolMember.organisation_id).where(
            PoolMember.pool_id == buy.pool_id, PoolMember.status == MemberStatus.JOINED.value
        )
        return set(session.exec(members))
    return {need.organisation_id for need in needs_of(session, buy.id) if need.consented_at is not None}
