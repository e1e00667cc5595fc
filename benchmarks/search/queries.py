"""Questions drawn from a seed by a fixed grammar, in the mix of a working day.

12 % ask for nothing in particular, 30 % a text, 30 % filters with facets, 18 % an
area, 10 % all of it together.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from benchmarks.search.shelf import NOW, STANDARDS, spread
from catalog.search.query import Facet
from providers.standing import ALLIES
from space_hub.vocabulary.attributes import ATTRIBUTES, Attribute, Form
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import MATURITIES, MissionArea, Modality, Standing
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.regions import REGIONS

MIX = (("nothing", 12), ("text", 30), ("filters", 30), ("area", 18), ("everything", 10))
_TEXTS = (
    *("radar imagery at night", "images radar de nuit 50 cm", "optical images of ports below 1 m", "fast delivery"),
    *("navires", "ship detection", "Ka-band internet for vehicles", "liaison chiffrée en crise", "débris spatiaux"),
    *("collision warning", "launch 300 kg", "lancement partagé", "rideshare to orbit", "French optical imagery"),
    *("surveillance maritime", "change detection", "antenne polaire", "downlink in the arctic", "STANAG 4545"),
    *("brouilleurs géolocalisation", "jamming", "timing signal", "calcul dans le nuage", "storage 10 TB", "Aquila"),
    *("revisite 6 h", "imagerie hyperspectrale allemande", "ocean wind", "ravitaillement en orbite", "zzyzx"),
)


def draw(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Bodies of questions."""
    random = Random(seed)
    for kind in random.choices([kind for kind, _ in MIX], [share for _, share in MIX], k=count):
        yield _body(kind, random)


def _body(kind: str, random: Random) -> dict[str, Any]:
    body: dict[str, Any] = {"facets": [each.value for each in random.sample(list(Facet), random.randrange(0, 5))]}
    if kind in {"text", "everything"}:
        body["text"] = random.choice(_TEXTS)
    if kind in {"filters", "everything"}:
        body |= _filters(random, 1 if kind == "everything" else random.randrange(1, 4))
        body["facets"] = [each.value for each in Facet]
    if kind in {"area", "everything"}:
        body["area"] = _area(random)
        body["relation"] = random.choice(["intersects", "intersects", "covers"])
    return body


def _filters(random: Random, count: int) -> dict[str, Any]:
    start = NOW + timedelta(days=random.randrange(0, 300))
    choices: dict[str, Any] = {
        "mission_areas": _some(random, [each.value for each in MissionArea]),
        "capabilities": _some(random, sorted(CAPABILITIES)),
        "nations": _some(random, sorted(ALLIES)),
        "owner_nations": _some(random, sorted(ALLIES)),
        "standings": _some(random, [each.value for each in Standing]),
        "modalities": _some(random, [each.value for each in Modality]),
        "phases": _some(random, [each.value for each in Phase]),
        "standards": _some(random, list(STANDARDS)),
        "maturities": _some(random, list(MATURITIES)),
        "where": [_condition(random)],
        "window": [start, start + timedelta(days=random.randrange(1, 200))],
        "taskable": random.random() < 0.5,
        "archive": random.random() < 0.5,
        "national": random.random() < 0.3,
    }
    return {name: choices[name] for name in random.sample(sorted(choices), count)}


def _some(random: Random, values: list[str]) -> list[str]:
    return random.sample(values, random.randrange(1, min(4, len(values) + 1)))


def _condition(random: Random) -> str:
    about: Attribute = random.choice(list(ATTRIBUTES.values()))
    if about.form is Form.FLAG:
        return f"{about.code} = {random.choice(['true', 'false'])}"
    if about.form is Form.CODES:
        return f"{about.code} = {random.choice(about.codes)}"
    return f"{about.code} {random.choice(['<=', '>='])} {spread(random, 0.1, 1000):.3f} {about.unit}"


def _area(random: Random) -> Any:
    kind = random.randrange(4)
    if kind == 0:
        return f"region:{random.choice(sorted(REGIONS))}"
    if kind == 1:
        return {
            "type": "Point",
            "coordinates": [round(random.uniform(-180, 180), 2), round(random.uniform(-90, 90), 2)],
        }
    west, south = random.uniform(-180, 180), random.uniform(-90, 80)
    east = west + random.uniform(0.5, 60)
    return [round(west, 2), round(south, 2), round(east - 360 if east > 180 else east, 2), round(south + 9, 2)]
