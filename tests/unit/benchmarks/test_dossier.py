"""A small size of `./hub bench dossier`: from a requirement to its dossier, through a worker of its own."""

from benchmarks import dossier


def test_a_requirement_becomes_a_dossier_by_way_of_the_worker() -> None:
    found = dossier.run("--offerings=80")
    assert found["holds"], found
    assert (found["offerings_judged"], found["suppliers"]) == (80, 2)
    assert found["taken"] and found["question"] and found["refused"]
