"""Joint buys: a capability that several nations of a pool mean to have together, and what that saves each."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, QuantityIn, decided_by
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.capacity.rules import parts, units
from catalog.together import buys
from catalog.together.economy import Break, Option, ShareMethod
from catalog.together.states import BuyEvent, BuyState
from catalog.together.tables import CostShare, JointBuy, JointNeed, JointOption
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/joint-buys", tags=["joint buys"])

AmountIn = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, description="As text to be exact.")]


class JointBuyIn(In):
    pool_id: str
    capability: str
    title_en: str = Field(min_length=1, max_length=200)
    title_fr: str = Field(min_length=1, max_length=200)
    share_method: ShareMethod
    currency: str = Field(description="ISO 4217")
    months: int = Field(ge=1, le=600, description="The horizon over which ways of having it are compared.")


class NeedIn(In):
    quantity: QuantityIn
    phase: Phase
    window_from: UtcDatetime
    window_to: UtcDatetime
    requirement_id: str | None = Field(
        default=None,
        description="Your requirement that it comes from: a joint match plans the need under its terms, unshown.",
    )


class NeedOut(Out):
    organisation_id: str
    quantity: float
    phase: Phase
    window_from: datetime
    window_to: datetime
    requirement_id: str | None
    consented_at: datetime | None


class BreakIn(In):
    quantity: AmountIn = Field(description="From this quantity on; the first is 0.")
    unit_price: AmountIn


class OptionIn(In):
    modality: Modality = Field(description="lease, buy or develop.")
    fixed: AmountIn = Field(default=Decimal(0), description="Paid once each time, whatever the quantity.")
    breaks: list[BreakIn] = Field(min_length=1, max_length=20)
    months: int = Field(ge=1, le=600, description="How long what is paid lasts; over the horizon it is paid again.")
    source: str = Field(min_length=1, max_length=500, description="Where the figures come from.")


class BreakOut(Out):
    quantity: str
    unit_price: str


class OptionOut(Out):
    modality: Modality
    fixed: str
    breaks: list[BreakOut]
    months: int
    source: str


class BuyStepOut(Out):
    number: int
    event: BuyEvent
    state: BuyState
    reason: str
    decided_by: DecidedByOut | None
    at: datetime


class JointBuyOut(Out):
    id: str
    pool_id: str
    lead_organisation_id: str
    capability: str
    unit: str
    title_en: str
    title_fr: str
    share_method: ShareMethod
    currency: str
    months: int
    state: BuyState
    modality: Modality | None = Field(description="The way that the lead proposes, or that was agreed.")
    needs: list[NeedOut] = Field(description="Yours; once priced, those of all who take part.")
    stated: int | None = Field(description="How many nations stated a need; for the lead.")
    consented: int | None = Field(description="How many of them consented; for the lead.")
    options: list[OptionOut]
    history: list[BuyStepOut]
    created_at: datetime


class NationShareOut(Out):
    organisation_id: str
    alone: str
    share: str
    saved: str = Field(description="Below zero for a nation that pays more together than alone.")
    stderr: str | None = Field(description="Standard error, where orders of joining were drawn.")


class WayOut(Out):
    modality: Modality
    alone: str = Field(description="What all of them pay, each alone.")
    together: str
    saved: str
    nations: list[NationShareOut]


class SharesOut(Out):
    joint_buy_id: str
    currency: str
    months: int
    method: ShareMethod
    inputs_sha256: str = Field(description="Of needs, options, horizon and quotas; repeat it to agree.")
    ways: list[WayOut] = Field(description="The cheapest together first.")


class ChoiceIn(In):
    modality: Modality


class AgreementIn(In):
    modality: Modality
    inputs_sha256: str = Field(max_length=64)
    decided_by: DecidedByIn


class ReasonIn(In):
    reason: str = Field(min_length=1, max_length=1000)


def _need(row: JointNeed) -> NeedOut:
    return NeedOut(**row.model_dump(exclude={"phase"}), phase=Phase(row.phase), quantity=units(row.parts))


def _option(row: JointOption) -> OptionOut:
    return OptionOut(
        **row.model_dump(include={"fixed", "months", "source"}),
        modality=Modality(row.modality),
        breaks=[BreakOut(quantity=each["from"], unit_price=each["unit_price"]) for each in row.breaks],
    )


def buy_out(session: Session, principal: Principal, buy: JointBuy) -> JointBuyOut:
    """A joint buy as the principal reads it; also for the terminal."""
    needs = buys.needs_of(session, buy.id)
    leads = buy.lead_organisation_id == principal.organisation_id
    return JointBuyOut(
        **buy.model_dump(exclude={"state", "modality", "share_method"}),
        share_method=ShareMethod(buy.share_method),
        state=BuyState(buy.state),
        modality=None if buy.modality is None else Modality(buy.modality),
        needs=[_need(row) for row in buys.readable_needs(session, principal, buy)],
        stated=len(needs) if leads else None,
        consented=sum(need.consented_at is not None for need in needs) if leads else None,
        options=[_option(row) for row in buys.options_of(session, buy.id)],
        history=[
            BuyStepOut(
                number=each.number,
                event=BuyEvent(each.event),
                state=BuyState(each.state),
                reason=each.reason,
                decided_by=decided_by(each.authority_name, each.authority_office),
                at=each.at,
            )
            for each in buys.history(session, buy.id)
        ],
    )


def shares_out(buy: JointBuy, rows: list[CostShare]) -> SharesOut:
    """The priced ways side by side; also for the terminal."""
    ways = []
    for modality in dict.fromkeys(row.modality for row in rows):
        own = [row for row in rows if row.modality == modality]
        alone, together = sum((Decimal(row.alone) for row in own), Decimal(0)), Decimal(own[0].together)
        nations = [
            NationShareOut(
                organisation_id=row.organisation_id,
                alone=row.alone,
                share=row.share,
                saved=f"{Decimal(row.alone) - Decimal(row.share):f}",
                stderr=row.stderr,
            )
            for row in own
        ]
        ways.append(
            WayOut(
                modality=Modality(modality),
                alone=f"{alone:f}",
                together=f"{together:f}",
                saved=f"{alone - together:f}",
                nations=nations,
            )
        )
    return SharesOut(
        joint_buy_id=buy.id,
        currency=buy.currency,
        months=buy.months,
        method=ShareMethod(buy.share_method),
        inputs_sha256=rows[0].inputs_sha256,
        ways=sorted(ways, key=lambda way: Decimal(way.together)),
    )


@router.post("", status_code=201, policy=scope("settlement:write"))
def open_joint_buy(body: JointBuyIn, once: Once) -> JointBuyOut:
    """Ask the members of a pool that you lead what they need of a capability."""

    def make(session: Session) -> JointBuyOut:
        buy = buys.open_buy(
            session,
            once.clock,
            once.rng,
            once.principal,
            pool_id=body.pool_id,
            capability_code=body.capability,
            title_en=body.title_en,
            title_fr=body.title_fr,
            share_method=body.share_method,
            currency=body.currency,
            months=body.months,
        )
        return buy_out(session, once.principal, buy)

    return once.run(make)


@router.get("", policy=scope("catalog:read"))
def list_joint_buys(asked: Asked, page: Page) -> Paged[JointBuyOut]:
    """Those of your pools."""
    with asked.read() as session:
        found = select(JointBuy).where(buys.visible(asked.principal))
        return page.of(session, found, key=col(JointBuy.id), make=lambda buy: buy_out(session, asked.principal, buy))


@router.get("/{joint_buy_id}", policy=scope("catalog:read"))
def read_joint_buy(joint_buy_id: str, asked: Asked) -> JointBuyOut:
    """One joint buy with your need; once priced, with the needs of all who take part."""
    with asked.read() as session:
        return buy_out(session, asked.principal, buys.get(session, asked.principal, joint_buy_id))


@router.put("/{joint_buy_id}/needs/mine", policy=scope("settlement:write"))
def state_need(joint_buy_id: str, body: NeedIn, asked: Asked) -> NeedOut:
    """State your need, or change it; nobody else reads it before all have consented and it is priced."""
    with asked.write() as session:
        need = buys.state_need(
            session,
            asked.clock,
            asked.principal,
            joint_buy_id,
            parts=parts(body.quantity, of="quantity"),
            phase=body.phase,
            window=Interval(body.window_from, body.window_to),
            requirement_id=body.requirement_id,
        )
        return _need(need)


@router.delete("/{joint_buy_id}/needs/mine", status_code=204, policy=scope("settlement:write"))
def withdraw_need(joint_buy_id: str, asked: Asked) -> None:
    """Take no part any more."""
    with asked.write() as session:
        buys.withdraw_need(session, asked.clock, asked.principal, joint_buy_id)


@router.put("/{joint_buy_id}/needs/mine/consent", policy=scope("settlement:write"))
def consent(joint_buy_id: str, asked: Asked) -> NeedOut:
    """Let your need be priced with the others', and be read by those who take part."""
    with asked.write() as session:
        return _need(buys.consent(session, asked.clock, asked.principal, joint_buy_id))


