"""`validate pc` in its small form, and what it must see."""

from dataclasses import replace
from pathlib import Path

import pytest

from space_hub.validation import pc
from space_hub.validation.pc import MessageRow, PcReport, against_the_integral, chan_map, judge, messages_below, slowly


def test_messages_of_cara_come_out_with_their_printed_digits(shared: Path) -> None:
    """Five of the eighteen; all are equal in the plane."""
    files = messages_below(shared / "data")
    assert len(files) == 18
    report = PcReport("some")
    for file in [*files[1:4], *files[-2:]]:
        judge(report, file)
    assert report.unread == [] and all(one.holds and one.equal for one in report.messages)
    assert [bool(one.flags) for one in report.messages] == [False, False, False, True, False]
    still = report.messages[3]
    assert still.relative_speed_m_s < 1.0 and still.flags == ("extended", "offset", "inaccurate")
    assert still.stated == still.plane == "4.514e-81" and still.pc == pytest.approx(1.31e-6, rel=0.02)


def test_methods_and_map_hold_on_a_few_encounters() -> None:
    report = PcReport("none")
    against_the_integral(report, 60)
    chan_map(report)
    assert report.holds, report.methods
    assert {one.answered for one in report.chan} == {"all", "some", "none"}
    assert max(one.error for one in report.chan) > 0.5


def test_slow_encounters_are_caught_and_answered() -> None:
    """A plane that is ten orders of magnitude low, and one that lasts."""
    report = PcReport("none")
    slowly(report, 0, 60_000)
    assert report.slow[0].holds, report.slow
    assert report.slow[0].plane < 1e-10 < 1e-4 < report.slow[0].pc


def test_a_wrong_figure_without_a_flag_does_not_hold() -> None:
    right = MessageRow("a", 1e4, (), "1.000e-04", "1.000e-04", True, 1e-4, "foster-1992")
    assert right.holds and not replace(right, equal=False).holds
    assert replace(right, equal=False, flags=("inaccurate",)).holds
    still = replace(right, relative_speed_m_s=0.3)
    assert not still.holds and replace(still, flags=("extended",), method="nonlinear-3d").holds
    assert not pc.PcReport("none").holds
