"""A claim that orbits contradict goes to its supplier first; who is asked what, and what may follow when."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from catalog import matches
from catalog.demand.tables import Disclosure
from catalog.matching.record import Record
from catalog.physics import asking, claims
from catalog.physics.asking import Consent
from catalog.search.shelf import one
from catalog.shelf import findings, offerings
from catalog.tables import Finding
from providers import doors
from providers.adapters.base import Answer, Quote
from providers.adapters.drafts import read_draft
from providers.adapters.simulated import SimulatedSupplier
from providers.tables import Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from space_hub.vocabulary.attributes import read
from space_hub.work.tables import Work
from tests.service.catalog.test_intake import planner, publish, supplier
from tests.support.claims import SQUARE, matched, polar, stated, wanted
from tests.support.claims import claims as claimed
from tests.support.sky import Sky
from tests.support.supply import offering


@pytest.fixture
def sky(database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    return polar(database, clock, rng)


def checked(database: Database, clock: ManualClock, rng: SeededRng, who: Principal, offering_id: str) -> list[Finding]:
    """The hub's own look at the current version, and what it noted."""
    with database.read() as session:
        version_id = one(session, who, clock.now(), offering_id)[1].id
    looked = claims.check(database, clock, version_id)
    with database.write() as session:
        return claims.note(session, clock, rng, looked).told


def read_by(database: Database, clock: ManualClock, who: Principal, offering_id: str) -> list[str]:
    with database.read() as session:
        version_id = one(session, who, clock.now(), offering_id)[1].id
        found = findings.of_versions(session, who, clock.now(), [version_id])
        return [each.id for each in found.get(version_id, [])]


def score(record: Record, offering_id: str) -> tuple[float, list[str]]:
    found = next(each for each in record.result["offerings"] if each["offering_id"] == offering_id)
    return found["score"], [each["code"] for each in found["reasons"] if each["code"].startswith("match.counted.")]


@pytest.mark.parametrize("replies", [True, False])
def test_a_claim_beyond_physics_lowers_the_score_only_once_its_supplier_could_reply(
    sky: Sky,
    database: Database,
    clock: ManualClock,
    rng: SeededRng,
    replies: bool,
) -> None:
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)
    bold = publish(database, clock, rng, who, **claimed(0.2, coverage=SQUARE))
    asked = stated(database, clock, rng, reader, wanted(clock))
    at_first = score(matched(database, clock, reader, asked), bold)
    (doubt,) = checked(database, clock, rng, who, bold)
    assert (doubt.attribute, doubt.provenance, doubt.requirement_id) == ("revisit", "computed", None)
    assert doubt.low is not None and doubt.high is not None and 0.2 < doubt.low < doubt.high
    assert doubt.basis is not None and len(doubt.basis["satellites"]) == 12
    assert checked(database, clock, rng, who, bold) == []
    assert (read_by(database, clock, who, bold), read_by(database, clock, reader, bold)) == ([doubt.id], [])
    assert score(matched(database, clock, reader, asked), bold) == at_first == (at_first[0], [])
    if replies:
        with database.write() as session:
            findings.reply(session, clock, who, doubt.id, "Four more satellites fly since Friday.")
    else:
        clock.advance(timedelta(days=2))  # A weekend: no working day has passed.
        assert score(matched(database, clock, reader, asked), bold) == at_first
        clock.advance(timedelta(days=2))
    record = matched(database, clock, reader, asked)
    lower, said = score(record, bold)
    assert lower < at_first[0]
    assert said == ["match.counted.replied" if replies else "match.counted.unanswered"]
    assert read_by(database, clock, reader, bold) == [doubt.id]
    gates = next(each for each in record.result["offerings"] if each["offering_id"] == bold)["gates"]
    assert {each["outcome"] for each in gates} == {"pass"}
    with database.read() as session:
        assert matches.again(session, record.inputs).record_sha256 == record.record_sha256
    with database.write() as session:
        offerings.change(session, clock, rng, who, bold, read_draft(offering(**claimed(3.0, coverage=SQUARE))))
    assert score(matched(database, clock, reader, asked), bold)[1] == []


def test_a_new_version_on_satellites_is_looked_at_by_the_hub(
    sky: Sky,
    database: Database,
    clock: ManualClock,
    rng: SeededRng,
) -> None:
    """One look for each version that rests on satellites; none for what rests on nothing."""
    who = supplier(database, clock, rng)
    publish(database, clock, rng, who, **claimed(0.2))
    publish(database, clock, rng, who, reference="CLOUD", assets=[])
    entries = sky.entries("offering.published")
    assert len(entries) == 2
    with database.write() as session:
        for entry in [*entries, *entries]:
            claims.on_published(session, clock, rng, entry)
    with database.read() as session:
        (work,) = session.exec(select(Work).where(Work.kind == claims.KIND)).all()
        assert work.params["version_id"] in {entry.payload["version_id"] for entry in entries}


