"""What the figures of `bench ingest` rest on, on a small catalogue: every line is accounted for, twice."""

from pathlib import Path

from benchmarks import ingest
from space_hub.orbit.sample import sample_catalogue


def test_two_files_are_taken_whole_but_for_the_damaged_lines(tmp_path: Path) -> None:
    """Sabotage seen: an update that leaves the former sets current; the database refuses two of one object."""
    sets = sample_catalogue(ingest.NOW, 1)[:300]
    figures = ingest.taking(f"sqlite:///{tmp_path / 'hub.sqlite'}", sets)
    assert figures["accounted"] is True
    assert (figures["first_offered"], figures["first_accepted"], figures["first_quarantined"]) == (300, 298, 2)
    assert (figures["update_accepted"], figures["update_held_back"]) == (298, 0)
