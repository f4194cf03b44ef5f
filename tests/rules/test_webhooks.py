"""Which addresses may be kept, which answers count as a success, and how long it is waited."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.rules import events, webhooks
from portal.rules.call_addresses import read_address
from portal.rules.errors import Invalid
from portal.rules.webhooks import CHOOSABLE, TOLD, Format, Happening, Trouble, refusal

GOOD = {
    "https://hooks.example.org/a/b?c=d&e=f": "https://hooks.example.org:443/a/b?c=d&e=f",
    " https://HOOKS.example.org ": "https://hooks.example.org:443/",
    "https://example.org:8443?x": "https://example.org:8443/?x",
    "https://例子.测试/x": "https://xn--fsqu00a.xn--0zwm56d:443/x",
    "https://[2606:4700::1111]/x": "https://[2606:4700::1111]:443/x",
    "https://example.org/#part": "https://example.org:443/",
}
BAD = [
    "", "example.org", "//example.org", "ftp://example.org", "file:///etc/passwd", "javascript:alert(1)", "https://",
    "https:///x", "https://user@example.org", "https://user:pass@example.org", "https://example.org:0",
    "https://example.org:99999", "https://example.org:x", "https://[::1", "https://exa mple.org/",
    "https://example.org/a b",
    "https://example.org/\x00", "https://example.org/ä", "https://-x.example/", "https://" + "a" * 70 + ".example/",
    "https://example.org/" + "a" * 1000, "https://a..b/",
]  # fmt: skip


@pytest.mark.parametrize("typed", GOOD)
def test_an_address_is_kept_in_one_way_of_writing(typed: str) -> None:
    assert read_address(typed, private=False).text == GOOD[typed]
    assert read_address(GOOD[typed], private=False).text == GOOD[typed]


@pytest.mark.parametrize("typed", BAD)
@pytest.mark.parametrize("private", [False, True])
def test_what_cannot_be_called_is_refused(typed: str, private: bool) -> None:
    with pytest.raises(Invalid):
        read_address(typed, private=private)


def test_plain_http_is_for_private_networks_only() -> None:
    with pytest.raises(Invalid, match="https://"):
        read_address("http://example.org/", private=False)
    assert read_address("http://example.org/", private=True).text == "http://example.org:80/"


@pytest.mark.parametrize(
    ("kind", "status", "answer", "trouble"),
    [
        (Format.MILEPOST, 200, "", None),
        (Format.MILEPOST, 204, "anything", None),
        (Format.MILEPOST, 301, "", Trouble.REFUSED),
        (Format.MILEPOST, 500, "ok", Trouble.REFUSED),
        (Format.SLACK, 200, "ok", None),
        (Format.SLACK, 400, "invalid_payload", Trouble.REFUSED),
        (Format.WECOM, 200, '{"errcode":0,"errmsg":"ok"}', None),
        (Format.WECOM, 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', Trouble.ROBOT_REFUSED),
        (Format.DINGTALK, 200, '{"errcode":310000,"errmsg":"sign not match"}', Trouble.ROBOT_REFUSED),
        (Format.FEISHU, 200, '{"code":0,"msg":"success","StatusCode":0}', None),
        (Format.FEISHU, 200, '{"StatusCode":0,"StatusMessage":"success"}', None),
        (Format.FEISHU, 200, '{"code":19021,"msg":"sign match fail"}', Trouble.ROBOT_REFUSED),
        (Format.FEISHU, 200, "<html>", Trouble.NO_ROBOT),
        (Format.FEISHU, 200, "[]", Trouble.NO_ROBOT),
        (Format.WECOM, 200, "null", Trouble.NO_ROBOT),
        (Format.WECOM, 200, "{}", Trouble.ROBOT_REFUSED),
        (Format.WECOM, 502, '{"errcode":0}', Trouble.REFUSED),
    ],
)
def test_a_robot_that_says_no_with_a_200_has_said_no(
    kind: Format, status: int, answer: str, trouble: Trouble | None
) -> None:
    assert refusal(kind, status, answer) is trouble


def test_the_wait_doubles_from_a_minute_to_a_day() -> None:
    waits = [webhooks.wait(attempt) // timedelta(minutes=1) for attempt in range(1, 15)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]
    assert webhooks.wait(10_000) == timedelta(days=1)


def test_every_event_that_can_be_chosen_comes_from_one_fact_and_has_words() -> None:
    assert len(set(TOLD.values())) == len(TOLD) == len(CHOOSABLE)
    assert set(Happening) - set(CHOOSABLE) == {Happening.TEST}
    assert all(issubclass(fact, events.Event) for fact in TOLD)
    assert all(thing.label for kind in (Format, Happening, Trouble) for thing in kind)


def test_what_is_chosen_must_be_known_and_is_kept_in_one_order() -> None:
    assert webhooks.read_events(["payment.confirmed", "test", "nonsense", "project.started"]) == (
        "project.started payment.confirmed"
    )
    for chosen in ([], ["test"], ["nonsense"]):
        with pytest.raises(Invalid):
            webhooks.read_events(chosen)
