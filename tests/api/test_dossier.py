"""Match -> market study, over HTTP and at the terminal: who may have it, in which form and language."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, requirement, verified


@pytest.fixture
def matched(hub: Hub) -> tuple[Caller, dict[str, Any]]:
    broker, planner = hub.key("broker"), hub.key("nation", "DE")
    cheap, _ = verified(hub, broker, "Cheap")
    dear, _ = verified(hub, broker, "Dear", "DE")
    good(cheap.post("/v1/offerings", offering("LOW", price="5", capacity=300)))
    good(dear.post("/v1/offerings", offering("HIGH", price="9")))
    good(dear.post("/v1/offerings", offering("SILENT", attributes={})))
    stated = good(planner.post("/v1/requirements", requirement()))
    return planner, good(planner.post("/v1/matches", {"requirement_id": stated["id"]}))


def test_a_match_has_a_market_study_in_three_forms(hub: Hub, matched: tuple[Caller, dict[str, Any]]) -> None:
    planner, match = matched
    path = f"/v1/matches/{match['id']}/dossier"
    page = planner.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert match["record_sha256"] in page.text
    assert "Imagery of the north" in page.text
    assert "Market study due" in page.text
    paper = planner.get(path, format="pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-1.7")
    table = planner.get(path, format="csv").content.decode("utf-8-sig").splitlines()
    assert len(table) == 1 + len(match["offerings"])
    assert planner.get(path, format="docx").status_code == 422


def test_it_speaks_the_language_asked_for(hub: Hub, matched: tuple[Caller, dict[str, Any]]) -> None:
    planner, match = matched
    path = f"/v1/matches/{match['id']}/dossier"
    french = hub.client.get(path, headers=planner.headers() | {"Accept-Language": "fr"})
    assert 'lang="fr"' in french.text
    assert "Ce document recommande. Une agence attribue." in french.text
    assert planner.get(path, language="fr").text == french.text


def test_equal_papers_have_equal_tags_and_are_not_sent_twice(hub: Hub, matched: tuple[Caller, dict[str, Any]]) -> None:
    planner, match = matched
    path = f"/v1/matches/{match['id']}/dossier?format=pdf"
    first, again = (hub.client.get(path, headers=planner.headers()) for _ in range(2))
    assert first.content == again.content
    held = hub.client.get(path, headers=planner.headers() | {"If-None-Match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")


def test_it_is_marked_and_unknown_to_others(hub: Hub, matched: tuple[Caller, dict[str, Any]]) -> None:
    """Sabotage seen: the row read by its id alone."""
    planner, match = matched
    path = f"/v1/matches/{match['id']}/dossier"
    assert "Unclassified – for" in planner.get(path).text
    assert hub.key("nation", "DE").get(path).status_code == 404
    assert hub.key("broker").get(path).status_code in (403, 404)
    assert hub.client.get(path).status_code == 401


def test_what_comes_after_the_match_does_not_change_its_paper(hub: Hub, matched: tuple[Caller, dict[str, Any]]) -> None:
    """Sabotage seen: the steps of today in a paper of yesterday."""
    planner, match = matched
    path = f"/v1/matches/{match['id']}/dossier"
    before = planner.get(path).content
    hub.clock.advance(timedelta(days=1))
    good(planner.post(f"/v1/requirements/{match['requirement_id']}/adoption", {"step": "study_started"}))
    assert planner.get(path).content == before
