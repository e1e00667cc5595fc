"""Orbit mean-elements messages and element sets: one becomes the other.

Catalogues of many thousand sets as CSV, JSON or TLE are read by `orbit.gp`, which is the fast road; this
is for OMM as XML and KVN, alone or combined, and for what is sent out.
"""

from collections.abc import Iterator
from datetime import datetime

from space_hub.errors import Invalid
from space_hub.orbit import omm
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp_fields import Refusal
from space_hub.orbit.ndm.message import Block, Entry, Message

_THEORIES = {"SGP/SGP4": "SGP4", "SGP": "SGP4"}
"""Names under which element sets for SGP4 are sent."""

_META = ("OBJECT_NAME", "OBJECT_ID", *omm.CONSTANTS)
_MEAN = (
    *("EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION"),
    *("RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY"),
)
_TLE = (
    *("EPHEMERIS_TYPE", "CLASSIFICATION_TYPE", "NORAD_CAT_ID", "ELEMENT_SET_NO", "REV_AT_EPOCH"),
    *("BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"),
)


def element_sets(message: Message) -> Iterator[ElementSet]:
    """The element set of an OMM, or those of all OMM of a combined message.

    Invalid with the first thing that SGP4 cannot use: another theory, a missing or impossible element.
    """
    if message.kind == "ndm":
        for each in message.messages:
            yield from element_sets(each)
        return
    if message.kind != "omm":
        raise Invalid("ndm.kind_other", given=message.kind, expected="omm")
    fields = {item.keyword: item.value for item in message.body.leaves() if isinstance(item, Entry)}
    theory = fields.get("MEAN_ELEMENT_THEORY", "").upper()
    fields["MEAN_ELEMENT_THEORY"] = _THEORIES.get(theory, theory)
    # The message may leave it out, as SGP4 does not read it.
    fields.setdefault("MEAN_MOTION_DDOT", "0")
    try:
        yield omm.element_set(fields)
    except Refusal as refused:
        raise Invalid(refused.code, **refused.params) from None


def omm_message(one: ElementSet, created: datetime, originator: str) -> Message:
    """An OMM 2.0 of an element set; `element_sets` gives back the same values, bit for bit."""
    values = {
        "OBJECT_NAME": one.name or "UNKNOWN",
        "OBJECT_ID": one.international_designator or "UNKNOWN",
        **omm.CONSTANTS,
        "EPOCH": f"{one.epoch:%Y-%m-%dT%H:%M:%S.%f}",
        "MEAN_MOTION": repr(one.mean_motion_rev_day),
        "ECCENTRICITY": repr(one.eccentricity),
        "INCLINATION": repr(one.inclination_deg),
        "RA_OF_ASC_NODE": repr(one.raan_deg),
        "ARG_OF_PERICENTER": repr(one.arg_perigee_deg),
        "MEAN_ANOMALY": repr(one.mean_anomaly_deg),
        "EPHEMERIS_TYPE": str(one.ephemeris_type),
        "CLASSIFICATION_TYPE": one.classification,
        "NORAD_CAT_ID": str(one.catalog_number),
        "ELEMENT_SET_NO": str(one.element_set_number),
        "REV_AT_EPOCH": str(one.revolution_at_epoch),
        "BSTAR": repr(one.bstar),
        "MEAN_MOTION_DOT": repr(one.mean_motion_dot),
        "MEAN_MOTION_DDOT": repr(one.mean_motion_ddot),
    }

    def block(name: str, keywords: tuple[str, ...]) -> Block:
        return Block(name, tuple(Entry(keyword, values[keyword]) for keyword in keywords))

    header = (Entry("CREATION_DATE", f"{created:%Y-%m-%dT%H:%M:%S}"), Entry("ORIGINATOR", originator))
    data = Block("data", (block("meanElements", _MEAN), block("tleParameters", _TLE)))
    segment = Block("segment", (block("metadata", _META), data))
    return Message("omm", "2.0", Block("header", header), Block("body", (segment,)))
