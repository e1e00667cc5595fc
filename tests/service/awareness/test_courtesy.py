"""The small form of `bench courtesy`: no request above a limit, none after a refusal that no person has seen."""

from datetime import timedelta

import pytest

from benchmarks import courtesy
from space_hub.awareness.upstream import budget, celestrak
from space_hub.awareness.upstream.budget import Rule


def test_two_schedulers_that_are_killed_at_every_step_keep_the_rules_of_both_sources() -> None:
    world = courtesy.lived(days=2, restarts=80, seed=3)
    assert world.sources.broken == []
    assert world.killed.total() == 80
    assert {"spent, not sent", "answered, not read", "in a transaction", "asleep"} <= world.killed.keys()
    assert all(world.sources.answered[source] > 10 for source in ("celestrak", "spacetrack"))
    assert world.sources.refused.total() > 0 and world.released > 0


def test_the_emulator_sees_a_download_that_comes_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(celestrak.POLICY.rules, "gp", Rule(timedelta(hours=1)))
    assert any("above its limit" in each for each in courtesy.lived(days=1, restarts=1, seed=3).sources.broken)


@pytest.mark.parametrize("ignored", ["CLOSED", "IN_FLIGHT"])
def test_the_emulator_sees_who_goes_on_after_a_refusal(monkeypatch: pytest.MonkeyPatch, ignored: str) -> None:
    """Without CLOSED a refusal stops nothing; with forgotten calls one that killed its process stops nothing."""
    if ignored == "CLOSED":
        monkeypatch.setattr(budget, "CLOSED", ())
    else:
        lost = budget.verdict

        def forgetful(policy: budget.Policy, kind: str, past: list[budget.Past], now: object) -> budget.Verdict:
            kept = [each for each in past if each.outcome != budget.Outcome.SPENT.value]
            return lost(policy, kind, kept, now)  # type: ignore[arg-type]

        monkeypatch.setattr("space_hub.awareness.upstream.calls.verdict", forgetful)
    world = courtesy.lived(days=2, restarts=80, seed=3)
    assert any("after a refusal" in each for each in world.sources.broken)
