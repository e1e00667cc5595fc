"""The demand of the demonstration: it reads, says the same every time, and brings the views of demand to life."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from catalog.demand.tables import DemandCell, NeedCandidate, NeedStanding, PublishedNeed
from catalog.tables import MatchRecord, Requirement
from jobs.demo import companies, demand, seed
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import keys, organisations
from space_hub.vocabulary.capabilities import capability
from tests.support.demand import settle
from tests.support.hub import Caller, Hub
from tests.support.supply import good


def fill(database: Database, clock: ManualClock, rng: SeededRng) -> tuple[dict[str, str], dict[str, str]]:
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        broker = keys.authenticate(session, clock, seed.seed(session, clock, rng)["broker"])
        suppliers = companies.seed(session, clock, rng, broker)
        asker = keys.authenticate(session, clock, next(iter(suppliers.values())))
        return suppliers, demand.seed(session, clock, rng, asker)


def test_twelve_needs_of_every_level_over_several_areas_and_nations() -> None:
    given = demand.load()
    needs = given["needs"]
    assert Counter(each["level"] for each in needs) == {"aggregated": 5, "anonymous": 3, "named": 2, "private": 2}
    assert len({capability(each["capability"]).area for each in needs}) >= 6
    assert len({each["nation"] for each in needs}) == len(given["nations"]) == 6
    assert len({each["title"] for each in needs}) == 12 and len(given["problems"]) == 3
    assert all("(d" in name for name in given["nations"].values()), "each says that it is invented"
    for each in [*given["problems"], given["opportunity"]]:
        for name in [key.removesuffix("_en") for key in each if key.endswith("_en")]:
            assert each[f"{name}_fr"] and each[f"{name}_fr"] != each[f"{name}_en"]


def test_needs_matches_gaps_cells_and_the_question_are_alive(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of the companies stands for all. Sabotage seen: no release, and nothing anonymous came out."""
    third = companies.load()[::3]
    monkeypatch.setattr(companies, "load", lambda: third)
    suppliers, nations = fill(hub.database, hub.clock, hub.rng)
    settle(hub)
    given = demand.load()
    with hub.database.read() as session:
        assert len(session.exec(select(Requirement)).all()) == 12
        standings = session.exec(select(NeedStanding)).all()
        assert all(each.suppliers_meeting is not None for each in standings), "every need was looked at"
        assert sum(each.suppliers_meeting or 0 for each in standings) > 12
        assert len(set(session.exec(select(NeedCandidate.outcome)))) > 1
        assert len(session.exec(select(MatchRecord)).all()) == 12
        out = session.exec(select(PublishedNeed)).all()
        counted = {(each.source_kind, each.level) for each in out}
        cells = session.exec(select(DemandCell).where(col(DemandCell.release_number) == 1)).all()
    assert counted == {(kind, level) for kind in ("requirement", "problem") for level in ("anonymous", "named")}
    assert {each.owner_nation for each in out if each.level == "anonymous"} == {None}
    assert {(each.capability, each.phase) for each in cells} == {
        ("imagery.optical", "peace"),
        ("imagery.optical", "crisis"),
    }
    planner = _caller(hub, nations[given["nations"]["BE"]])
    supplier = _caller(hub, next(iter(suppliers.values())))
    for language, name in (("en", "answer_en"), ("fr", "answer_fr")):
        [shown] = _get(supplier, "/v1/opportunities", language)["items"]
        [asked] = _get(supplier, f"/v1/opportunities/{shown['id']}/questions", language)["items"]
        assert asked["answer"] == given["opportunity"][name]
    gaps = _get(planner, "/v1/overview/gaps", "fr")
    assert any(line["demand"] for line in gaps["lines"])
    outcomes: Counter[str] = Counter()
    for secret in suppliers.values():
        owner = _caller(hub, secret)
        for offering in _get(owner, "/v1/catalogue", "en")["items"]:
            report = _get(owner, f"/v1/offerings/{offering['id']}/gap-report", "fr")
            outcomes.update(entry["outcome"] for entry in report["entries"])
    assert outcomes["meets"] > 0 and outcomes["misses"] > 0


def test_the_same_start_gives_the_same_demand(
    sqlite_template: Path, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: a window that begins at the real time."""
    first = companies.load()[:1]
    monkeypatch.setattr(companies, "load", lambda: first)
    told: list[list[tuple[str, str]]] = []
    for number in (7, 7, 8):
        copy = shutil.copyfile(sqlite_template, tmp_path / f"{len(told)}.sqlite")
        database = db.connect(f"sqlite:///{copy}")
        fill(database, clock, SeededRng(number))
        with database.read() as session:
            rows = session.exec(select(Requirement).order_by(col(Requirement.id)))
            told.append([(each.id, each.content_sha256) for each in rows])
        database.engine.dispose()
    assert told[0] == told[1]
    assert {name for name, _ in told[0]}.isdisjoint(name for name, _ in told[2])
    assert sorted(digest for _, digest in told[0]) == sorted(digest for _, digest in told[2])


def _caller(hub: Hub, secret: str) -> Caller:
    with hub.database.read() as session:
        return Caller(hub, keys.authenticate(session, hub.clock, secret).organisation_id, secret)


def _get(caller: Caller, path: str, language: str) -> Any:
    return good(caller.hub.client.get(path, headers=caller.headers() | {"Accept-Language": language}), 200)
