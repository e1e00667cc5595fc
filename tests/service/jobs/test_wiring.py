"""Names that are imported late lead somewhere."""

from jobs import handlers, react, schedule
from space_hub.delivery.topics import TOPICS


def test_every_kind_of_work_has_code_behind_it() -> None:
    for kind in (*handlers.HEAVY, "work.prune"):
        assert callable(handlers.handler(kind)), kind
    for regular in schedule.SCHEDULE:
        assert callable(handlers.handler(regular.kind)), regular.kind


def test_every_reaction_has_code_behind_it() -> None:
    for path, topics in react.REACTIONS:
        assert callable(handlers.load(path)), path
        assert topics <= set(TOPICS)