@router.post("/{joint_buy_id}/options", status_code=201, policy=scope("settlement:write"))
def put_option(joint_buy_id: str, body: OptionIn, once: Once) -> OptionOut:
    """As the lead, a way of having it with its prices by quantity; given again, it takes the place of the former."""
    option = Option(
        body.modality,
        body.fixed,
        tuple(Break(each.quantity, each.unit_price) for each in body.breaks),
        body.months,
        body.source,
    )
    return once.run(lambda session: _option(buys.put_option(session, once.clock, once.principal, joint_buy_id, option)))


@router.post("/{joint_buy_id}/price", status_code=200, policy=scope("settlement:write"))
def price(joint_buy_id: str, once: Once) -> SharesOut:
    """As the lead, price all needs together: from now on those who take part read them all."""

    def make(session: Session) -> SharesOut:
        buys.price(session, once.clock, once.principal, joint_buy_id)
        buy = buys.get(session, once.principal, joint_buy_id)
        return shares_out(buy, list(buys.shares_of(session, buy.id)))

    return once.run(make, status=200)


@router.get("/{joint_buy_id}/shares", policy=scope("catalog:read"))
def read_shares(joint_buy_id: str, asked: Asked) -> SharesOut:
    """What each pays alone and together, by every way; for those who take part."""
    with asked.read() as session:
        buy = buys.get(session, asked.principal, joint_buy_id)
        return shares_out(buy, list(buys.readable_shares(session, asked.principal, buy)))


