"""Questions: some objects against all, other volumes, the answer in columns; nothing of it is published."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import e
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from space_hub.awareness import question, snapshot
from space_hub.awareness.output import File, file
from space_hub.awareness.question import Answer, Question
from space_hub.awareness.screen import Asked
from space_hub.awareness.snapshot import Taken
from space_hub.awareness.socrates import COLUMNS, ENDING, RADIUS_KM, SocratesFile
from space_hub.awareness.tables import Run
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.orbit.elements import Regime
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import engine
from space_hub.orbit.screening.engine import Collected
from space_hub.orbit.screening.found import gathered
from space_hub.orbit.screening.volume import NASA_2011, RicBox, RicEllipsoid, Sphere
from tests.support.sky import Sky

Making = Callable[..., Question]


@pytest.fixture
def taken(sky: Sky) -> Taken:
    sky.take(*sample_catalogue(sky.clock.now(), 1), synthetic=True)
    with sky.database.read() as session:
        return snapshot.take(session, sky.clock.now(), None)


@pytest.fixture
def asking(sky: Sky) -> Making:
    def make(hours: float = 12.0, threshold_m: float = 20_000.0, **more: object) -> Question:
        return Question(Asked(sky.clock.now(), hours, threshold_m), **more)  # type: ignore[arg-type]

    return make


def pairs(sink: Collected, taken: Taken) -> set[tuple[int, int, int]]:
    """Catalogue numbers and TCA of what was found."""
    found = gathered(sink.parts)
    numbers = np.array(taken.numbers)
    return set(zip(numbers[found.a].tolist(), numbers[found.b].tolist(), found.tca.tolist(), strict=True))


def test_some_objects_against_all_are_the_same_encounters_of_a_whole_run(
    sky: Sky, taken: Taken, asking: Making
) -> None:
    """Sabotage seen: without `targets` all pairs come; with the first object only, half of them are missing."""
    whole, some = Collected(), Collected()
    asking().answer(taken, whole)
    wanted = (taken.numbers[7], taken.numbers[120])
    answered = asking(objects=wanted).answer(taken, some)
    of_them = {one for one in pairs(whole, taken) if {*wanted} & {*one[:2]}}
    assert pairs(some, taken) == of_them
    assert answered.encounters + answered.co_located == len(of_them) > 2
    with sky.database.read() as session:
        assert session.exec(select(Run)).all() == []


def test_a_volume_keeps_what_lies_in_it(taken: Taken, asking: Making) -> None:
    sphere, box = Collected(), Collected()
    asking().answer(taken, sphere)
    asking(near=question.volumes("box:2,9,9")).answer(taken, box)
    in_box, in_sphere = ({one[:2] for one in pairs(sink, taken)} for sink in (box, sphere))
    assert in_box < in_sphere, "the box lies in the sphere"
    assert in_box


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ("sphere:7.5", Sphere(7.5)),
        ("box:0.5,2,3", RicBox(0.5, 2.0, 3.0)),
        ("ellipsoid:1,17,18", RicEllipsoid(1.0, 17.0, 18.0)),
    ],
)
def test_a_volume_is_read(text: str, volume: object) -> None:
    assert question.volumes(text)([], 5.0) == volume


def test_a_preset_gives_each_object_the_volume_of_its_regime(taken: Taken) -> None:
    elements = [one.elements for one in taken.kept]
    given = question.volumes("nasa-2011")(elements, 5.0)
    assert isinstance(given, list)
    for one, volume in zip(elements, given, strict=True):
        assert volume == NASA_2011.get(one.regime, RicEllipsoid(5.0, 5.0, 5.0))
    assert len({one.regime for one in elements} & {Regime.LEO2, Regime.LEO3}) > 0


@pytest.mark.parametrize(
    "text", ["", "sphere", "sphere:", "sphere:0", "sphere:nan", "sphere:inf", "box:1,2", "ball:3", "box:1,-2,3", "nasa"]
)
def test_what_is_no_volume_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        question.volumes(text)
    assert raised.value.code == "screen.volume_unknown"


def test_an_object_that_is_not_there_or_too_old_is_named(sky: Sky, taken: Taken) -> None:
    first = taken.kept[0].elements
    sky.take(replace(first, catalog_number=900_009_999, epoch=first.epoch - timedelta(days=40)), synthetic=True)
    with sky.database.read() as session:
        again = snapshot.take(session, sky.clock.now(), 15.0)
    with pytest.raises(Conflict) as raised:
        question.places(again, [900_009_999])
    assert raised.value.code == "screen.object_left_out"
    with pytest.raises(NotFound):
        question.places(again, [4])


# --- files ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder; the database lies beside it."""
    made = tmp_path / "answers"
    made.mkdir()
    return made


def written(path: Path, taken: Taken, asked: Question) -> Answer:
    with file(path, taken.numbers) as sink:
        assert not path.exists(), "a file that is not whole does not have its name yet"
        return asked.answer(taken, sink)


