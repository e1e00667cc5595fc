"""OGC API - Records over the demonstration's shelf: every answer held against plain Python, and read by OWSLib."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from httpx2 import Response
from owslib.ogcapi.records import Records

from benchmarks.judged.shelf import Planner, demonstration
from tests.contract.test_neighbours import links, listening
from tests.support import flat_areas
from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified

ITEMS = "/records/collections/offerings/items"
MOMENTS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=90 * number) for number in range(60)]
EXACT = [
    "2030-12-31T00:00:00Z",
    "2030-12-31T00:00:00.000001Z",
    "2030-12-30T23:59:59+00:00",
    "2030-12-31T01:00:00+01:00",
]
"""Around the end of what most of the demonstration's bounded offerings have."""


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    with demonstration() as made:
        yield made


@pytest.fixture(scope="module")
def shelf(planner: Planner) -> list[dict[str, Any]]:
    return planner.every("/v1/catalogue")


def ask(planner: Planner, path: str = ITEMS, /, **params: Any) -> Response:
    return planner.hub.client.get(path, params=params or None, headers={"Authorization": f"Bearer {planner.secret}"})


def ids(planner: Planner, **params: Any) -> list[str]:
    """The ids of all pages."""
    found, path, asked = [], ITEMS, params
    while True:
        page = good(ask(planner, path, **asked), 200)
        found += [each["id"] for each in page["features"]]
        assert page["numberReturned"] == len(page["features"])
        following = links(page).get("next")
        if following is None:
            return found
        path, asked = following.removeprefix(planner.hub.settings.base_url), {}


def test_sixty_boxes_find_what_plain_geometry_finds(planner: Planner, shelf: list[dict[str, Any]]) -> None:
    """A third cross the antimeridian, some have no width, a sixth lie on the edges of the areas themselves.

    Sabotage seen: a box across the antimeridian turned round.
    """
    random = Random(20241102)
    edges = sorted({each for row in shelf if isinstance(row["coverage"], dict) for each in _numbers(row["coverage"])})
    sizes = []
    for number in range(60):
        wests = (
            edges if number % 6 == 0 else [round(random.uniform(-180, 180), random.choice([0, 3])) for _ in range(4)]
        )
        west, east = random.choice(wests), random.choice(wests)
        if number % 3 and west > east:
            west, east = east, west
        north = random.choice([90.0, random.uniform(-90, 90)])
        south = random.choice([north, -90.0, random.uniform(-90, north)])
        box = (west, south, east, north)
        expected = [row["id"] for row in shelf if _meets(row["coverage"], box)]
        form = "{!r},{!r},{!r},{!r}" if number % 4 else "{!r},{!r},-100,{!r},{!r},9000"
        assert ids(planner, bbox=form.format(*box), limit=1000 if number % 5 else 77) == sorted(expected), box
        sizes.append(len(expected))
    assert len(set(sizes)) > 9, "boxes that all find the same prove little"


def test_many_times_find_what_plain_comparison_finds(planner: Planner, shelf: list[dict[str, Any]]) -> None:
    """Sabotage seen: the last moment of an offering not counted as its own."""
    random = Random(7)
    sizes = []
    for number in range(40):
        first, last = sorted(random.sample(MOMENTS, 2))
        stamps = [each.isoformat().replace("+00:00", random.choice(["Z", "z", "+00:00"])) for each in (first, last)]
        if number % 4 == 0:
            stamps[random.randrange(2)] = random.choice(["..", ""])
        asked = (
            "/".join(stamps) if number % 5 else random.choice([*EXACT, stamps[0] if len(stamps[0]) > 2 else stamps[1]])
        )
        expected = [row["id"] for row in shelf if _holds(row, asked)]
        assert ids(planner, datetime=asked) == sorted(expected), asked
        sizes.append(len(expected))
    assert len(set(sizes)) > 1


