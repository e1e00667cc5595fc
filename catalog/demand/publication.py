"""What others read of a need that its owner lets them read, in generated words. Pure.

The preview that an owner consents to and the row that is published come from
the one function `content`: what was shown is what is published, and its hash is
the consent's reference.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalog.demand import coarsen
from catalog.demand.gap_report import CoarseNeed, need_from_json
from catalog.matching.eligibility import asked_params
from catalog.matching.values import Need
from catalog.shelf.content import fingerprint
from catalog.wording import period, sentence
from space_hub.text import LANGUAGES, Word, say
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.phases import Phase


class Level(Word, of="demand_level"):
    """How much of a need others may read, in rising order."""

    PRIVATE = "private"
    AGGREGATED = "aggregated"
    ANONYMOUS = "anonymous"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Content:
    """The columns of a published need that come from its source."""

    level: str
    mission_area: str
    capability: str | None
    clauses: list[dict[str, Any]]
    phases: list[dict[str, Any]]
    region: str | None
    quarter_from: str
    quarter_to: str
    text_en: str
    text_fr: str
    owner_nation: str | None

    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def content(need: Need, level: str, nation: str) -> Content:
    """What a requirement at `level` shows; only `named` shows the nation."""
    names = coarsen.region(need.area)
    stop = need.window.stop or need.window.start
    shown = Content(
        level=level,
        mission_area=capability(need.capability).area.value,
        capability=need.capability,
        clauses=coarsen.clauses(need),
        phases=coarsen.phases(need),
        region="+".join(names) or None,
        quarter_from=coarsen.quarter(need.window.start),
        quarter_to=coarsen.quarter(stop),
        text_en="",
        text_fr="",
        owner_nation=nation if level == Level.NAMED else None,
    )
    return _worded(shown)


def signal_content(
    *,
    level: str,
    kind: str,
    mission_area: str,
    capability_code: str | None,
    phase: str,
    quantity: tuple[float, float] | None,
    horizon: tuple[date, date],
    texts: tuple[str, str],
    nation: str,
) -> Content:
    """What a signal or a problem shows. Its own words are read only when its nation is named with them."""
    phases = []
    if quantity is not None and capability_code is not None:
        low, high = coarsen.bands(quantity[0]).low, coarsen.bands(quantity[1]).high
        phases.append({"phase": phase, "quantity_low": low, "quantity_high": high})
    start, stop = (datetime(each.year, each.month, each.day) for each in horizon)  # noqa: DTZ001 -- only its quarter is read.
    shown = Content(
        level=level,
        mission_area=mission_area,
        capability=capability_code,
        clauses=[],
        phases=phases,
        region=None,
        quarter_from=coarsen.quarter(start),
        quarter_to=coarsen.quarter(stop),
        text_en=texts[0],
        text_fr=texts[1],
        owner_nation=nation if level == Level.NAMED else None,
    )
    return shown if level == Level.NAMED else _worded(shown, kind)


def reference(shown: Content) -> str:
    """The hash of what an owner saw before it consented."""
    return fingerprint(shown.columns())


def coarse(row: Any, language: str, **more: Any) -> CoarseNeed:
    """A row of `published_need` as the gap report takes it."""
    return need_from_json(
        id=row.id,
        title=title(row.mission_area, row.capability, language),
        capability=row.capability or "",
        clauses=row.clauses,
        phases=tuple(Phase(each["phase"]) for each in row.phases),
        regions=tuple(row.region.split("+")) if row.region else (),
        quarter_from=row.quarter_from,
        quarter_to=row.quarter_to,
        **more,
    )


def title(mission_area: str, code: str | None, language: str) -> str:
    if code is None:
        return say(f"vocabulary.mission_area.{mission_area}", language)
    return say(f"vocabulary.capability.{code}", language)


def _worded(shown: Content, kind: str = "requirement") -> Content:
    english, french = (_words(shown, kind, language) for language in LANGUAGES)
    return Content(**{**shown.columns(), "text_en": english, "text_fr": french})


def _words(shown: Content, kind: str, language: str) -> str:
    """Sentences made of codes and numbers alone: no word of the asker's own."""
    unit = capability(shown.capability).capacity_unit if shown.capability else ""
    wanted = title(shown.mission_area, shown.capability, language)
    said = [
        say(
            f"demand.text.{kind}",
            language,
            wanted=wanted,
            period=period(shown.quarter_from, shown.quarter_to, language),
        ),
    ]
    if shown.region:
        regions = ", ".join(say(f"demand.region.{name}", language) for name in shown.region.split("+"))
        said.append(say("demand.text.region", language, regions=regions))
    for each in shown.phases:
        said.append(
            say(
                "demand.text.phase",
                language,
                phase=say(f"vocabulary.phase.{each['phase']}", language),
                low=_number(each["quantity_low"], language),
                high=_number(each["quantity_high"], language),
                unit=unit,
            )
        )
    between = "\u00a0; " if language == "fr" else "; "
    asked = [_clause_words(each, language) for each in shown.clauses]
    for code, hard in (("demand.text.clauses", True), ("demand.text.wishes", False)):
        clauses = between.join(words for words, is_hard in asked if is_hard is hard)
        if clauses:
            said.append(say(code, language, clauses=clauses))
    return " ".join(said)


def _clause_words(kept: dict[str, Any], language: str) -> tuple[str, bool]:
    """The words of a clause, and whether it must be met."""
    if kept.get("gate") == "standards":
        return say("gap.asked.standards", language, asked=", ".join(kept["values"])), True
    if kept.get("gate") == "modality":
        names = ", ".join(say(f"vocabulary.modality.{each}", language) for each in kept["values"])
        return say("gap.asked.modality", language, asked=names), True
    clause = need_from_json(
        id="", title="", capability="", clauses=[kept], phases=(), regions=(), quarter_from="", quarter_to=""
    ).clauses[0]
    return sentence("gap.asked.clause", {**asked_params(clause), "offered": None}, language), clause.hard


def _number(value: float, language: str) -> str:
    text = f"{value:g}"
    return text.replace(".", ",") if language == "fr" else text