def test_both_kinds_of_file_hold_every_encounter(
    folder: Path, taken: Taken, asking: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: `self._parts = [...]` in `add` keeps the last batch only."""
    monkeypatch.setattr(engine, "BATCH", 200)
    memory = Collected()
    asking().answer(taken, memory)
    answered = written(folder / "out.csv", taken, asking())
    written(folder / "out.npz", taken, asking())
    with (folder / "out.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == answered.encounters + answered.co_located > 100
    assert sum(row["co_located"] == "true" for row in rows) == answered.co_located > 0
    from_csv = {(int(row["catalog_number_a"]), int(row["catalog_number_b"]), microseconds(row["tca"])) for row in rows}
    with np.load(folder / "out.npz", allow_pickle=False) as arrays:
        tca = arrays["tca"].astype(np.int64).tolist()
        numbers = (arrays["catalog_number_a"].tolist(), arrays["catalog_number_b"].tolist())
        from_npz = list(zip(*numbers, tca, strict=True))
        assert np.all(arrays["miss_distance_m"] <= 20_000.0)
        assert np.all(arrays["entry_at"] <= arrays["tca"])
        rtn = arrays["radial_m"] ** 2 + arrays["in_track_m"] ** 2 + arrays["cross_track_m"] ** 2
        assert np.allclose(np.sqrt(rtn), arrays["miss_distance_m"], atol=0.01)
    assert from_npz == sorted(from_npz)
    assert from_csv == set(from_npz) == pairs(memory, taken)
    assert sorted(each.name for each in folder.iterdir()) == ["out.csv", "out.npz"]


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_an_answer_without_encounters_is_a_file_too(ending: str, folder: Path, taken: Taken, asking: Making) -> None:
    path = folder / f"out.{ending}"
    assert written(path, taken, asking(hours=0.01, threshold_m=1.0, objects=(taken.numbers[0],))).encounters == 0
    assert path.exists()


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_a_run_that_fails_leaves_no_file(ending: str, folder: Path, taken: Taken) -> None:
    """Sabotage seen: an unconditional rename in `_name` leaves half an answer under the full name."""
    path = folder / f"out.{ending}"
    path.write_text("of yesterday")

    def fail(sink: File) -> None:
        assert sink is not None
        raise RuntimeError

    with pytest.raises(RuntimeError), file(path, taken.numbers) as sink:
        fail(sink)
    assert [each.name for each in folder.iterdir()] == [path.name]
    assert path.read_text() == "of yesterday"


def test_a_file_that_cannot_be_is_refused_before_any_work(folder: Path) -> None:
    with pytest.raises(Invalid) as raised:
        file(folder / "out.xlsx", [])
    assert raised.value.code == "screen.output_unknown"
    with pytest.raises(Invalid) as raised, file(folder / "nowhere" / "out.csv", []):
        pass
    assert raised.value.code == "screen.output_unusable"


def test_the_columns_of_socrates_hold_every_encounter_with_its_largest_probability(
    folder: Path, taken: Taken, asking: Making
) -> None:
    """MAX_PROB is AR r^2 / (e d^2) and DILUTION d / (sqrt(2) AR), the aspect AR of the plane from 1 to 3 (AAS 05-124).

    Sabotage seen: both objects exchanged; the range in metres.
    """
    memory = Collected()
    asking().answer(taken, memory)
    with SocratesFile(folder / f"out{ENDING}", [one.elements for one in taken.kept]) as sink:
        asking().answer(taken, sink)
    with (folder / f"out{ENDING}").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == len(pairs(memory, taken)) > 10
    assert tuple(rows[0]) == COLUMNS and len(COLUMNS) == 11
    sets = {one.elements.catalog_number: one.elements for one in taken.kept}
    expected = {(a, b) for a, b, _ in pairs(memory, taken)}
    close = 0
    for row in rows:
        numbers = int(row["NORAD_CAT_ID_1"]), int(row["NORAD_CAT_ID_2"])
        tca = datetime.strptime(row["TCA"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        for side, number in enumerate(numbers, start=1):
            assert row[f"OBJECT_NAME_{side}"] == f"{sets[number].name} [?]"
            days = (tca - sets[number].epoch).total_seconds() / 86_400
            assert float(row[f"DSE_{side}"]) == pytest.approx(days, abs=6e-4)
        assert numbers in expected
        distance = float(row["TCA_RANGE"])
        assert distance <= 20.0
        if not row["MAX_PROB"]:
            assert float(row["TCA_RELATIVE_SPEED"]) <= 0.001
        elif distance > 0.1:
            close += 1
            aspect = distance / (2**0.5 * float(row["DILUTION"]))
            assert 0.98 < aspect < 3.05
            assert float(row["MAX_PROB"]) == pytest.approx(aspect * (RADIUS_KM / distance) ** 2 / e, rel=0.03)
    assert close > 10


def microseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