def test_words_names_and_box_together(planner: Planner, shelf: list[dict[str, Any]]) -> None:
    """A comma means or, a space means right behind. Sabotage seen: capital letters in a title not folded."""
    random = Random(11)
    vocabulary = sorted({word for row in shelf for word in f"{row['title']} {row['description']}".split()})
    for _ in range(40):
        terms = [random.choice(vocabulary).upper() for _ in range(random.choice([1, 2]))]
        terms.append(" ".join(random.choice(shelf)["title"].split()[:2]))
        terms = [term.replace(",", "") for term in terms]
        box = (-30.0, 20.0, 40.0, 70.0)
        expected = [row["id"] for row in shelf if _says(row, terms) and _meets(row["coverage"], box)]
        assert ids(planner, q=",".join(terms), bbox="-30,20,40,70") == sorted(expected), terms
    some = random.sample(shelf, 5)
    named = sorted(row["id"] for row in some)
    assert ids(planner, ids=",".join(reversed(named))) == named
    assert ids(planner, externalIds=",".join(row["reference"] for row in some)) == named
    of_one = sorted(row["id"] for row in shelf if row["provider_id"] == some[0]["provider_id"])
    assert ids(planner, externalIds=f"{some[0]['provider_id']}:") == of_one
    assert ids(planner, externalIds=f"{some[0]['provider_id']}:{some[0]['reference']}") == [some[0]["id"]]
    assert ids(planner, externalIds=f"prv_other:{some[0]['reference']}") == []
    assert ids(planner, type="dataset") == []
    assert ids(planner, type="dataset,service") == sorted(row["id"] for row in shelf)
    assert ids(planner, bbox="", datetime="", q="", ids="", externalIds="", type="") == sorted(
        row["id"] for row in shelf
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"bbox": "1,2,3"},
        {"bbox": "a,b,c,d"},
        {"bbox": "0,50,10,40"},
        {"bbox": "-181,0,0,1"},
        {"bbox": "0,0,1,nan"},
        {"bbox": "0,0,9,1,1,8"},
        {"datetime": "2025-01-01"},
        {"datetime": "../.."},
        {"datetime": ".."},
        {"datetime": "2025-01-01T00:00:00"},
        {"datetime": "2025-01-01T00:00:00Z/2024-01-01T00:00:00Z"},
        {"datetime": "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z/.."},
        {"limit": 0},
        {"cursor": "x"},
        {"frobnicate": 1},
        {"nation": "Narnia"},
    ],
)
def test_what_cannot_be_read_is_a_400_as_the_standard_has_it(planner: Planner, wrong: dict[str, Any]) -> None:
    """Sabotage seen: the status of everything else, 422."""
    answer = ask(planner, **wrong)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert ask(planner, "/records/", frobnicate=1).status_code == 400


def test_a_page_is_as_large_as_asked_and_at_most_a_thousand(planner: Planner, shelf: list[dict[str, Any]]) -> None:
    """Sabotage seen: one record more than asked for."""
    assert good(ask(planner, limit=3), 200)["numberReturned"] == 3
    assert good(ask(planner, limit=10**6), 200)["numberReturned"] == len(shelf)
    page = good(ask(planner, limit=2, q="radar", bbox="-180,-90,180,90"), 200)
    assert "q=radar" in links(page)["next"] and "bbox=-180" in links(page)["next"] and "cursor=" in links(page)["next"]


def test_the_answers_have_the_types_that_the_classes_ask_for(planner: Planner, shelf: list[dict[str, Any]]) -> None:
    for path in (ITEMS, f"{ITEMS}/{shelf[0]['id']}"):
        assert ask(planner, path).headers["content-type"] == "application/geo+json"
    record = good(ask(planner, f"{ITEMS}/{shelf[0]['id']}"), 200)
    assert {"rel": "profile", "href": "http://www.opengis.net/def/profile/OGC/0/ogc-record"}.items() <= next(
        each for each in record["links"] if each["rel"] == "profile"
    ).items()
    wants = {"Authorization": f"Bearer {planner.secret}", "Accept": "application/ogc-catalog+json"}
    catalogue = planner.hub.client.get("/records/collections/offerings", headers=wants)
    assert catalogue.headers["content-type"] == "application/ogc-catalog+json"
    plain = ask(planner, "/records/collections/offerings")
    assert (plain.headers["content-type"], plain.json()) == ("application/json", catalogue.json())
    classes = set(good(ask(planner, "/records/conformance"), 200)["conformsTo"])
    records = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf"
    kept = {"record-core", "record-core-query-parameters", "record-collection", "records-api", "json"}
    assert {each for each in classes if each.startswith(records)} == {f"{records}/{name}" for name in kept}


def test_owslib_asks_for_a_box_and_a_time(planner: Planner, shelf: list[dict[str, Any]]) -> None:
    """Another author's client, over a real connection. Sabotage seen: `datetime` not read."""
    with listening(planner.hub) as address:
        client = Records(f"{address}/records/", headers={"Authorization": f"Bearer {planner.secret}"})
        box, time = [170.0, -50.0, -170.0, 60.0], "2031-01-01T00:00:00Z/.."
        found = client.collection_items("offerings", bbox=box, datetime_=time, limit=1000)
    expected = [row["id"] for row in shelf if _meets(row["coverage"], tuple(box)) and _holds(row, time)]
    assert [each["id"] for each in found["features"]] == sorted(expected)
    assert 0 < len(expected) < len(shelf)


