"""A newcomer with nothing is on the shelf within five minutes of machine time, by each way in, on a hub that runs."""

from benchmarks import front_door


def test_each_way_in_leads_to_the_shelf_within_five_minutes() -> None:
    """Sabotage seen: without the mail loop in `jobs.deliver` no code ever came."""
    figures = front_door.run()
    assert figures["holds"], figures
    assert figures["api_staff_scripted_s"] is None, "the rule decides for an ally that asks to be listed"
    assert figures["api_with_staff_staff_scripted_s"] is not None
