"""A conjunction data message of our own, from states that SGP4 gave and covariances that were estimated.

CDM 1.0 knows no TEME and no message without a covariance: states are turned to EME2000, the
covariance is said to be an estimate (COVARIANCE_METHOD = DEFAULT) with how it was made in a comment, and
the message says what it may be used for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.frames import rtn
from space_hub.orbit.ndm.inertial import teme_to_eme2000
from space_hub.orbit.ndm.message import Block, Comment, Entry, Message
from space_hub.orbit.ndm.tables import cdm
from space_hub.orbit.times import Floats

PURPOSE = "Derived from general-perturbations element sets: for awareness and triage, not go/no-go"


@dataclass(frozen=True, slots=True)
class Party:
    """One object at TCA: `position_km` and `velocity_km_s` (3,) in TEME of date.

    `covariance` (6, 6) is in RTN of the object, in m**2, m**2/s and m**2/s**2; `estimated` says in a line how
    it was made: source, age, number of samples.
    """

    catalog_number: int
    name: str
    international_designator: str
    position_km: Floats
    velocity_km_s: Floats
    covariance: Floats
    estimated: str
    maneuverable: str = "N/A"


def _segment(place: int, party: Party, position: Floats, velocity: Floats) -> Block:
    if party.covariance.shape != (6, 6) or not np.isfinite(party.covariance).all():
        raise Invalid("ndm.covariance_missing", name=party.name)
    metadata = (
        Entry("OBJECT", f"OBJECT{place}"),
        Entry("OBJECT_DESIGNATOR", f"{party.catalog_number:09d}"),
        Entry("CATALOG_NAME", "SATCAT"),
        Entry("OBJECT_NAME", party.name or "UNKNOWN"),
        Entry("INTERNATIONAL_DESIGNATOR", party.international_designator or "UNKNOWN"),
        Entry("EPHEMERIS_NAME", "NONE"),
        Entry("COVARIANCE_METHOD", "DEFAULT"),
        Entry("MANEUVERABLE", party.maneuverable),
        Entry("REF_FRAME", "EME2000"),
    )
    state = [
        Entry(f"{axis}{suffix}", f"{value:.9f}", unit)
        for vector, suffix, unit in ((position, "", "km"), (velocity, "_DOT", "km/s"))
        for axis, value in zip("XYZ", vector, strict=True)
    ]
    keys = cdm.SHAPE.data[3].keys
    names = [f"C{row}_{column}" for row, column in cdm.COVARIANCE[:21]]
    terms = zip(names, party.covariance[np.tril_indices(6)], strict=True)
    matrix = [Entry(name, f"{value:.9E}", keys[name].unit) for name, value in terms]
    comment = Comment(f"Estimated covariance: {party.estimated}")
    data = Block("data", (Block("stateVector", tuple(state)), Block("covarianceMatrix", (comment, *matrix))))
    return Block("segment", (Block("metadata", metadata), data))


def _relative(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> list[Entry]:
    apart, closing = (1000.0 * (second - first) for first, second in zip(one, other, strict=True))
    axes = rtn(*one)
    entries = [
        Entry("MISS_DISTANCE", f"{np.linalg.norm(apart):.3f}", "m"),
        Entry("RELATIVE_SPEED", f"{np.linalg.norm(closing):.3f}", "m/s"),
    ]
    for what, vector, unit in (("POSITION", axes @ apart, "m"), ("VELOCITY", axes @ closing, "m/s")):
        entries += [
            Entry(f"RELATIVE_{what}_{axis}", f"{value:.3f}", unit) for axis, value in zip("RTN", vector, strict=True)
        ]
    return entries


def conjunction_message(
    message_id: str,
    created: datetime,
    originator: str,
    tca: datetime,
    parties: tuple[Party, Party],
    *,
    message_for: str | None = None,
    probability: tuple[float, str] | None = None,
    radius_m: float | None = None,
    notes: Sequence[str] = (),
) -> Message:
    """A CDM 1.0 of an encounter of our own; `parties` are object 1 and 2 at `tca` (UTC).

    `probability` comes with the name of its method; `radius_m` is the combined hard-body radius, which practice
    states in a comment, as it does with the lines of `notes`. Invalid for a party without a whole covariance.
    """
    states = [(teme_to_eme2000(party.position_km, tca), teme_to_eme2000(party.velocity_km_s, tca)) for party in parties]
    header = (
        Comment(PURPOSE),
        Entry("CREATION_DATE", f"{created:%Y-%m-%dT%H:%M:%S.%f}"[:-3]),
        Entry("ORIGINATOR", originator),
        *((Entry("MESSAGE_FOR", message_for),) if message_for else ()),
        Entry("MESSAGE_ID", message_id),
    )
    relative = (
        *((Comment(f"HBR = {radius_m:g} [m]"),) if radius_m is not None else ()),
        *map(Comment, notes),
        Entry("TCA", f"{tca:%Y-%m-%dT%H:%M:%S.%f}"),
        *_relative(*states),
    )
    if probability is not None:
        value, method = probability
        relative += (
            Entry("COLLISION_PROBABILITY", f"{value:.6E}"),
            Entry("COLLISION_PROBABILITY_METHOD", method.upper()),
        )
    segments = (
        _segment(place, party, *state)
        for place, (party, state) in enumerate(zip(parties, states, strict=True), start=1)
    )
    body = Block("body", (Block("relativeMetadataData", relative), *segments))
    return Message("cdm", "1.0", Block("header", header), body)
