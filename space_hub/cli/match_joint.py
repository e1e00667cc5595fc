"""Several needs as one at the terminal: what each costs alone and together, who is retained, what a loss leaves."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from space_hub.cli import house as houses
from space_hub.cli.acting import acting_as
from space_hub.cli.speak import FAILED, OK, Voice, language, sentence

if TYPE_CHECKING:
    from api.routes.requirements import RequirementIn
    from catalog.joint_matches import Ask
    from space_hub.trust.principal import Principal

PREFIX = "jma_"
"""By which the id of a kept joint match is told from that of a match."""
_MOST = 12
"""Losses that are shown, the worst first; the API tells all."""


def of_files(voice: Voice, organisation: str, bodies: Sequence["RequirementIn"]) -> int:
    """State the requirements, plan them as one, keep and show what came of it."""
    from catalog.demand import requirements
    from catalog.joint_matches import Ask

    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "requirement:write", "match:write")
        stated = [
            requirements.state(
                *(session, house.clock, house.rng, principal),
                title=body.title,
                description=body.description,
                need=body.need(house.clock.now(), house.settings.classification_ceiling),
            ).id
            for body in bodies
        ]
    return show(voice, organisation, made(voice, principal, Ask(tuple(stated))))


def made(voice: Voice, principal: "Principal", ask: "Ask") -> str:
    """Plan and keep; the id of the joint match."""
    from catalog import joint_matches
    from catalog.matching.watch import Stage, overall

    house = houses.open_existing(houses.settings())
    with voice.progress(sentence("cli.matching")) as progress:

        def watch(stage: str, done: int, total: int) -> None:
            progress(*overall(stage, done, total), Stage(stage).label(language()))

        found = joint_matches.think(house.database, house.clock, house.rng, principal, ask, watch)
    with house.database.write() as session:
        return joint_matches.keep(session, house.clock, house.rng, principal, ask, found).id


def show(voice: Voice, organisation: str, joint_match_id: str) -> int:
    """A kept joint match as this organisation reads it."""
    from sqlmodel import select

    from api.routes.joint_matches import joint_match_out
    from catalog import joint_matches
    from providers.tables import Provider
    from space_hub.trust.tables import Organisation

    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal = acting_as(session, organisation, "match:write")
        row = joint_matches.get(session, principal, joint_match_id)
        shown: dict[str, Any] = json.loads(joint_match_out(session, principal, row, language()).model_dump_json())
        names = dict(session.exec(select(Organisation.id, Organisation.name)).all())
        names |= dict(session.exec(select(Provider.id, Provider.legal_name)).all())
    _tell(voice, shown, names)
    voice.answer(shown)
    return OK if shown["covered"] else FAILED


def _tell(voice: Voice, shown: dict[str, Any], names: Mapping[str, str]) -> None:
    needs = {each["id"]: each["title"] or names[each["organisation_id"]] for each in shown["needs"]}
    voice.table(
        "cli.title.joint_match",
        ("cli.column.nation", "cli.column.need", "cli.column.alone", "cli.column.together", "cli.column.saved"),
        [
            *(
                [
                    each["nation"],
                    f"{needs[each['id']]} ({_asked(each)})",
                    *_money(each["alone"], each["bill"], each["saved"]),
                ]
                for each in shown["needs"]
            ),
            [sentence("cli.all_together"), "", *_money(shown["alone"], shown["cost_per_day"], shown["saved"])],
        ],
    )
    voice.tell("cli.amounts_in", currency=shown["currency"])
    voice.tell(
        "cli.note",
        style="green" if shown["comparable"] and Decimal(shown["saved"]) > 0 else "yellow",
        text=shown["text"],
    )
    for each in shown["needs"]:
        if Decimal(each["saved"]) < 0 or not each["comparable"]:
            voice.tell("cli.note", style="yellow", text=f"{needs[each['id']]}: {each['text']}")
    voice.tell("cli.note", text=shown["rule"])
    voice.table(
        "cli.title.joint_suppliers",
        ("cli.column.title", "cli.column.supplier", "cli.column.serves"),
        [
            [each["title"], names[each["provider_id"]], _serves(each["quantities"], needs)]
            for each in shown["offerings"]
        ],
    )
    _tell_left(voice, shown, names)
    if shown["resilience"]:
        voice.tell("cli.note", style="bold", text=shown["resilience"]["premium"]["text"])
    voice.tell("cli.joint_recommends", match=shown["id"], style="dim")


def _tell_left(voice: Voice, shown: dict[str, Any], names: Mapping[str, str]) -> None:
    rows = [
        [_failed(each, names), _phase(each["phase"]), sentence("match.percent", number=_number(100 * each["share"], 0))]
        for each in shown["plan"]["service"]
        if each["share"] < 1
    ]
    if rows:
        heads = ("cli.column.failure", "cli.column.phase", "cli.column.left")
        voice.table("cli.title.joint_left", heads, rows[:_MOST])
    elif shown["offerings"]:
        voice.tell("cli.joint_all_survived", style="green")


def _asked(need: dict[str, Any]) -> str:
    sizes = [f"{_plain(each['needed'])} {_phase(each['phase'])}" for each in need["phases"]]
    return f"{', '.join(sizes)}; {need['capacity_unit']}"


def _serves(quantities: dict[str, dict[str, str]], needs: Mapping[str, str]) -> str:
    lines = [
        f"{needs[party]}: " + ", ".join(f"{_plain(size)} {_phase(phase)}" for phase, size in sizes.items())
        for party, sizes in quantities.items()
    ]
    return "\n".join(lines) or sentence("cli.kept_ready")


def _failed(left: dict[str, Any], names: Mapping[str, str]) -> str:
    suppliers = [names[each] for each in left["failure"]["suppliers"]]
    return ", ".join(suppliers) or str(left["name"])


def _phase(phase: str) -> str:
    return sentence(f"vocabulary.phase.{phase}")


def _money(*amounts: str) -> list[str]:
    return [_number(Decimal(each), 2) for each in amounts]


def _number(value: Decimal | float, places: int) -> str:
    text = f"{value:.{places}f}"
    return text.replace(".", ",") if language() == "fr" else text


def _plain(number: str) -> str:
    plain = f"{Decimal(number).normalize():f}"
    return plain.replace(".", ",") if language() == "fr" else plain
