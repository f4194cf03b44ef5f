"""Files are fetched while money arrives and goes back again: nothing leaves once they are locked anew (E2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.models.deliverable import Download
from portal.models.payment import LedgerEntry, Payment
from portal.rules.gate import EntryKind
from portal.services import payments
from portal.web import files, gates
from tests import scale
from tests.worlds import Browser, Entered, World, fresh_session

CYCLES = scale.cases(8, full=250)
CONTENT = b"%PDF-1.7 the original" * 10
SERVED = (200, 206)
pytestmark = [pytest.mark.scaled, pytest.mark.timeout(scale.cases(300, full=1800))]


@dataclass(frozen=True)
class Span:
    """What was so, or what was answered, from one moment to another (monotonic seconds)."""

    begun: float
    ended: float
    status: int = 0

    def within(self, other: Span) -> bool:
        return other.begun <= self.begun and self.ended <= other.ended


class Scene:
    """A delivered file and whoever paid for it, once and again."""

    def __init__(self, world: World) -> None:
        self.world, project = world, world.project()
        self.cleo: Entered = world.contact(project)
        self.step = world.milestone(project)
        self.file_id = world.store(self.step, "plan.pdf", CONTENT).id
        world.deliver(self.step, note="All of it.")
        # Read here once: the fetchers must not touch the session of the test.
        step_id = self.step.id
        self.ways: list[Callable[[Browser], Any]] = [
            lambda browser: browser.get(f"/deliverables/{self.file_id}/file"),
            lambda browser: browser.get(f"/deliverables/{self.file_id}/file", Range="bytes=5-20"),
            lambda browser: browser.get(f"/milestones/{step_id}/archive.zip"),
        ]

    def reverse(self, payment_id: UUID, session: Session | None = None) -> None:
        session = session or self.world.session
        payment = session.get_one(Payment, payment_id)
        payments.reverse(session, actor=self.world.owner, payment=payment, reason="Gone.", ticket=self.world.ticket())

    def switch(self, cycles: int) -> tuple[list[Span], list[Span]]:
        """Pay and take it back, over and over: when it was surely open, and when it was surely locked."""
        opened, locked, locked_at = [], [], time.monotonic()
        for _ in range(cycles):
            payment = self.world.report(self.step, self.cleo)
            locked.append(Span(locked_at, time.monotonic()))
            self.world.confirm(payment)
            opened_at = time.monotonic()
            time.sleep(0.02)
            opened.append(Span(opened_at, time.monotonic()))
            self.reverse(payment.id)
            locked_at = time.monotonic()
            time.sleep(0.02)
        return opened, locked


class Fetcher(threading.Thread):
    """Fetches in one way, again and again."""

    def __init__(self, scene: Scene, way: Callable[[Browser], Any]) -> None:
        super().__init__()
        self.way, self.browser = way, scene.world.entered(scene.cleo.code)
        self.enough, self.answers = threading.Event(), list[Span]()

    def run(self) -> None:
        while not self.enough.is_set():
            begun = time.monotonic()
            with self.way(self.browser) as answer:
                assert answer.data
                self.answers.append(Span(begun, time.monotonic(), answer.status_code))


def fetched_meanwhile(scene: Scene, cycles: int) -> tuple[list[Span], list[Span], list[Span]]:
    """Every answer; and when it was open, and when locked."""
    fetchers = [Fetcher(scene, way) for way in scene.ways]
    for fetcher in fetchers:
        fetcher.start()
    try:
        opened, locked = scene.switch(cycles)
    finally:
        for fetcher in fetchers:
            fetcher.enough.set()
        for fetcher in fetchers:
            fetcher.join()
    return [answer for fetcher in fetchers for answer in fetcher.answers], opened, locked


def served_within(answers: list[Span], spans: list[Span], served: bool) -> list[Span]:
    """Those that were begun and answered within one of the spans, and were served (or refused)."""
    inside = [answer for answer in answers if any(answer.within(span) for span in spans)]
    return [answer for answer in inside if (answer.status in SERVED) is served]


def test_nothing_is_served_between_a_reversal_and_the_next_payment(world: World) -> None:
    scene = Scene(world)
    answers, opened, locked = fetched_meanwhile(scene, CYCLES)
    assert {answer.status for answer in answers} <= {*SERVED, 403, 409}
    assert served_within(answers, locked, True) == []
    assert served_within(answers, opened, False) == []
    assert served_within(answers, locked, False)
    assert any(answer.status in SERVED for answer in answers)
    if world.session.get_bind().dialect.name == "sqlite":
        assert logged_while_locked(world.session) == []
    database = world.session.get_bind().dialect.name
    scale.figure("E2", f"paid, reversed and fetched at once, {database}", interleavings=2 * CYCLES, GETs=len(answers))


def logged_while_locked(session: Session) -> list[Download]:
    """Archives that left although they were begun after a reversal and before the next payment.

    SQLite has one writer at a time, so the instants written are in the order of the transactions. Archives, because
    each has a row of its own; the ranges of a file share one.
    """
    session.rollback()
    entries = list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.at)))
    left = session.scalars(select(Download).where(Download.sent_bytes > 0, Download.what == "archive"))
    return [download for download in left if not _is_open(entries, download)]


def _is_open(entries: list[LedgerEntry], download: Download) -> bool:
    before = [entry for entry in entries if entry.at < download.started_at]
    return bool(before) and before[-1].kind is EntryKind.PAYMENT


def test_control_a_gate_that_remembers_serves_what_is_locked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a kept answer instead of the ledger's, the check above finds what was served."""
    scene, kept = Scene(world), {}
    read = ledger.facts

    def remembered(session: Session, milestone_id: UUID) -> Any:
        facts = read(session, milestone_id)
        if facts.net_minor >= facts.due_minor:
            kept[milestone_id] = facts
        return kept.get(milestone_id, facts)

    monkeypatch.setattr(gates, "ledger", SimpleNamespace(facts=remembered))
    answers, _, locked = fetched_meanwhile(scene, 4)
    assert served_within(answers, locked[1:], True)


@pytest.mark.parametrize("way", range(3), ids=["file", "range", "archive"])
def test_a_reversal_between_the_gate_and_the_first_byte_still_locks(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, way: int
) -> None:
    """The log of what leaves waits for the database; meanwhile the money may have gone back."""
    scene = Scene(world)
    payment = world.report(scene.step, scene.cleo)
    world.confirm(payment)
    begin, payment_id = files.metering.downloads.begin, payment.id

    def late(session: Session, **given: Any) -> UUID:
        with fresh_session(app) as other:
            scene.reverse(payment_id, other)
        return begin(session, **given)

    monkeypatch.setattr(files.metering.downloads, "begin", late)
    answer = scene.ways[way](world.entered(scene.cleo.code))
    assert answer.status_code == 409
    assert b"original" not in answer.data
