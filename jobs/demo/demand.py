"""What the nations of the demonstration need: twelve needs of every level, three problems, one opportunity.

Everything goes through the same functions as real demand: a level is widened
with a consent to what others will read, the anonymous and the counted come out
with a first release, and the opportunity's question is answered to all.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from catalog import matches
from catalog.demand import opportunities, releases, requirements
from catalog.demand import statements as demand
from catalog.demand.needs import PhaseGiven, read_need
from catalog.demand.publication import Level
from catalog.demand.statements import Confidence, Kind
from catalog.demand.tables import PublishedNeed
from catalog.search.query import read_area
from providers.adapters.yaml_file import read_yaml
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust import keys, organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

FILE = Path(__file__).with_name("alliance_demand.yaml")
BEGINS, ENDS, ANSWERS = timedelta(days=60), timedelta(days=700), timedelta(days=60)


def load() -> dict[str, Any]:
    given, _ = read_yaml(FILE.read_text("utf-8"))
    found: dict[str, Any] = given
    return found


def seed(session: Session, clock: Clock, rng: Rng, asker: Principal) -> dict[str, str]:
    """State and publish all of it in the caller's transaction; the secrets of the nations' keys by name.

    `asker` is the supplier that asks the opportunity's question.
    """
    given = load()
    secrets: dict[str, str] = {}
    nations: dict[str, Principal] = {}
    for nation, name in given["nations"].items():
        made = organisations.register(session, clock, rng, name=name, kind=OrganisationKind.NATION, nation=nation)
        _, secrets[name] = keys.issue(session, clock, rng, organisation_id=made.id, name="demonstration")
        nations[nation] = keys.authenticate(session, clock, secrets[name])
    stated = {each["title"]: _need(session, clock, rng, nations[each["nation"]], each) for each in given["needs"]}
    for each in given["problems"]:
        _problem(session, clock, rng, nations[each["nation"]], each)
    releases.release(session, clock, rng)
    wanted = given["opportunity"]
    _opportunity(session, clock, rng, nations[wanted["nation"]], asker, wanted, stated[wanted["need"]])
    return secrets


def _need(session: Session, clock: Clock, rng: Rng, owner: Principal, given: Mapping[str, Any]) -> str:
    """A requirement with its match; published as far as its owner consents to the preview."""
    now = clock.now()
    need = read_need(
        capability_code=given["capability"],
        currency="EUR",
        window=Interval(now + BEGINS, now + ENDS),
        phases=[PhaseGiven(Phase(name), quantity, given["unit"]) for name, quantity in given["phases"].items()],
        clauses=given["clauses"],
        now=now,
        area=None if "area" not in given else read_area(given["area"]),
    )
    row = requirements.state(
        session, clock, rng, owner, title=given["title"], description=given["description"], need=need
    )
    level = Level(given["level"])
    if level is not Level.PRIVATE:
        shown = demand.preview(session, owner, row.id, level)
        demand.publish_need(
            session, clock, rng, owner, requirement_id=row.id, level=level, consent_ref=shown["consent_ref"]
        )
    matches.keep(session, clock, rng, owner, row.id, matches.compute(*matches.gather(session, clock, owner, row.id)))
    return row.id


def _problem(session: Session, clock: Clock, rng: Rng, owner: Principal, given: Mapping[str, Any]) -> None:
    today = clock.now().date()
    demand.signal(
        session,
        clock,
        rng,
        owner,
        kind=Kind.PROBLEM,
        mission_area=MissionArea(given["mission_area"]),
        capability_code=None,
        titles=(given["title_en"], given["title_fr"]),
        texts=(given["text_en"], given["text_fr"]),
        phase=Phase(given["phase"]),
        quantity=None,
        unit=None,
        horizon=(today + BEGINS, today + ENDS),
        confidence=Confidence.MEDIUM,
        level=Level(given["level"]),
    )


def _opportunity(
    session: Session,
    clock: Clock,
    rng: Rng,
    owner: Principal,
    asker: Principal,
    given: Mapping[str, Any],
    requirement_id: str,
) -> None:
    need = session.exec(select(PublishedNeed).where(PublishedNeed.source_id == requirement_id)).one()
    row = opportunities.draft(
        session,
        clock,
        rng,
        owner,
        kind=opportunities.Kind.OPPORTUNITY,
        titles=(given["title_en"], given["title_fr"]),
        texts=(given["text_en"], given["text_fr"]),
        mission_areas=[capability(need.capability or "").area],
        closes_at=clock.now() + ANSWERS,
        published_need_id=need.id,
    )
    opportunities.open_to_all(session, clock, owner, row.id)
    asked = opportunities.ask(session, clock, rng, asker, row.id, given["question"])
    opportunities.answer(session, clock, rng, owner, row.id, asked.id, (given["answer_en"], given["answer_fr"]))
