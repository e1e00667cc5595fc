"""A shelf drawn from a seed: suppliers with their clearances, and what they offer in two languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, log, pi, sin
from random import Random
from typing import Any

from providers.adapters.base import AssetRef, OfferingDraft, PhaseCapacity
from providers.standing import ALLIES, PARTNERS, standing_of
from space_hub.vocabulary.attributes import ATTRIBUTES, Attribute, Form, Measured
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import MATURITIES, AssetKind, MissionArea, Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase
from tests.support.search_oracle import Firm, Shelved

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORGANISATIONS = 12
"""Of planners; a restricted offering is read by some of them."""
SHAPES = 40
STANDARDS = (
    *("STANAG 4545", "STANAG 7023", "STANAG 4609", "STANAG 4607", "STANAG 4559", "STANAG 4586"),
    *("CCSDS 508.0", "CCSDS 502.0", "OGC SOS", "ISO 27001", "DVB-S2X", "NIST 800-53"),
)
_NAMES_TEXT = "Aquila Borealis Celer Delphis Estuary Fathom Gamma Helios Iris Juniper Kestrel Lumen Meridian Nadir"
_NAMES = tuple(_NAMES_TEXT.split())
_KINDS_TEXT = "Space Orbital Systems Sensing Spatiale Observation Data Networks Dynamics Telecom"
_KINDS = tuple(_KINDS_TEXT.split())
_ENGLISH_TEXT = (
    "daily imagery of ports and ships by night with fast delivery and change detection over borders secure "
    "link for vehicles encrypted rapid tasking archive high resolution monitoring of forest fire flood ice "
    "maritime surveillance space debris tracking collision warning downlink antenna polar broadband terminal "
    "launch orbit transfer"
)
_ENGLISH = tuple(_ENGLISH_TEXT.split())
_FRENCH_TEXT = (
    "imagerie quotidienne de ports et de navires la nuit avec livraison rapide et détection de changements aux "
    "frontières liaison chiffrée pour véhicules programmation urgente archives haute résolution suivi des "
    "incendies inondations glaces surveillance maritime débris spatiaux alerte de collision antenne polaire "
    "débit terminal"
)
_FRENCH = tuple(_FRENCH_TEXT.split())
_TITLES = {"en": "{word} {label} {number}", "fr": "{label} {word} {number}"}


@dataclass(frozen=True, slots=True)
class Market:
    firms: tuple[Firm, ...]
    shelf: tuple[Shelved, ...]


def organisation(place: int) -> str:
    return f"org_planner_{place:02}"


def draw(offerings: int, suppliers: int, seed: int = 20241102) -> Market:
    """The whole market at once."""
    random = Random(seed)
    firms = tuple(_firm(place, random) for place in range(suppliers))
    shapes = [_shape(random) for _ in range(SHAPES)]
    return Market(firms, tuple(_offerings(offerings, firms, shapes, random)))


def _firm(place: int, random: Random) -> Firm:
    nation = random.choice(sorted(ALLIES | PARTNERS) * 4 + ["BR", "IN", "CH"])
    cleared = {area.value: None if random.random() < 0.8 else _near(random) for area in MissionArea}
    for area in random.sample(sorted(cleared), random.choice([0, 0, 0, 1, 3])):
        del cleared[area]
    return Firm(
        f"prv_{place:05}",
        f"{random.choice(_NAMES)} {random.choice(_KINDS)} {place}",
        nation,
        random.choice([None, nation, nation, random.choice(sorted(ALLIES))]),
        standing_of(nation).value,
        random.random() < 0.97,
        cleared,
    )


def _offerings(count: int, firms: tuple[Firm, ...], shapes: list[Any], random: Random) -> Iterator[Shelved]:
    fitting = {
        code: [each for each in ATTRIBUTES.values() if each.fits(about.area)] for code, about in CAPABILITIES.items()
    }
    for place in range(count):
        restricted = random.random() < 0.24
        firm = random.choice(firms)
        yield Shelved(
            f"off_{place:06}",
            firm,
            _draft(place, fitting, shapes, random),
            frozenset(organisation(random.randrange(ORGANISATIONS)) for _ in range(3)) if restricted else None,
            random.random() < 0.05,
            random.random() < 0.96,
        )


def _draft(place: int, fitting: dict[str, list[Attribute]], shapes: list[Any], random: Random) -> OfferingDraft:
    capability = random.choice(sorted(CAPABILITIES))
    language, vocabulary = random.choice([("en", _ENGLISH), ("fr", _FRENCH)])
    words = random.choices(vocabulary, k=random.randrange(6, 30))
    label = capability.split(".")[1].replace("_", " ")
    chosen = random.sample(fitting[capability], min(8, len(fitting[capability])))
    coverage: Any = random.choice([None, None, "global", "global", "global", "global", "global"])
    return OfferingDraft(
        reference=f"R{place}",
        title=_TITLES[language].format(word=words[0], label=label, number=place % 97),
        capability=capability,
        modality=random.choice(list(Modality)),
        description=" ".join(words),
        attributes=tuple(sorted((_value(each, random) for each in chosen), key=lambda each: each.attribute)),
        capacity=tuple(
            PhaseCapacity(phase, quantity, quantity, "1")
            for phase in Phase
            for quantity in (random.choice([0.0, 10.0, 250.0]),)
            if random.random() < 0.7
        ),
        assets=(AssetRef(AssetKind.SATELLITE, f"{random.choice(_NAMES)}-{place % 50}"),),
        standards=tuple(sorted(random.sample(STANDARDS, random.choice([0, 0, 1, 2])))),
        coverage=random.choice(shapes) if random.random() < 0.3 else coverage,
        valid=_valid(random),
        maturity=random.choice([None, *MATURITIES, "operational", "operational"]),
        taskable=random.random() < 0.8,
        archive=random.random() < 0.3,
    )


def _value(about: Attribute, random: Random) -> Measured:
    if about.form is Form.FLAG:
        return Measured(about.code, flag=random.random() < 0.5)
    if about.form is Form.CODES:
        return Measured(about.code, codes=tuple(sorted(random.sample(about.codes, random.randrange(1, 3)))))
    low = round(10 ** random.uniform(-1, 3), 3)
    return Measured(about.code, low, low if random.random() < 0.6 else round(low * random.uniform(1, 4), 3))


def _valid(random: Random) -> Interval | None:
    if random.random() < 0.6:
        return None
    start = NOW + timedelta(days=random.randrange(-700, 100))
    return Interval(start, None if random.random() < 0.4 else start + timedelta(days=random.randrange(20, 900)))


def _near(random: Random) -> datetime:
    return NOW + timedelta(days=random.randrange(-20, 400))


def _shape(random: Random) -> Any:
    """A rectangle, an uneven ring, two parts at the antimeridian, or a cap that reaches the pole."""
    kind = random.randrange(4)
    if kind == 0:
        west, south = random.uniform(-170, 140), random.uniform(-80, 60)
        return _polygon([(west, south), (west + 30, south), (west + 30, south + 20), (west, south + 20)])
    if kind == 1:
        east, north = random.uniform(-140, 140), random.uniform(-60, 60)
        turns = sorted(random.uniform(0, 2 * pi) for _ in range(9))
        return _polygon([(east + 35 * cos(turn) * random.uniform(0.3, 1), north + 25 * sin(turn)) for turn in turns])
    if kind == 2:
        south = random.uniform(-60, 40)
        parts = [
            _polygon([(a, south), (b, south), (b, south + 25), (a, south + 25)]) for a, b in ((165, 180), (-180, -160))
        ]
        return {"type": "MultiPolygon", "coordinates": [part["coordinates"] for part in parts]}
    low = random.uniform(50, 75)
    return _polygon([(-180, low), (180, low), (180, 90), (-180, 90)])


def _polygon(points: list[tuple[float, float]]) -> dict[str, Any]:
    ring = [[round(east, 3), round(max(-90.0, min(90.0, north)), 3)] for east, north in points]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def spread(random: Random, low: float, high: float) -> float:
    """A number between two others, even over their orders of magnitude."""
    return float(low * 10 ** (random.random() * log(high / low, 10)))
