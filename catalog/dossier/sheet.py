"""Every offering of a match as a table of comma-separated values, beside the paper, whose annex is bounded. Pure.

What a supplier wrote may begin as a formula does; a spreadsheet would reckon it,
so such a text is led by an apostrophe.
"""

import csv
from io import StringIO

from catalog.dossier.outside import failed, term
from catalog.dossier.study import Material, Study
from catalog.dossier.voice import Voice
from catalog.wording import counterfactual

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    *("number", "offering", "version", "content_sha256", "provider", "supplier", "nation", "title", "verdict"),
    *("score", "record", "not_met", "open", "said", "would_enter"),
)


def sheet(material: Material, language: str) -> bytes:
    """UTF-8 with its mark, so that a spreadsheet reads the letters; one row an offering, in the order of the record."""
    study = Study(material, Voice(language))
    voice = study.voice
    out = StringIO(newline="")
    rows = csv.writer(out)
    quantities = [f"quantity_{phase}" for phase in study.phases]
    rows.writerow([*_COLUMNS, *quantities])
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
                *(each.taken(phase) or "" for phase in study.phases),
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
