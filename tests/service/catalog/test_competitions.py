"""Competitions over HTTP: frozen, asked about in the open, quoted in secret, opened by two, decided by one."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from nacl import bindings
from sqlalchemy import text

from catalog.competition import openers
from catalog.competition.asks import Aim
from catalog.competition.tables import Opener
from catalog.ordering.tables import CallOff
from catalog.promise.lifecycle import AgreementEvent
from jobs import schedule
from jobs.proofs.competing import QUESTIONS, STANDSTILL, quote, sealed
from tests.support.competing import DECIDED, begun, decided, good, prepared, refused
from tests.support.demand import messages, settle
from tests.support.hub import Hub
from tests.support.supply import verified


def test_two_of_three_open_what_was_sealed_and_the_award_becomes_a_call_off_after_the_standstill(hub: Hub) -> None:
    scene = begun(hub, 3)
    for number, price in enumerate(("52117.25", "48020.50", "61000")):
        good(scene.send(number, quote(price)))
    assert good(scene.lead.get(f"{scene.path}/quotes")) == {"items": []}
    scene.due()
    assert scene.state() == "closed", "by the clock, before any loop has looked"
    done = scene.opened(0, 2)
    assert (done["opened"], done["unreadable"]) == (3, 0)
    ranked = good(scene.lead.get(f"{scene.path}/quotes"))["items"]
    assert [each["quote"]["lines"][0]["value"] for each in ranked] == ["48020.5", "52117.25", "61000"]
    assert [each["rank"] for each in ranked] == [1, 2, 3]
    assert ranked[0]["points"] == {"total": "0.5776", "start": "0.6000", "record": "0.5000"}
    assert ranked[0]["total"] == "0.5766"
    good(scene.award(1, 0))
    settle(hub)
    assert good(scene.lead.get("/v1/call-offs"))["items"] == []
    scene.wait(STANDSTILL - timedelta(seconds=1))
    assert scene.state() == "standstill"
    scene.wait(timedelta(minutes=2))
    _tick(hub)
    [placed] = good(scene.lead.get("/v1/call-offs"))["items"]
    assert placed["decided_by"] == DECIDED
    with hub.database.read() as session:
        kept = session.get_one(CallOff, placed["id"])
        assert (kept.method, kept.competition_id) == ("competition", scene.id)
    assert [each["total_price"] for each in placed["options"]] == ["48020.5", "52117.25"], "as they were quoted"
    [own] = good(scene.supplier(1).get("/v1/orders"))["items"]
    assert own["id"]
    assert good(scene.supplier(0).get("/v1/orders"))["items"] == []
    history = [each["event"] for each in good(scene.lead.get(scene.path))["history"]]
    assert history == [None, "publish", "close", "release", "open", "decide", "standstill_over"]


def test_nobody_is_told_how_many_quotes_there_are_before_the_deadline(hub: Hub) -> None:
    """Sabotage seen: the envelopes handed out to openers early."""
    scene = begun(hub, 2)
    before = [good(scene.lead.get(each)) for each in (scene.path, f"{scene.path}/quotes", f"{scene.path}/notice")]
    good(scene.send(0, quote("52117.25")))
    settle(hub)
    after = [good(scene.lead.get(each)) for each in (scene.path, f"{scene.path}/quotes", f"{scene.path}/notice")]
    assert after == before
    scene.wait(scene.notice.quotes_until - hub.clock.now() - timedelta(microseconds=1))
    for place in range(3):
        assert refused(scene.opener(place).get(f"{scene.path}/envelopes")) == (409, "competition.not_due")
    told = json.dumps([messages(scene.lead), messages(scene.opener(0)), messages(scene.supplier(1))])
    assert scene.invitation(0) not in told


def test_whoever_is_not_part_of_it_reads_404_everywhere(hub: Hub) -> None:
    """Sabotage seen: `visible` true for everybody."""
    scene, other = begun(hub, 1), hub.key("nation", "DE")
    rival, _ = verified(hub, hub.key("broker", "BE"), "Stranger")
    mine = scene.invitation(0)
    for caller in (other, rival):
        assert refused(caller.get(f"{scene.path}/notice")) == (404, "competition.unknown")
    assert other.get(scene.path).status_code == 404
    assert other.get(f"{scene.path}/envelopes").status_code == 404
    assert scene.lead.get(f"{scene.path}/envelopes").status_code == 404, "the lead's own key is no opener's"
    assert rival.get(f"/v1/invitations/{mine}").status_code == 404
    assert rival.delete(f"/v1/invitations/{mine}/quote").status_code == 404
    assert rival.get(f"/v1/invitations/{mine}/debrief").status_code == 404
    assert rival.post(f"{scene.path}/complaints", {"text": "I too."}).status_code == 404
    assert refused(scene.lead.put(f"/v1/invitations/{mine}/quote", {}))[0] == 403


def test_a_question_is_answered_to_all_who_are_invited_in_the_same_bytes_until_questions_end(hub: Hub) -> None:
    """Sabotage seen: questions opened to all; taken until the quotes end."""
    scene, other = begun(hub, 3), hub.key("nation", "DE")
    where = f"/v1/opportunities/{good(scene.supplier(0).get('/v1/invitations'))['items'][0]['opportunity_id']}"
    asked = good(scene.supplier(0).post(f"{where}/questions", {"question": "By night too?"}))
    both = {"answer_en": "Yes.", "answer_fr": "Oui."}
    good(scene.lead.put(f"{where}/questions/{asked['id']}/answer", both))
    settle(hub)
    assert len({scene.supplier(number).get(f"{where}/questions").text for number in range(3)}) == 1
    assert other.get(where).status_code == 404
    told = [messages(scene.supplier(number), "opportunity.answered") for number in range(3)]
    assert [len(each) for each in told] == [1, 1, 1]
    assert len({each[0]["data"]["question_id"] for each in told}) == 1
    assert len({each[0]["id"] for each in told}) == 3, "a common name would be a hash over all who are invited"
    scene.wait(QUESTIONS)
    late = scene.supplier(1).post(f"{where}/questions", {"question": "And by day?"})
    assert refused(late) == (409, "opportunity.over")


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("quotes_until", "UPDATE competition SET quotes_until = '2024-11-03 00:00:00.000000'"),
        ("criteria", """UPDATE competition SET criteria = '[{"name": "total"}]'"""),
        ("openers", "UPDATE competition_opener SET place = 6 - place"),
        ("openers", "UPDATE opener SET public_key = 'ab' || substr(public_key, 3)"),
        ("standstill", "UPDATE competition SET standstill_s = 0"),
    ],
)
def test_what_is_changed_past_the_api_is_found(hub: Hub, member: str, change: str) -> None:
    """Sabotage seen: the comparison left out."""
    scene = begun(hub, 1)
    invitation, read = scene.invitation(0), scene.notice
    with hub.database.write() as session:
        if "place" in change:
            session.execute(text("DELETE FROM competition_opener WHERE place = 3"))
        session.execute(text(change))
    sent = scene.supplier(0).put(f"/v1/invitations/{invitation}/quote", sealed(read, invitation, quote("50000")))
    assert refused(sent) == (409, "competition.row_changed")
    assert f'"{member}"' in sent.json()["detail"]


def test_an_envelope_is_taken_for_its_own_invitation_notice_and_revision_alone(hub: Hub) -> None:
    scene = begun(hub, 2)
    path = f"/v1/invitations/{scene.invitation(0)}/quote"
    first = sealed(scene.notice, scene.invitation(0), quote("50000"))
    kept = good(scene.supplier(0).put(path, first))
    assert good(scene.supplier(0).put(path, first)) == kept, "a retry after a lost answer"
    foreign = sealed(scene.notice, scene.invitation(1), quote("50000"))
    assert refused(scene.supplier(0).put(path, foreign)) == (422, "quote.of_another_invitation")
    assert refused(scene.supplier(0).put(path, {**first, "notice": "0" * 64})) == (422, "quote.of_another_notice")
    swapped = {**first, "openers": first["openers"][::-1]}
    assert refused(scene.supplier(0).put(path, swapped)) == (422, "quote.for_other_openers")
    again = sealed(scene.notice, scene.invitation(0), quote("49000"))
    assert refused(scene.supplier(0).put(path, again)) == (409, "quote.revision_not_higher")
    assert good(scene.send(0, quote("49000"), 2))["revision"] == 2
    assert good(scene.supplier(0).delete(path))["quote"] is None
    good(scene.send(0, quote("47000"), 3))
    scene.due()
    assert refused(scene.send(0, quote("1"), 4)) == (409, "competition.takes_no_quotes")
    assert refused(scene.supplier(0).delete(path)) == (409, "competition.takes_no_quotes")
    assert scene.opened()["opened"] == 1
    [read] = good(scene.lead.get(f"{scene.path}/quotes"))["items"]
    assert read["quote"]["lines"][0]["value"] == "47000"


def test_without_a_quote_it_ends_by_the_clock(hub: Hub) -> None:
    scene = begun(hub, 2)
    scene.due()
    scene.wait(timedelta(minutes=1))
    _tick(hub)
    assert scene.state() == "unsuccessful"
    [told] = messages(scene.lead, "competition.decided")
    assert told["data"]["state"] == "unsuccessful"


def test_one_supplier_alone_needs_a_reason_and_is_flagged_to_the_lead_only(hub: Hub) -> None:
    """Sabotage seen: the flag in the notice, where the supplier reads that it has no rival."""
    scene = prepared(hub, 1)
    body: dict[str, Any] = {"agreement_ids": [scene.field.entrants[0].agreement_id], "decided_by": DECIDED}
    assert refused(scene.lead.post(f"{scene.path}/publish", body)) == (422, "competition.single_reason_missing")
    done = good(scene.lead.post(f"{scene.path}/publish", {**body, "reason": "Nobody else flies there."}))
    assert done["single_source"] is True
    settle(hub)
    seen = json.dumps(
        [good(scene.supplier(0).get(f"{scene.path}/notice")), messages(scene.supplier(0), "competition.published")]
    )
    assert "Nobody else" not in seen and "single" not in seen
    assert refused(scene.lead.post(f"{scene.path}/publish", {**body, "reason": "x"})) == (
        409,
        "competition.step_not_possible",
    )


def test_an_opener_counts_once_it_has_proven_its_key_and_acts_with_one_service_key(hub: Hub) -> None:
    """Sabotage seen: `confirm` that compares nothing."""
    scene = begun(hub, 1)
    public, private = bindings.crypto_box_keypair()
    made = good(scene.lead.post("/v1/openers", {"person": "New", "public_key": public.hex()}))
    path = f"/v1/openers/{made['id']}"
    wrong = scene.lead.post(f"{path}/confirmation", {"answer": base64.b64encode(bytes(32)).decode()})
    assert refused(wrong) == (403, "opener.answer_wrong")
    assert good(scene.lead.get(path))["confirmed_at"] is None
    answer = bindings.crypto_box_seal_open(base64.b64decode(made["challenge"]), public, private)
    told = good(scene.lead.post(f"{path}/confirmation", {"answer": base64.b64encode(answer).decode()}))
    assert told["confirmed_at"] is not None
    twice = scene.lead.post("/v1/openers", {"person": "Other", "public_key": public.hex()})
    assert refused(twice) == (409, "opener.key_known")
    low = scene.lead.post("/v1/openers", {"person": "Other", "public_key": "00" * 32})
    assert refused(low) == (422, "opener.key_wrong")
    assert good(scene.lead.delete(path))["retired_at"] is not None
    assert hub.key("nation", "DE").delete(path).status_code == 404
    with hub.database.read() as session:
        assert len(openers.of(session, scene.id)) == 3


def test_one_person_twice_or_too_few_confirmed_refuse_the_publication(hub: Hub) -> None:
    scene = prepared(hub)
    people = scene.field.people
    with hub.database.write() as session:
        second = session.get_one(Opener, people[1].opener_id)
        second.person_name, second.confirmed_at = people[0].name.upper(), None
        session.add(second)
    body = {"agreement_ids": [each.agreement_id for each in scene.field.entrants], "decided_by": DECIDED}
    answer = scene.lead.post(f"{scene.path}/publish", body)
    assert refused(answer) == (422, "competition.openers_refused")
    assert {each["code"] for each in answer.json()["errors"]} == {
        "competition.opener_not_ready",
        "competition.opener_twice",
    }


def test_leaving_the_ranking_needs_reasons_and_a_debrief_says_nothing_of_rivals(hub: Hub) -> None:
    """Sabotage seen: the rank beside the own points."""
    scene = begun(hub, 2)
    good(scene.send(0, quote("52117.25")))
    good(scene.send(1, quote("48020.50")))
    scene.due()
    scene.opened()
    path = f"/v1/invitations/{scene.invitation(0)}/debrief"
    assert refused(scene.supplier(0).get(path)) == (409, "competition.not_decided")
    assert refused(scene.award(0)) == (422, "competition.award_reason_missing")
    good(scene.award(0, reason="The archive of this supplier is needed."))
    told = good(scene.supplier(0).get(path))
    assert told["awarded"] is True and told["criteria"][0]["value"] == "52117.25"
    lost = good(scene.supplier(1).get(f"/v1/invitations/{scene.invitation(1)}/debrief"))
    assert lost["awarded"] is False
    assert set(lost) == set(told) and not any("rank" in each for each in lost)
    whole = json.dumps(lost)
    assert "52117" not in whole and scene.invitation(0) not in whole and "Supplier 0" not in whole


def test_what_asks_for_more_than_was_agreed_is_out_and_its_supplier_is_told_before_and_after(hub: Hub) -> None:
    """10 a day for two days at 5,000. Sabotage seen: as much taken for more; a quote with a fault ranked."""
    scene = begun(hub, 3)
    own = good(scene.supplier(0).get(f"/v1/invitations/{scene.invitation(0)}"))
    assert (own["highest_total"], own["currency"]) == ("100000", "EUR")
    for number, price in enumerate(("100000.01", "100000", "60000")):
        good(scene.send(number, quote(price, hours=12)))
    scene.due()
    done = scene.opened()
    assert (done["opened"], done["unreadable"]) == (3, 0)
    settle(hub)
    shown = {each["invitation_id"]: each for each in good(scene.lead.get(f"{scene.path}/quotes"))["items"]}
    dear, equal, best = (shown[scene.invitation(number)] for number in range(3))
    assert (dear["rank"], dear["fault"], dear["total"]) == (None, "quote.above_agreed_price", None)
    assert dear["quote"]["lines"][0]["value"] == "100000.01", "the lead can see it for itself"
    assert [(each["rank"], each["fault"]) for each in (best, equal)] == [(1, None), (2, None)]
    told = [messages(scene.supplier(number), "competition.opened")[0]["data"]["fault"] for number in range(3)]
    assert told == ["quote.above_agreed_price", None, None]
    assert refused(scene.award(0, reason="All the same.")) == (422, "competition.award_not_ranked")
    good(scene.supplier(0).post(f"{scene.path}/complaints", {"text": "The terms say otherwise."}))


def test_who_competes_for_an_agreement_may_ask_what_it_likes(hub: Hub) -> None:
    scene = begun(hub, 1, aim=Aim.AGREEMENT)
    own = good(scene.supplier(0).get(f"/v1/invitations/{scene.invitation(0)}"))
    assert (own["highest_total"], own["currency"]) == (None, None)
    good(scene.send(0, quote("990000")))
    scene.due()
    scene.opened()
    [read] = good(scene.lead.get(f"{scene.path}/quotes"))["items"]
    assert (read["rank"], read["fault"]) == (1, None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            "INSERT INTO pool_supplier (id, lot_id, provider_id, state, submission_id) "
            "SELECT 'psu_1', lot_id, provider_id, 'suspended', (SELECT MAX(id) FROM submission) FROM agreement LIMIT 1",
            "lot.not_admitted",
        ),
        ("UPDATE pool SET kind = 'framework', method = 'mixed'", "lot.not_admitted"),
        ("UPDATE agreement_terms SET currency = 'USD'", "competition.currency_differs"),
    ],
)
def test_only_who_is_admitted_and_agreed_in_that_currency_is_invited(hub: Hub, change: str, code: str) -> None:
    """Sabotage seen: neither asked for."""
    scene = prepared(hub)
    with hub.database.write() as session:
        session.execute(text(change))
    body = {"agreement_ids": [each.agreement_id for each in scene.field.entrants], "decided_by": DECIDED}
    assert refused(scene.lead.post(f"{scene.path}/publish", body)) == (409, code)
    assert scene.state() == "draft"


def test_a_complaint_stops_the_standstill_and_what_was_left_runs_on(hub: Hub) -> None:
    """Sabotage seen: the clock that goes on; the whole standstill begun anew."""
    scene = decided(hub)
    scene.wait(timedelta(days=4))
    made = good(scene.supplier(1).post(f"{scene.path}/complaints", {"text": "My start was better."}))
    again = scene.supplier(1).post(f"{scene.path}/complaints", {"text": "Again."})
    assert refused(again) == (409, "competition.complaint_waits")
    scene.wait(timedelta(days=20))
    assert scene.state() == "standstill"
    path = f"{scene.path}/complaints/{made['submission_id']}/answer"
    declined = {"accepted": False, "reason": "It was judged as announced.", "decided_by": DECIDED}
    assert hub.key("nation", "DE").post(path, declined).status_code == 404
    done = good(scene.lead.post(path, declined))
    until = (hub.clock.now() + timedelta(days=6)).isoformat().replace("+00:00", "Z")
    assert done["standstill_until"] == until
    scene.wait(timedelta(days=6))
    assert scene.state() == "awarded"
    late = scene.supplier(1).post(f"{scene.path}/complaints", {"text": "Too late."})
    assert refused(late) == (409, "competition.no_complaint_now")


def test_an_accepted_complaint_opens_the_decision_again(hub: Hub) -> None:
    scene = decided(hub)
    made = good(scene.supplier(1).post(f"{scene.path}/complaints", {"text": "My start was better."}))
    path = f"{scene.path}/complaints/{made['submission_id']}/answer"
    done = good(scene.lead.post(path, {"accepted": True, "reason": "So it is.", "decided_by": DECIDED}))
    assert (done["state"], done["awards"], done["standstill_until"]) == ("opened", [], None)
    good(scene.award(1, reason="After the complaint."))
    assert scene.state() == "standstill"


def test_who_competes_for_an_agreement_is_signed_only_after_award_and_standstill(hub: Hub) -> None:
    """Sabotage seen: a draft signed while it competes."""
    scene = begun(hub, 2, aim=Aim.AGREEMENT)
    for number in range(2):
        good(scene.send(number, quote(f"5{number}000")))
    sign = [f"/v1/agreements/{each.agreement_id}/{AgreementEvent.SIGN.value}" for each in scene.field.entrants]
    assert refused(scene.lead.post(sign[0], {"decided_by": DECIDED})) == (409, "agreement.in_competition")
    scene.due()
    scene.opened()
    good(scene.award(0))
    assert refused(scene.lead.post(sign[0], {"decided_by": DECIDED})) == (409, "agreement.in_competition")
    scene.wait(STANDSTILL + timedelta(minutes=1))
    _tick(hub)
    assert refused(scene.lead.post(sign[1], {"decided_by": DECIDED})) == (409, "agreement.in_competition")
    assert good(scene.lead.post(sign[0], {"decided_by": DECIDED}))["status"] == "signed"


def _tick(hub: Hub) -> None:
    """The regular work that is due, and what follows."""
    with hub.database.write() as session:
        schedule.tick(session, hub.clock, hub.rng, hub.clock.now() - timedelta(hours=1))
    settle(hub)
