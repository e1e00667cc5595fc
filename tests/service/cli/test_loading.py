"""What a first start puts into an installation, and how it says why."""

from pathlib import Path

import pytest

from space_hub.awareness.upstream import celestrak
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.celestrak import RecordedSource
from space_hub.cli import house, loading
from space_hub.cli.speak import Voice
from space_hub.settings import Settings


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([], "The source could not be reached.\n"),
        ([Answer(403, "text/html", b"slow down")], "The source answered 403, not 200"),
        ([Answer(200, "text/plain", b"No GP data found")], "CelesTrak gave no catalogue: "),
    ],
)
def test_a_start_without_celestrak_says_why_and_that_the_sample_is_synthetic(
    answers: list[Answer | None],
    why: str,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SPACE_HUB_LANG", "en")
    monkeypatch.setattr(celestrak, "CelesTrak", lambda: RecordedSource([*answers]))
    made = house.open_or_make(Settings(data=tmp_path, database_url=sqlite_url))
    taken = loading.load_catalogue(made, None, Voice())
    made.database.engine.dispose()
    assert taken is not None
    assert taken.synthetic
    told = capsys.readouterr().out
    assert why in told
    assert told.index("CelesTrak gave no catalogue") < told.index("THIS CATALOGUE IS SYNTHETIC")
