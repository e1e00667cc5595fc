"""Two-line and three-line element sets, read by column grammar and written.

The checksum of a TLE is no defence: it misses lost characters, most swaps, and
confuses `1` with `-` and `0` with letters and blanks. So each line must have exactly
69 characters, each column only the characters that may stand there, the checksum must
be right, both lines must name the same object, and every value must be in range.

Columns: Space-Track "Basic Description of the Two Line Element (TLE) Format"; numbers
above 99999 as Alpha-5. Real lines carry `+` signs and leading zeros, and low numbers
may be padded with blanks.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from space_hub.errors import Invalid
from space_hub.orbit import alpha5, gp_fields
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp_fields import Line, Refusal, Rejected, in_range, shown, storable

LENGTH = 69
_TEN_NS_DAY_US = 864
"""Microseconds in 1e-8 day, the last digit of a TLE epoch: every TLE epoch is a whole number of microseconds."""

_LONGEST_NAME_LINE = 40
"""Name lines have at most 26 characters in practice; a longer line was an element line once."""


def _padded(width: int) -> str:
    return "|".join(f"{' ' * blanks}[0-9]{{{width - blanks}}}" for blanks in range(width))


_ANGLE = rf"(?:{_padded(3)})\.[0-9]{{4}}"
_EXPONENTIAL = r"[ +-][0-9]{5}[+-][0-9]"
_Column = tuple[int, int, str, str]

LINE_1: tuple[_Column, ...] = (
    (1, 2, "LINE_NUMBER", "1 "),
    (3, 7, "NORAD_CAT_ID", alpha5.PATTERN),
    (8, 8, "CLASSIFICATION_TYPE", "[UCS]"),
    (9, 9, "BLANK", " "),
    (10, 17, "OBJECT_ID", r"[0-9]{5}(?:[A-Z]{3}|[A-Z]{2} |[A-Z] {2}| {3})| {8}"),
    (18, 18, "BLANK", " "),
    (19, 20, "EPOCH_YEAR", "[0-9]{2}"),
    (21, 32, "EPOCH_DAY", rf"(?:{_padded(3)})\.[0-9]{{8}}"),
    (33, 33, "BLANK", " "),
    (34, 43, "MEAN_MOTION_DOT", r"[ +-]\.[0-9]{8}"),
    (44, 44, "BLANK", " "),
    (45, 52, "MEAN_MOTION_DDOT", _EXPONENTIAL),
    (53, 53, "BLANK", " "),
    (54, 61, "BSTAR", _EXPONENTIAL),
    (62, 62, "BLANK", " "),
    (63, 63, "EPHEMERIS_TYPE", "[0-9 ]"),
    (64, 64, "BLANK", " "),
    (65, 68, "ELEMENT_SET_NO", rf"{_padded(4)}"),
    (69, 69, "CHECKSUM", "[0-9]"),
)
LINE_2: tuple[_Column, ...] = (
    (1, 2, "LINE_NUMBER", "2 "),
    (3, 7, "NORAD_CAT_ID", alpha5.PATTERN),
    (8, 8, "BLANK", " "),
    (9, 16, "INCLINATION", _ANGLE),
    (17, 17, "BLANK", " "),
    (18, 25, "RA_OF_ASC_NODE", _ANGLE),
    (26, 26, "BLANK", " "),
    (27, 33, "ECCENTRICITY", "[0-9]{7}"),
    (34, 34, "BLANK", " "),
    (35, 42, "ARG_OF_PERICENTER", _ANGLE),
    (43, 43, "BLANK", " "),
    (44, 51, "MEAN_ANOMALY", _ANGLE),
    (52, 52, "BLANK", " "),
    (53, 63, "MEAN_MOTION", rf"(?:{_padded(2)})\.[0-9]{{8}}"),
    (64, 68, "REV_AT_EPOCH", _padded(5)),
    (69, 69, "CHECKSUM", "[0-9]"),
)
_GRAMMAR = {1: LINE_1, 2: LINE_2}
_WHOLE = {line: re.compile("".join(f"(?:{pattern})" for *_, pattern in _GRAMMAR[line])) for line in _GRAMMAR}
_DIGIT_SUM = bytes(code - 48 if 48 <= code <= 57 else int(code == ord("-")) for code in range(256))
_LOOKS_LIKE = re.compile(r"[12] (?:[0-9A-Z ][0-9 ]{3}[0-9])[UCS ]")


def checksum(line: str) -> int:
    """Digits summed, `-` counting one, modulo ten, over the first 68 columns of an ASCII line."""
    return sum(line[:68].encode("ascii").translate(_DIGIT_SUM)) % 10


def looks_like_tle(text: str) -> bool:
    """True when some line begins as an element line does."""
    return any(_LOOKS_LIKE.match(line) for line in text.split("\n"))


def _check_line(which: int, line: str) -> None:
    if len(line) != LENGTH:
        raise Refusal("gp.tle_length", line=which, given=len(line))
    if not _WHOLE[which].fullmatch(line):
        for first, last, field, pattern in _GRAMMAR[which]:
            given = line[first - 1 : last]
            if not re.fullmatch(pattern, given):
                raise Refusal("gp.tle_column", line=which, first=first, last=last, field=field, given=shown(given))
    if int(line[68]) != checksum(line):
        raise Refusal("gp.tle_checksum", line=which, given=line[68], expected=checksum(line))


def _epoch(line: str) -> datetime:
    year = int(line[18:20])
    year += 1900 if year >= 57 else 2000
    day, fraction = int(line[20:23]), int(line[24:32])
    start = datetime(year, 1, 1, tzinfo=UTC)
    at = start + timedelta(days=day - 1, microseconds=fraction * _TEN_NS_DAY_US)
    if day == 0 or at.year != year:
        raise Refusal("gp.epoch_wrong", given=shown(line[18:32]))
    return at


def _exponential(field: str, given: str) -> float:
    return in_range(field, float(f"{given[0].strip()}.{given[1:6]}e{given[6:]}"), given)


def _plain(field: str, given: str) -> float:
    return in_range(field, float(given), given)


def _designator(given: str) -> str:
    given = given.rstrip()
    if not given:
        return ""
    century = 19 if int(given[:2]) >= 57 else 20
    return f"{century}{given[:2]}-{given[2:]}"


def parse(first: str, second: str, name: str = "") -> ElementSet:
    """The element set of two lines without their line ends.

    Raises Refusal with the first thing that is wrong, in the order length, columns,
    checksum, number, value.
    """
    _check_line(1, first)
    _check_line(2, second)
    try:
        number, other = alpha5.catalog_number(first[2:7]), alpha5.catalog_number(second[2:7])
    except Invalid as wrong:
        raise Refusal(wrong.code, **wrong.params) from None
    if number != other:
        raise Refusal("gp.tle_numbers_differ", first=number, second=other)
    return ElementSet(
        catalog_number=number,
        epoch=_epoch(first),
        mean_motion_rev_day=_plain("MEAN_MOTION", second[52:63]),
        eccentricity=float("0." + second[26:33]),
        inclination_deg=_plain("INCLINATION", second[8:16]),
        raan_deg=_plain("RA_OF_ASC_NODE", second[17:25]),
        arg_perigee_deg=_plain("ARG_OF_PERICENTER", second[34:42]),
        mean_anomaly_deg=_plain("MEAN_ANOMALY", second[43:51]),
        bstar=_exponential("BSTAR", first[53:61]),
        mean_motion_dot=_plain("MEAN_MOTION_DOT", first[33:43].lstrip()),
        mean_motion_ddot=_exponential("MEAN_MOTION_DDOT", first[44:52]),
        name=gp_fields.name(name),
        international_designator=_designator(first[9:17]),
        classification=first[7],
        ephemeris_type=gp_fields.ephemeris_type(first[62].replace(" ", "0")),
        element_set_number=int(first[64:68]),
        revolution_at_epoch=int(second[63:68]),
    )


def _kind(line: str) -> str:
    if line.startswith(("1 ", "2 ")):
        return line[0]
    return "damaged" if len(line) > _LONGEST_NAME_LINE else "name"


def _sets(text: str) -> Iterator[tuple[int, list[str], str, str]]:
    """Group the lines of a file into sets: (line number, lines, name, code of the fault or "").

    A set that lacks a line still yields once, so that counts are of sets. The scraps
    of a broken line must not become the name of the next set: a line is a name only in
    a file where most sets have one.
    """
    lines = [(at, line.removesuffix("\r")) for at, line in enumerate(text.split("\n"), start=1) if line.strip()]
    kinds = [*(_kind(line) for _, line in lines), "end", "end"]
    pairs = [at for at in range(len(lines)) if kinds[at] == "1" and kinds[at + 1] == "2"]
    three_line = 2 * sum(at > 0 and kinds[at - 1] == "name" for at in pairs) > len(pairs)

    index = 0
    while index < len(lines):
        start, name = index, ""
        # A name may itself begin like a first line ("1 HOPU"); then a first line follows it.
        may_be_name = three_line and kinds[index] in ("name", "1") and len(lines[index][1]) <= _LONGEST_NAME_LINE
        if may_be_name and kinds[index + 1] in ("1", "damaged") and kinds[index + 2] in ("2", "damaged"):
            name = lines[index][1].removeprefix("0 ")
            index += 1
        if kinds[index] == "1":
            fault = "" if kinds[index + 1] == "2" else "gp.tle_line_2_missing"
            index += 2 if kinds[index + 1] in ("2", "damaged") else 1
        elif kinds[index] == "2":
            fault, index = "gp.tle_line_1_missing", index + 1
        else:
            fault = "gp.tle_line_1_missing" if kinds[index + 1] == "2" else "gp.tle_line_unexpected"
            index += 2 if kinds[index + 1] == "2" else 1
        yield lines[start][0], [line for _, line in lines[start:index]], name, fault


def read(text: str, now: datetime) -> tuple[list[Line], list[Rejected]]:
    """Every set of a file of two-line or three-line sets, accepted or rejected; line ends LF or CRLF."""
    accepted: list[Line] = []
    rejected: list[Rejected] = []
    for line_number, lines, name, fault in _sets(text):
        raw = storable("\n".join(lines))
        try:
            if fault:
                raise Refusal(fault, given=shown(lines[-1]))
            elements = parse(lines[-2], lines[-1], name)
        except Refusal as refusal:
            rejected.append(Rejected(line_number, refusal.code, refusal.params, raw))
        else:
            accepted.append(Line(elements, line_number, raw, elements.epoch > now))
    return accepted, rejected


def _print_exponential(field: str, value: float) -> str:
    if value == 0.0:
        return " 00000+0"
    mantissa, exponent = f"{abs(value):.4e}".split("e")
    power = int(exponent) + 1
    if power > 9:
        raise Invalid("gp.tle_unprintable", field=field, given=value)
    if power < -9:
        return " 00000+0"
    return f"{'-' if value < 0 else ' '}{mantissa.replace('.', '')}{power:+d}"


def _print_angle(value: float) -> str:
    printed = f"{value:8.4f}"
    return "  0.0000" if printed == "360.0000" else printed


def to_tle(elements: ElementSet) -> tuple[str, str]:
    """The two lines of a set, rounded to what the columns hold; the name is left out.

    Invalid `gp.alpha5_range` above 339999 and `gp.tle_unprintable` for a value that no
    column can hold. The epoch is rounded to 1e-8 day.
    """
    day_us = timedelta(days=1) // timedelta(microseconds=1)
    year = elements.epoch.year
    elapsed_us = (elements.epoch - datetime(year, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    ticks = (elapsed_us + _TEN_NS_DAY_US // 2) // _TEN_NS_DAY_US
    day, fraction = divmod(ticks, day_us // _TEN_NS_DAY_US)
    rate = f"{elements.mean_motion_dot:+.8f}"
    if rate[1] != "0":
        raise Invalid("gp.tle_unprintable", field="MEAN_MOTION_DOT", given=elements.mean_motion_dot)
    designator = elements.international_designator
    code = designator[2:4] + designator[5:] if designator else ""
    if len(code) > 8:
        raise Invalid("gp.tle_unprintable", field="OBJECT_ID", given=designator)
    eccentricity = min(round(elements.eccentricity * 1e7), 9_999_999)
    first = (
        f"1 {alpha5.alpha5(elements.catalog_number)}{elements.classification} {code:<8} "
        f"{year % 100:02d}{day + 1:03d}.{fraction:08d} {rate[0].replace('+', ' ')}{rate[2:]} "
        f"{_print_exponential('MEAN_MOTION_DDOT', elements.mean_motion_ddot)} "
        f"{_print_exponential('BSTAR', elements.bstar)} {elements.ephemeris_type} "
        f"{elements.element_set_number % 10_000:4d}"
    )
    second = (
        f"2 {alpha5.alpha5(elements.catalog_number)} {elements.inclination_deg:8.4f} {_print_angle(elements.raan_deg)} "
        f"{eccentricity:07d} {_print_angle(elements.arg_perigee_deg)} {_print_angle(elements.mean_anomaly_deg)} "
        f"{elements.mean_motion_rev_day:11.8f}{elements.revolution_at_epoch % 100_000:5d}"
    )
    return f"{first}{checksum(first)}", f"{second}{checksum(second)}"
