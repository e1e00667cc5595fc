"""Messages made to harm: what each costs before it is refused, in seconds of processor and in memory."""

import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import process_time

from space_hub.errors import Invalid
from space_hub.orbit.ndm import Limits, read

SECONDS = 10.0
"""No hostile message may cost more processor time."""

OCTETS = 400 * 2**20
"""Nor more memory beside itself: the largest are what the limits allow, 250,000 keywords or a million elements."""

_CDM = b"CCSDS_CDM_VERS = 1.0\nCREATION_DATE = 2026-11-22T00:00:00\nORIGINATOR = X\nMESSAGE_ID = Y\n"
_OEM = (
    b"CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2026-11-22T00:00:00\nORIGINATOR = X\nMETA_START\nOBJECT_NAME = A\n"
    b"OBJECT_ID = B\nCENTER_NAME = EARTH\nREF_FRAME = EME2000\nTIME_SYSTEM = UTC\nSTART_TIME = 2026-11-22T00:00:00\n"
    b"STOP_TIME = 2026-11-23T00:00:00\nMETA_STOP\n"
)
_OMM = b'{"omm": {"version": "2.0", "body": {"segment": {"data": {"userDefinedParameters": {'
_BLANKS = b" " * 4000
_LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (at, b"&l%d;" % (at - 1) * 10 if at else b"ha") for at in range(10))


def _state(value: bytes) -> bytes:
    return _OEM + b"2026-11-22T00:00:00 7000.0 0.0 " + value + b" 0.0 7.5 0.0\n"


CASES: Mapping[str, Callable[[int], bytes]] = {
    "document type": lambda _: b'<?xml version="1.0"?><!DOCTYPE cdm SYSTEM "http://localhost/x"><cdm version="1.0"/>',
    "billion laughs": lambda _: b"<!DOCTYPE ndm [" + _LAUGHS + b"]><ndm><COMMENT>&l9;</COMMENT></ndm>",
    "undeclared entity": lambda _: b"<ndm><COMMENT>&secret;</COMMENT></ndm>",
    "1e999": lambda _: _state(b"1e999"),
    "NaN": lambda _: _state(b"NaN"),
    "infinity": lambda _: _state(b"-inf"),
    "digits beyond ASCII": lambda _: _state("１２".encode()),
    "4,000 digits": lambda _: _state(b"1" * 4000),
    "JSON NaN": lambda _: b'{"oem": {"version": "2.0", "header": {"CREATION_DATE": NaN}, "body": {}}}',
    "objects in XML": lambda scale: b"<ndm>" + b"<omm/>" * scale + b"</ndm>",
    "objects in JSON": lambda scale: b'{"ndm": {"messages": [' + b"{}," * scale + b"{}]}}",
    "keywords": lambda scale: _CDM + b"".join(b"USER_DEFINED_%d = 1\n" % at for at in range(scale)),
    "rows": lambda scale: _OEM + b"".join(b"2026-11-22T00:00:00 %d 2 3 4 5\n" % at for at in range(scale // 2)),
    "attributes": lambda scale: b"<cdm " + b" ".join(b'a%d=""' % at for at in range(scale)) + b"/>",
    "nesting of XML": lambda scale: b"<ndm>" * scale,
    "nesting of JSON": lambda scale: b"[" * scale,
    "objects in objects": lambda scale: b'{"a":' * scale,
    "open quotation marks": lambda scale: b'{"' + b'\\"' * scale,
    "empty lines": lambda scale: b"\n" * (20 * scale) + _CDM,
    "one line": lambda scale: b"CCSDS_CDM_VERS = " + b"1" * (100 * scale),
    "text of an element": lambda scale: b"<ndm><COMMENT>" + b"x" * (20 * scale) + b"</COMMENT></ndm>",
    "blanks in values": lambda scale: b"CCSDS_AEM_VERS = 1.0\n" + (b"A = a" + _BLANKS + b"b\n") * (scale // 125) + _CDM,
    "blanks in elements": lambda scale: (
        b"<ndm>" + (b"<COMMENT>a" + _BLANKS + b"b</COMMENT>") * (scale // 125) + b"</ndm>"
    ),
    "text among elements": lambda scale: b"<ndm>" + (b"x" * 300 + b"<b/>") * (scale // 10) + b"</ndm>",
    "escaped keywords": lambda scale: (
        _OMM + b",".join(b'"\\u0055SER_DEFINED_%d": "1"' % at for at in range(scale // 4)) + b"}}}}}}"
    ),
    "NUL": lambda _: _CDM + b"COMMENT \0\n",
    "not UTF-8": lambda _: _CDM + b"COMMENT \xff\n",
    "UTF-16": lambda _: _CDM.decode().encode("utf-16"),
    "half a message": lambda _: _CDM,
    "XML cut off": lambda _: b'<?xml version="1.0"?><cdm id="CCSDS_CDM_VERS" version="1.0"><header>',
    "JSON cut off": lambda _: b'{"cdm": {"version": "1.0"',
    "a name twice": lambda _: b'{"cdm": {"version": "1.0", "version": "1.0"}}',
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile message: its size, and what it cost until it was refused with `code`. None may crash the reader."""

    name: str
    octets: int
    code: str
    seconds: float
    peak_octets: int
    crashed: str = ""

    @property
    def failed(self) -> bool:
        return not self.code or bool(self.crashed) or self.seconds > SECONDS or self.peak_octets > OCTETS


def attack(name: str, data: bytes, limits: Limits) -> Hostile:
    """Read `data` twice: once for the time, once with the memory traced."""
    started = process_time()
    code, crashed = _refused(data, limits)
    seconds = process_time() - started
    tracemalloc.start()
    _refused(data, limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Hostile(name, len(data), code, round(seconds, 3), peak, crashed)


def _refused(data: bytes, limits: Limits) -> tuple[str, str]:
    """The code of the refusal, and the crash, if there is one."""
    try:
        read(data, limits=limits)
    except Invalid as refused:
        return refused.code, ""
    except Exception as error:  # A crash on hostile input is the finding; the others are tried all the same.
        return "", repr(error)[:200]
    return "", ""


def attacks(scale: int) -> Iterator[Hostile]:
    """Every case; those that grow have `scale` of what they are made of (a million in the campaign)."""
    for name, make in CASES.items():
        yield attack(name, make(scale), Limits())
