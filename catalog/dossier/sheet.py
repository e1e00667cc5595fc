"""Every offering of a match as a table of comma-separated values, beside the paper, whose annex is bounded. Pure.

What a supplier wrote may begin as a formula does; a spreadsheet would reckon it,
so such a text is led by an apostrophe.
"""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from catalog.dossier import physics, replies, threats
from catalog.dossier.outside import failed, term
from catalog.dossier.study import Material, Study
from catalog.dossier.voice import Voice
from catalog.wording import counterfactual
from space_hub.text import say

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    *("number", "offering", "version", "content_sha256", "provider", "supplier", "nation", "title", "verdict"),
    *("score", "record", "not_met", "open", "said", "would_enter"),
    *("asked", "asked_at", "answer", "answered_at", "orbits", "risks_open", "at_risk"),
)


def sheet(material: Material, language: str) -> bytes:
    """UTF-8 with its mark, so that a spreadsheet reads the letters; one row an offering, in the order of the record."""
    study = Study(material, Voice(language))
    voice = study.voice
    out = StringIO(newline="")
    rows = csv.writer(out)
    quantities = [f"quantity_{phase}" for phase in study.phases]
    rows.writerow([*_COLUMNS, *quantities])
    answers = {each["offering_id"]: each for each in study.answers or ()}
    orbits: dict[str, list[str]] = {}
    for row in physics.rows(study):
        name = say(f"vocabulary.attribute.{row['attribute']}", language)
        orbits.setdefault(row["offering_id"], []).append(f"{name}: {physics.why(study, row)}")
    at_risk = {offer.number: kept for offer, kept in threats.at_risk(study)}
    for each in study.offers:
        judged = each.judged
        enter = judged["counterfactual"]
        rows.writerow(
            [
                each.number,
                judged["offering_id"],
                judged["version_id"],
                each.candidate["content_sha256"],
                judged["provider_id"],
                _safe(each.supplier),
                each.candidate["nation"],
                _safe(each.title),
                judged["verdict"],
                "" if judged["score"] is None else judged["score"],
                "" if judged["record"] is None else judged["record"],
                " ".join(failed(each)),
                " ".join(term(gate) for gate in judged["gates"] if gate["outcome"] == "unknown"),
                _safe(" ".join(study.reason(reason["code"], reason["params"]) for reason in judged["reasons"])),
                counterfactual(enter, voice.language, capacity_unit=study.unit) if enter else "",
                *_answer(study, answers.get(judged["offering_id"])),
                _safe(" ".join(orbits.get(judged["offering_id"], ()))),
                at_risk[each.number]["open"] if each.number in at_risk else "",
                _safe(" ".join(threats.sentences(study, at_risk[each.number])) if each.number in at_risk else ""),
                *(each.taken(phase) or "" for phase in study.phases),
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _answer(study: Study, kept: Mapping[str, Any] | None) -> tuple[str, str, str, str]:
    """The question, when it was put, the answer, when it came."""
    if kept is None:
        return "", "", "", ""
    when = [kept.get(name) or "" for name in ("asked_at", "answered_at")]
    return _safe(replies.question(study, kept)), when[0], _safe(replies.words(study, kept)), when[1]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
