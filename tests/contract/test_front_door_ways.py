"""A newcomer with nothing gets to its first match notice within five minutes of machine time, by each way in.

What `./hub bench front_door` measures, once: with real processes, real commands and a real STAPI server.
"""

import pytest

from benchmarks import front_door


@pytest.mark.usefixtures("stapi_environment")
def test_each_way_in_leads_to_a_match_notice_within_five_minutes() -> None:
    """Sabotages seen, each ending a way at the step that needs it.

    No mail loop in `jobs.deliver`: no code came. `catalog.gaps:on_demand_changed` left out of the reactions, and
    `offer submit` that takes no row: no notice.
    """
    figures = front_door.run()
    assert figures["holds"], figures
    assert [figures[f"{way}_first_notice"] for way in front_door.WAYS] == ["meets", "meets", "unknown"], (
        "STAPI says neither resolution nor capacity, so that a question stays open"
    )
    assert figures["api_staff_scripted_s"] is None, "the rule decides for an ally that asks to be listed"
    assert figures["spreadsheet_staff_scripted_s"] is not None
