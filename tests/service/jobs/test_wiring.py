"""Names that are imported late lead somewhere, and what can be subscribed to is really said."""

from pathlib import Path

from jobs import handlers, react, schedule
from space_hub.delivery.topics import DISABLED_TOPIC, TEST_TOPIC, TOPICS
from space_hub.text import LANGUAGES, say
from space_hub.work.tables import WorkKind

ROOT = Path(__file__).resolve().parents[3]


def test_every_kind_of_work_has_code_behind_it() -> None:
    lanes = (handlers.HEAVY, handlers.LIGHT, handlers.TELLING, handlers.CLAIMS, handlers.MATCHING, handlers.DOORS)
    assert {kind for lane in lanes for kind in lane} == set(WorkKind)
    for kind in WorkKind:
        assert callable(handlers.handler(kind)), kind
    for regular in schedule.SCHEDULE:
        assert callable(handlers.handler(regular.kind)), regular.kind


def test_every_reaction_has_code_behind_it() -> None:
    for path, topics in react.REACTIONS:
        assert callable(handlers.load(path)), path
        assert topics <= TOPICS


def test_every_topic_is_said_somewhere_and_explained_in_both_languages() -> None:
    """Sabotage seen: a topic that nothing appends (`conjunction.created`) was named here."""
    rooms = ("space_hub", "providers", "catalog")
    source = "".join(
        path.read_text("utf-8") for room in rooms for path in (ROOT / room).rglob("*.py") if path.name != "topics.py"
    )
    unsaid = {topic for topic in TOPICS - {DISABLED_TOPIC, TEST_TOPIC} if f'"{topic}"' not in source}
    assert unsaid == set()
    assert all(name in source for name in ("DISABLED_TOPIC", "TEST_TOPIC"))
    assert all(say(f"topic.{topic}", language) for topic in TOPICS for language in LANGUAGES)