@router.post("/{joint_buy_id}/choose", status_code=200, policy=scope("settlement:write"))
def choose(joint_buy_id: str, body: ChoiceIn, once: Once) -> JointBuyOut:
    """As the lead, propose one of the ways."""
    return once.run(
        lambda session: buy_out(
            session,
            once.principal,
            buys.choose(session, once.clock, once.principal, joint_buy_id, body.modality),
        ),
        status=200,
    )


@router.post("/{joint_buy_id}/agree", status_code=200, policy=scope("settlement:write"))
def agree(joint_buy_id: str, body: AgreementIn, once: Once) -> JointBuyOut:
    """Agree to your share of the proposed way, by your own authority; the last nation makes the buy agreed."""

    def make(session: Session) -> JointBuyOut:
        buy = buys.agree(
            session,
            once.clock,
            once.principal,
            joint_buy_id,
            modality=body.modality,
            inputs_sha256=body.inputs_sha256,
            authority=body.decided_by.value(),
        )
        return buy_out(session, once.principal, buy)

    return once.run(make, status=200)


@router.post("/{joint_buy_id}/reopen", status_code=200, policy=scope("settlement:write"))
def reopen(joint_buy_id: str, body: ReasonIn, once: Once) -> JointBuyOut:
    """As the lead, let needs and ways change again; consents and agreements lapse."""
    return once.run(
        lambda session: buy_out(
            session, once.principal, buys.reopen(session, once.clock, once.principal, joint_buy_id, body.reason)
        ),
        status=200,
    )


@router.post("/{joint_buy_id}/drop", status_code=200, policy=scope("settlement:write"))
def drop(joint_buy_id: str, body: ReasonIn, once: Once) -> JointBuyOut:
    """As the lead, give it up."""
    return once.run(
        lambda session: buy_out(
            session, once.principal, buys.drop(session, once.clock, once.principal, joint_buy_id, body.reason)
        ),
        status=200,
    )
