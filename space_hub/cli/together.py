"""What nations have together, at the terminal: a joint buy with everybody's share, and a statement of who owes whom."""

from typing import TYPE_CHECKING, Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli import match_joint
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson
from space_hub.cli.speak import OK, Voice, language, sentence

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

joint_buys = typer.Typer(help=sentence("cli.help.joint_buy"), no_args_is_help=True, rich_markup_mode=None)
settlements = typer.Typer(help=sentence("cli.help.settlement"), no_args_is_help=True, rich_markup_mode=None)


@joint_buys.callback()
@settlements.callback()
def group() -> None:
    """Keeps `show` a word of its own where it is the only command."""


@joint_buys.command("show", help=sentence("cli.help.joint_buy_show"))
def show_joint_buy(
    joint_buy: Annotated[str, typer.Argument(metavar="JOINT_BUY", help=sentence("cli.option.joint_buy"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    """What is wanted, and once it is priced what each pays alone and together."""
    from api.routes.joint_buys import buy_out, shares_out
    from catalog.together import buys

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal = acting_as(session, organisation, "settlement:write")
        row = buys.get(session, principal, joint_buy)
        found = buy_out(session, principal, row)
        priced = buys.takes_part(session, principal, row) and buys.shares_of(session, row.id)
        shares = shares_out(row, list(priced)) if priced else None
        names = _names(session)
    voice.people.print(found.title_fr if language() == "fr" else found.title_en, style="bold", markup=False)
    voice.tell("cli.joint_buy_is", state=found.state, method=found.share_method, months=found.months)
    voice.table(
        "cli.title.joint_needs",
        ("cli.column.nation", "cli.column.quantity", "cli.column.from", "cli.column.until"),
        [
            (names[each.organisation_id], f"{each.quantity:g} {found.unit}", *_days(each.window_from, each.window_to))
            for each in found.needs
        ],
    )
    if shares is not None:
        for way in shares.ways:
            rows = [(names[each.organisation_id], each.alone, each.share, each.saved) for each in way.nations]
            voice.people.print(way.modality.label(language()), style="bold", markup=False)
            voice.table(
                "cli.title.joint_shares",
                ("cli.column.nation", "cli.column.alone", "cli.column.share", "cli.column.saved"),
                [*rows, (sentence("cli.all_together"), way.alone, way.together, way.saved)],
            )
        voice.tell("cli.amounts_in", currency=found.currency)
    shown = None if shares is None else shares.model_dump(mode="json")
    voice.answer({**found.model_dump(mode="json"), "shares": shown})
    return OK


@joint_buys.command("match", help=sentence("cli.help.joint_buy_match"))
def match_joint_buy(
    joint_buy: Annotated[str, typer.Argument(metavar="JOINT_BUY", help=sentence("cli.option.joint_buy"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    """The needs of all who take part as one plan."""
    from catalog.joint_matches import Ask

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal = acting_as(session, organisation, "match:write")
    made = match_joint.made(voice, principal, Ask(joint_buy_id=joint_buy))
    return match_joint.show(voice, organisation, made)


@settlements.command("show", help=sentence("cli.help.settlement_show"))
def show_settlement(
    settlement: Annotated[str, typer.Argument(metavar="SETTLEMENT", help=sentence("cli.option.settlement"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    """The statement as this party reads it: every line, the balance, and who pays whom."""
    from api.routes.settlements import settlement_out
    from catalog.together import settlements as statements

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal = acting_as(session, organisation, "settlement:write")
        found = settlement_out(session, principal, statements.get(session, principal, settlement))
        names = _names(session)
    days = {"first": found.period_from.date().isoformat(), "end": found.period_to.date().isoformat()}
    voice.tell("cli.settlement_is", state=found.state, **days)
    voice.table(
        "cli.title.settlement_lines",
        ("cli.column.payer", "cli.column.payee", "cli.column.kind", "cli.column.subject", "cli.column.amount"),
        [(names[each.payer_id], names[each.payee_id], each.kind, each.subject, each.amount) for each in found.lines],
    )
    voice.table(
        "cli.title.balances",
        ("cli.column.nation", "cli.column.balance"),
        [(names[each.organisation_id], each.balance) for each in found.balances],
    )
    voice.table(
        "cli.title.payments",
        ("cli.column.payer", "cli.column.payee", "cli.column.amount"),
        [(names[each.payer_id], names[each.payee_id], each.amount) for each in found.payments],
    )
    voice.tell("cli.amounts_in", currency=found.currency)
    voice.tell("cli.settlement_waits", count=found.waiting, sha256=found.sha256)
    voice.answer(found.model_dump(mode="json"))
    return OK


def _days(*moments: "datetime") -> list[str]:
    return [moment.date().isoformat() for moment in moments]


def _names(session: "Session") -> dict[str, str]:
    from sqlmodel import select

    from space_hub.trust.tables import Organisation

    return dict(session.exec(select(Organisation.id, Organisation.name)).all())
