"""The table of figures in a README, written between two markers and nowhere else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.screening.conditions import sentence
from benchmarks.screening.contestant import CONTESTANTS
from benchmarks.screening.figures import Figures, ratios
from benchmarks.screening.plots import NAMES

BEGIN = "<!-- figures of `./hub bench screening`: begin -->"
END = "<!-- figures of `./hub bench screening`: end -->"


class NoMarkers(ValueError):
    """The file has not exactly one place for the table."""


def write_table(readme: Path, parts: Mapping[str, Any], out: Figures) -> None:
    """Put the table of these figures where the file has its place for it."""
    text = readme.read_text("utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise NoMarkers(f"{readme.name} needs one line `{BEGIN}` and after it one line `{END}`")
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n{table(parts, out)}{END}{after}", "utf-8")


def table(parts: Mapping[str, Any], out: Figures) -> str:
    """Markdown: the contest of seven days, what the other parts showed, and the conditions."""
    lines: list[str] = []
    if "week" in parts:
        lines += _contest(parts["week"], out)
    if "day" in parts:
        lines += ["", _day(parts["day"], out)]
    lines += [f"* {line}" for line in _others(parts, out)]
    if not out["holds"]:
        lines += ["", f"Not met in this measurement: {'; '.join(_words(out['fails']))}."]
    conditions = {sentence(part["conditions"]): None for part in parts.values()}
    lines += ["", *(f"Measured: {one}." for one in conditions)]
    return "\n".join(["", *lines, "", ""])


def _contest(part: Mapping[str, Any], out: Figures) -> list[str]:
    days = part["hours"] / 24.0
    head = ("", "wall, s", "s a day", "processor, s", "peak, MB", "whole process, s", "found", "recall", "spurious")
    rows = [_row(head), _row(["---"] + ["---:"] * (len(head) - 1))]
    for name in CONTESTANTS:
        run, judged = part["runs"][name][-1], part["judged"][name]
        rows.append(
            _row(
                [
                    NAMES[name],
                    f"{run['wall_s']:.1f}",
                    f"{run['wall_s'] / days:.2f}",
                    f"{run['processor_s']:.1f}",
                    f"{run['peak_memory_mb']:.0f}",
                    f"{run['process_wall_s']:.1f}",
                    f"{judged['found']:,}",
                    f"{100.0 * judged['recall']:.4f} %",
                    f"{judged['spurious']}",
                ]
            )
        )
    return [
        f"All on all, {days:g} days, 5 km: {part['screened']:,} objects of {part['offered']:,} offered "
        f"({part['too_old']} too old; {part['failed_at_once']} of the screened fail at once, "
        f"{part['failed_inside']} within the window).",
        "",
        *rows,
        "",
        f"Ratios of wall time: {out['ratio_ckdtree']} x the cKDTree peer, {out['ratio_astroz']} x astroz "
        f"(peers among themselves {out['peers_ratio']}; of processor time {out['processor_ratio_ckdtree']} and "
        f"{out['processor_ratio_astroz']}). Recall is of the {part['true']:,} encounters faster than 0.1 km/s in the "
        f"union of all, refined by direct SGP4; {len(part['near_threshold'])} lie within 1 m of the threshold. Slower "
        f"pairs ({part['slow_pairs']}) are compared apart. The cKDTree peer runs in one thread, the others in two.",
    ]


def _day(part: Mapping[str, Any], out: Figures) -> str:
    def spread(one: str) -> str:
        given = ratios(part, one, "engine")
        return f"{min(given):.1f} to {max(given):.1f}"

    return (
        f"One day, {len(part['runs']['engine'])} interleaved runs: {out['day_wall_s']} s; "
        f"{spread('ckdtree')} x the cKDTree peer, {spread('astroz')} x astroz.\n"
    )


def _others(parts: Mapping[str, Any], out: Figures) -> list[str]:
    lines = []
    if "one_on_all" in parts:
        lines.append(
            f"One object against all, {parts['one_on_all']['hours'] / 24:g} days, warm: {out['one_on_all_s']} s "
            f"(the slowest of {len(parts['one_on_all']['wall_s'])} targets: {out['one_on_all_worst_s']} s)."
        )
    if "growth" in parts:
        sizes = ", ".join(f"{one['objects']:,}: {one['processor_s']:.1f} s" for one in parts["growth"]["runs"])
        powers = ", ".join(f"{out[name]}" for name in out if name.startswith("exponent_"))
        lines.append(f"Processor time on the grown catalogue: {sizes}; exponents {powers}.")
    if "start" in parts:
        lines.append(
            f"From nothing to the first result ({parts['start']['objects']:,} objects, an hour): "
            f"{out['warm_start_s']} s; with nothing compiled yet {out['cold_start_s']} s."
        )
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _words(given: object) -> list[str]:
    return [str(one) for one in given] if isinstance(given, list) else []
