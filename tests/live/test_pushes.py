"""What is pushed is the very partial of the page, for each audience in its language and with what it may see."""

from __future__ import annotations

import re

import requests

from tests.live.people import listening
from tests.live.stages import Stage


def partial_on_page(stage: Stage, who: str, message_id: str) -> str:
    page = requests.get(
        f"{stage.url}/milestones/{stage.ids['milestone']}/messages", headers=stage.people[who], timeout=30
    )
    found = re.search(rf'<article id="{message_id}".*?</article>', page.text, re.DOTALL)
    assert found, page.text[-3000:]
    return found[0]


def test_a_message_comes_as_the_page_would_show_it_to_either_side(stage: Stage):
    with listening(stage.url, stage.people["owner"], stage.people["cleo"]) as sockets:
        assert stage.say("cleo", "**Seen** by <both> & 你好").status_code == 303
        for who, socket in zip(("owner", "cleo"), sockets, strict=True):
            pushed = socket.wait_for("fragment", lambda content: "你好" in content["html"])
            assert pushed["target"] == f"#messages-{stage.ids['milestone']}"
            message_id = re.search(r'id="(message-[0-9a-f-]+)"', pushed["html"])[1]
            assert partial_on_page(stage, who, message_id) == pushed["html"].strip()
    assert "message-theirs" in sockets[0].fragments()[0]["html"]
    assert "message-ours" in sockets[1].fragments()[0]["html"]


def test_everybody_hears_it_in_the_language_of_their_page(stage: Stage):
    answer = stage.post("cleo", "/locale", locale="zh_Hans", next="/projects")
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    with listening(stage.url, {"Cookie": cookie}, stage.people["owner"]) as [zh, en]:
        stage.say("owner", "in two languages")
        assert "回复" in zh.wait_for("fragment", lambda content: "in two" in content["html"])["html"]
        assert "Reply" in en.wait_for("fragment", lambda content: "in two" in content["html"])["html"]
    assert stage.post("cleo", "/locale", locale="en", next="/projects").status_code == 303


def test_reading_shows_the_other_side_how_far(stage: Stage):
    with listening(stage.url, stage.people["owner"], stage.people["cleo"]) as [owner, cleo]:
        stage.say("owner", "have you read this?")
        pushed = cleo.wait_for("fragment", lambda content: "have you read" in content["html"])
        assert cleo.say("read", {"thread": pushed["thread"], "seq": pushed["seq"]}) == {"ok": True}
        again = owner.wait_for(
            "fragment", lambda content: content["swap"] == "replace" and "have you" in content["html"]
        )
        assert "Seen by" in again["html"]
        assert "Cleo Chen" in again["html"]


def test_a_change_and_a_withdrawal_come_by_themselves(stage: Stage):
    with listening(stage.url, stage.people["cleo"]) as [cleo]:
        stage.say("owner", "a typo hrere")
        html = cleo.wait_for("fragment", lambda content: "hrere" in content["html"])["html"]
        message = re.search(r'id="message-([0-9a-f-]+)"', html)[1]
        assert stage.post("owner", f"/messages/{message}/versions", body="no typo here").status_code == 303
        assert cleo.wait_for("fragment", lambda content: "no typo" in content["html"])["swap"] == "outerHTML"
        assert stage.post("owner", f"/messages/{message}/deletion").status_code == 303
        cleo.wait_for("fragment", lambda content: "was taken back" in content["html"])


def test_facts_come_into_the_conversation_and_pages_are_told_to_look_again(stage: Stage):
    with listening(stage.url, stage.people["cleo"], stage.people["payer"], stage.people["viewer"]) as sockets:
        cleo, payer, viewer = sockets
        answer = stage.post("owner", f"/milestones/{stage.ids['milestone']}/submission", note="It is done.")
        assert answer.status_code == 303, answer.text
        for listener in (cleo, viewer):
            listener.wait_for(
                "fragment", lambda content: "message-fact" in content["html"] and "delivered" in content["html"]
            )
        for listener in sockets:
            listener.wait_for("changed", lambda content: content["topic"] == f"project:{stage.ids['project']}")
        assert payer.fragments() == []


def test_whoever_may_not_see_payments_is_told_no_amounts(stage: Stage):
    with listening(stage.url, stage.people["owner"], stage.people["viewer"]) as [owner, viewer]:
        form = {"amount": "100.00", "paid_on": "2026-11-20", "method": "bank_transfer", "reference": "X1",
                "idempotency_key": "a-key-of-this-test"}  # fmt: skip
        answer = stage.post("cleo", f"/milestones/{stage.ids['milestone']}/payments", **form)
        assert answer.status_code == 303, answer.text
        assert "100.00" in owner.wait_for("fragment", lambda content: "reported" in content["html"])["html"]
        told = viewer.wait_for(
            "fragment", lambda content: "message-fact" in content["html"] and "payment" in content["html"]
        )
        assert "100" not in re.sub(r'"[^"]*"', "", told["html"])


def test_typing_is_told_to_the_others_and_not_to_oneself(stage: Stage):
    with listening(stage.url, stage.people["owner"], stage.people["cleo"], stage.people["cleo"]) as [owner, one, other]:
        one.say("typing", {"thread": str(stage.ids["milestone"])})
        assert owner.wait_for("typing")["name"] == "Cleo Chen"
        other.wait_for("typing")
        assert [name for name, _ in one.heard if name == "typing"] == []
