"""What satellite catalogues say of objects, over time, and watches over owners and names."""

import pytest
from sqlmodel import col, select

from space_hub.awareness import catalogue, facts, sources, watches
from space_hub.awareness.ingest import Limits
from space_hub.awareness.tables import ObjectFacts, SourceFile
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.watches import WatchAsk
from space_hub.errors import Invalid
from space_hub.trust.principal import HUB
from tests.support.sky import Sky, element_set
from tests.unit.awareness.test_satcat import HEADER


def row(number: int, *, owner: str = "FR", status: str = "+", designator: str | None = None) -> str:
    given = f"2020-{number % 999 + 1:03d}A" if designator is None else designator
    return f"SAT {number},{given},{number},PAY,{status},{owner},2020-01-02,FRGUI,,99,98,700,690,2.5,,EA,ORB"


def tell(sky: Sky, *rows: str, bad_share: float = 1.0) -> SourceFile:
    sky.wait(minutes=1)
    with sky.database.write() as session:
        return facts.ingest_satcat(
            session,
            sky.clock,
            sky.rng,
            HUB,
            data="\n".join([HEADER, *rows, ""]).encode(),
            name="satcat.csv",
            source="test",
            limits=Limits(bad_share=bad_share),
        )


def history(sky: Sky) -> list[ObjectFacts]:
    with sky.database.read() as session:
        return list(
            session.exec(select(ObjectFacts).order_by(col(ObjectFacts.object_id), col(ObjectFacts.valid_from))).all()
        )


def test_what_is_said_is_kept_with_its_interval_and_the_same_again_changes_nothing(each_sky: Sky) -> None:
    """Sabotage seen: rows begun without ending the former; the database refuses two in force."""
    each_sky.take(element_set(101, each_sky.clock.now()), element_set(102, each_sky.clock.now()))
    first = tell(each_sky, row(101), row(102), row(999))
    assert (first.offered, first.accepted, first.unchanged, first.quarantined) == (3, 2, 1, 0)
    again = tell(each_sky, row(101), row(102), row(999))
    assert (again.accepted, again.unchanged) == (0, 3)
    later = tell(each_sky, row(101, status="-", owner="LUXE"), row(102))
    assert (later.accepted, later.unchanged) == (1, 1)
    mine = [each for each in history(each_sky) if each.source_file_id == later.id or each.valid_to is not None]
    assert [(each.owner, each.activity, each.valid_to is None) for each in mine] == [
        ("FR", "operational", False),
        ("LUXE", "inactive", True),
    ]
    assert mine[0].valid_to == mine[1].valid_from


def test_a_row_about_another_launch_under_the_number_is_set_aside(sky: Sky) -> None:
    """Sabotage seen: without the comparison the old bearer gets the facts of the new one."""
    sky.take(element_set(101, sky.clock.now()), element_set(102, sky.clock.now()))
    file = tell(sky, row(101, designator="2026-001A"), row(102))
    assert (file.offered, file.accepted, file.quarantined, file.reasons) == (2, 1, 1, {"satcat.other_object": 1})
    assert len(history(sky)) == 1


def test_a_file_with_too_much_that_is_bad_is_refused_whole(sky: Sky) -> None:
    sky.take(element_set(101, sky.clock.now()))
    file = tell(sky, row(101), row(102).replace("PAY", "???"), bad_share=0.05)
    assert (file.refused, file.refusal_code, file.withheld, history(sky)) == (True, "ingest.too_many_bad", 1, [])


def test_the_source_is_asked_once_a_day(sky: Sky) -> None:
    sky.take(element_set(101, sky.clock.now()))
    body = "\n".join([HEADER, row(101), ""]).encode()
    asked = []

    def fetch() -> Answer:
        asked.append(sky.clock.now())
        return Answer(200, "text/csv", body)

    for expected in (Outcome.TAKEN, Outcome.TOO_SOON):
        assert sources.refresh_satcat(sky.database, sky.clock, sky.rng, HUB, fetch) is expected
        sky.wait(hours=23)
    sky.wait(hours=1)
    assert sources.refresh_satcat(sky.database, sky.clock, sky.rng, HUB, fetch) is Outcome.TAKEN
    assert len(asked) == 2


def test_a_watch_over_an_owner_or_a_name_follows_who_belongs_to_it(sky: Sky) -> None:
    """Sabotage seen: facts that have ended still counted; what was sold stays in the watch of its former owner."""
    sky.take(*(element_set(number, sky.clock.now()) for number in (101, 102, 113)))
    tell(sky, row(101), row(102, owner="LUXE"))
    ask = WatchAsk("group", (), False, 900.0, 48.0, owners=("FR",), names=("sat 11",))
    with sky.database.write() as session:
        mine = watches.create(session, sky.clock, sky.rng, sky.observer, ask)
        assert watches.named(session, mine.id) == []
    assert numbers(sky, mine.id) == {101, 113}
    tell(sky, row(101, owner="US"), row(102, owner="FR"))
    assert numbers(sky, mine.id) == {102, 113}


def numbers(sky: Sky, watch_id: str) -> set[int | None]:
    with sky.database.read() as session:
        faces = catalogue.faces(session, watches.object_ids(session, watch_id))
        return {face.catalog_number for face in faces.values()}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"miss_distance_m": 1500.0}, "watch.miss_distance_wrong"),
        ({"names": ("SA",)}, "watch.name_short"),
        ({"owners": tuple(f"O{number}" for number in range(21))}, "watch.too_many_groups"),
        ({"every_object": True}, "watch.objects_wrong"),
    ],
)
def test_a_group_that_is_too_wide_is_refused(changes: dict[str, object], code: str) -> None:
    usual = {"owners": ("FR",), "miss_distance_m": 1000.0, "every_object": False}
    with pytest.raises(Invalid, match=code.replace(".", r"\.")):
        WatchAsk(name="w", objects=(), window_h=48.0, **(usual | changes)).check()  # type: ignore[arg-type]