def test_a_match_tells_its_suppliers_nothing_without_consent_and_then_them_alone(
    sky: Sky,
    database: Database,
    clock: ManualClock,
    rng: SeededRng,
) -> None:
    """Sabotage seen: telling without looking for the consent left a finding and a disclosure."""
    reader, other, who = planner(database, clock, rng), planner(database, clock, rng), supplier(database, clock, rng)
    bold = publish(database, clock, rng, who, **claimed(0.2))
    asked = stated(database, clock, rng, reader, wanted(clock))
    again = stated(database, clock, rng, reader, wanted(clock))

    def kept(consent: Consent | None) -> None:
        record = matches.think(database, clock, reader, asked, consent=consent)
        with database.write() as session:
            matches.keep(session, clock, rng, reader, asked, record)

    kept(None)
    with database.read() as session:
        assert session.exec(select(Finding)).all() == []
        assert session.exec(select(Disclosure)).all() == []
    assert sky.entries("finding.noted") == []
    for _ in range(2):
        kept(Consent(rng, ()))
    with database.read() as session:
        (doubt,) = session.exec(select(Finding)).all()
        (told,) = session.exec(select(Disclosure)).all()
    assert (doubt.requirement_id, told.what, told.subject) == (asked, ["area", "window"], bold)
    assert doubt.basis is not None and doubt.basis["area"] == SQUARE
    assert len(sky.entries("finding.noted")) == 2  # One for the supplier, one for the planner.
    with database.write() as session:
        findings.reply(session, clock, who, doubt.id, "We also look ahead.")
    assert read_by(database, clock, who, bold) == read_by(database, clock, reader, bold) == [doubt.id]
    assert read_by(database, clock, other, bold) == []
    assert score(matched(database, clock, reader, asked), bold)[1] == ["match.counted.replied"]
    assert score(matched(database, clock, reader, again), bold)[1] == []


def door(database: Database, clock: ManualClock, who: Principal) -> None:
    with database.write() as session:
        provider = session.exec(select(Provider).where(Provider.organisation_id == who.organisation_id)).one()
        doors.open_door(session, clock, who, provider.id, "simulated")


def test_suppliers_that_fit_are_asked_alike_and_who_does_not_answer_is_said(
    sky: Sky,
    database: Database,
    clock: ManualClock,
    rng: SeededRng,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sabotage seen: only the errors of the hub's own tree caught, and one bad interface ended the match."""
    reader = planner(database, clock, rng)
    ids: dict[str, str] = {}
    for name, more in {
        "ABLE": {},
        "CANNOT+rejects": {},
        "MUTE+silent": {},
        "POOR": {"attributes": {"gsd": {"value": 2, "unit": "m"}}},
        "BROKEN": {},
        "SHUT": {},
    }.items():
        who = supplier(database, clock, rng, name)
        ids[name] = publish(database, clock, rng, who, reference=name, **{**claimed(12), "capacity": 300.0, **more})
        if name != "SHUT":
            door(database, clock, who)
    plain = SimulatedSupplier.feasibility

    def answering(self: SimulatedSupplier, ask: Any) -> Quote:
        if ask.offering_reference == "BROKEN":
            raise KeyError("a field that no supplier sends")
        said = plain(self, ask)
        values = (read("revisit", 0.1, "h"),) if said.answer is Answer.FEASIBLE else ()
        return Quote(said.reference, said.answer, said.quantity, None, None, "", values)

    monkeypatch.setattr(SimulatedSupplier, "feasibility", answering)
    asked = stated(database, clock, rng, reader, wanted(clock))
    record = matches.think(database, clock, reader, asked, consent=Consent(rng, ()))
    answers = {each["offering_id"]: (each["answer"], each["quantity"]) for each in record.inputs["physics"]["answers"]}
    assert answers == {
        ids["ABLE"]: ("feasible", 300.0),
        ids["CANNOT+rejects"]: ("infeasible", 0.0),
        ids["MUTE+silent"]: ("silent", None),
        ids["BROKEN"]: ("fault", None),
    }
    moments = {name: record.inputs["physics"]["answers"][place] for place, name in enumerate(sorted(answers))}
    assert {each["asked_at"] for each in moments.values()} == {clock.now().isoformat()}
    assert [moments[ids[name]]["answered_at"] for name in ("ABLE", "MUTE+silent")] == [clock.now().isoformat(), None]
    row = next(each for each in record.result["physics"] if each["offering_id"] == ids["ABLE"])
    assert (row["claimed"], row["answered"]) == ([12.0, 12.0], [0.1, 0.1])
    assert (row["verdict_of_claim"], row["verdict_of_answer"], row["for_reply"]) == ("agree", "disagree", True)
    with database.read() as session:
        told = session.exec(select(Disclosure)).all()
        assert {each.subject for each in told} == set(answers)
        assert {tuple(each.what) for each in told} == {("area", "phase", "quantity", "window")}
        assert matches.again(session, record.inputs).record_sha256 == record.record_sha256
    monkeypatch.setattr(asking, "MOST", 1)
    fewer = matches.think(database, clock, reader, asked, consent=Consent(rng, ())).inputs["physics"]["answers"]
    assert sorted(each["answer"] == "not_asked" for each in fewer) == [False, True, True, True]


def test_an_answer_of_the_contract_may_say_what_holds_for_this_area() -> None:
    from providers.adapters.http_contract import read_quote
    from space_hub.errors import Unavailable

    given = {"answer": "feasible", "quantity": 5, "attributes": {"revisit": {"value": [4, 6], "unit": "h"}}}
    (value,) = read_quote(given).values
    assert (value.attribute, value.low, value.high) == ("revisit", 4.0, 6.0)
    for wrong in (
        {"revisit": {"value": 4}},
        {"stereo": {"value": True, "unit": None}},
        {"x": {"value": 1, "unit": "h"}},
        [1],
    ):
        with pytest.raises(Unavailable):
            read_quote({**given, "attributes": wrong})