PATHS = ["/records/", "/records/conformance", "/records/collections", "/records/collections/offerings", ITEMS]
FACADE = ["/stapi/v0/", "/stapi/v0/conformance", "/stapi/v0/products", "/stapi/v0/orders"]


@pytest.mark.parametrize("path", [*PATHS, *FACADE, "{record}", "{product}"])
def test_who_holds_an_answer_is_not_sent_it_again(planner: Planner, shelf: list[dict[str, Any]], path: str) -> None:
    """Sabotage seen: a time of answering in the collection, and no two tags were alike."""
    product = next(row["id"] for row in shelf if row["taskable"])
    path = path.format(record=f"{ITEMS}/{product}", product=f"/stapi/v0/products/{product}")
    first = ask(planner, path)
    planner.hub.clock.advance(timedelta(seconds=1))
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    for named in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = _holding(planner, path, named)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert "private" in again.headers["Cache-Control"]
    for named in ('"other"', "", tag.strip('"')):
        assert _holding(planner, path, named).content == first.content
    french = planner.hub.client.get(
        path, headers={"Authorization": f"Bearer {planner.secret}", "Accept-Language": "fr"}
    )
    assert (french.headers["ETag"] == tag) is (french.content == first.content)


def test_a_tag_tells_no_reader_of_what_another_reads(hub: Hub) -> None:
    """A restricted offering changes; the tag of who may not read it stays. Sabotage seen: a tag of the address."""
    supplier, _ = verified(hub, hub.key("broker"))
    good(supplier.post("/v1/offerings", offering("EYE")))
    norway, france = hub.key("nation", "NO"), hub.key("nation", "FR")
    hidden = good(supplier.post("/v1/offerings", offering("OWL", release_to=["NO"])))
    before = {caller.organisation_id: _tag(caller, ITEMS) for caller in (norway, france)}
    assert before[norway.organisation_id] != before[france.organisation_id]
    changed = supplier.put(f"/v1/offerings/{hidden['id']}", offering("OWL", release_to=["NO"], description="Better."))
    good(changed, 200)
    assert _tag(france, ITEMS) == before[france.organisation_id]
    assert _tag(norway, ITEMS) != before[norway.organisation_id]
    path = f"{ITEMS}/{hidden['id']}"
    held = france.headers() | {"If-None-Match": _tag(norway, path)}
    assert hub.client.get(path, headers=held).status_code == 404
    assert hub.client.get(path, headers=france.headers() | {"If-None-Match": "*"}).status_code == 404
    assert hub.client.get(path, headers={"If-None-Match": "*"}).status_code == 401


def _tag(caller: Caller, path: str) -> str:
    answer = caller.get(path)
    good(answer, 200)
    return str(answer.headers["ETag"])


def _holding(planner: Planner, path: str, named: str) -> Response:
    held = {"Authorization": f"Bearer {planner.secret}", "If-None-Match": named}
    return planner.hub.client.get(path, headers=held)


def _meets(coverage: Any, box: tuple[float, ...]) -> bool:
    west, south, east, north = box
    return not isinstance(coverage, dict) or flat_areas.meets(coverage, (west, south, east, north))


def _numbers(coverage: dict[str, Any]) -> Iterator[float]:
    polygons = [coverage["coordinates"]] if coverage["type"] == "Polygon" else coverage["coordinates"]
    yield from (float(point[0]) for polygon in polygons for ring in polygon for point in ring)


def _holds(row: dict[str, Any], asked: str) -> bool:
    start, _, stop = asked.partition("/") if "/" in asked else (asked, "", asked)
    first, last = row["valid_from"], row["valid_to"]
    too_late = stop not in {"", ".."} and first is not None and _time(first) > _time(stop)
    too_early = start not in {"", ".."} and last is not None and _time(last) < _time(start)
    return not too_late and not too_early


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())


def _says(row: dict[str, Any], terms: list[str]) -> bool:
    texts = [f" {' '.join(row[name].casefold().split())} " for name in ("title", "description", "provider_name")]
    return any(" ".join(term.casefold().split()) in text for term in terms for text in texts)
