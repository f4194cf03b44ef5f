"""kill -9 at every named place of an act: repeated with the same key, it is done exactly once (F5, P3)."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from portal.adapters import clock
from portal.models.message import SAID, Message
from portal.models.outbox import Notice
from portal.models.payment import LedgerEntry, Payment, Proof
from portal.models.receipt import Receipt, ReceiptPdf
from tests import scale
from tests.architecture import reading
from tests.faults import invariants
from tests.faults.lives import PICTURE, Person, said
from tests.faults.patience import LOST, patiently
from tests.studios import Studio, opened
from tests.warm import WarmServer
from tests.worlds import Entered, World

IN_REPORTS = (
    "answer.claimed", "record.appended", "payment.reporting", "fact.kept", "proof.synced", "proof.kept",
)  # fmt: skip
IN_CONFIRMATIONS = ("answer.claimed", "record.appended", "receipt.numbered", "payment.confirming", "fact.kept")
IN_MESSAGES = ("record.appended", "message.posting", "fact.kept")
BY_ACT = {"report": IN_REPORTS, "confirmation": IN_CONFIRMATIONS, "message": IN_MESSAGES}
IN_ACTS = [(act, point) for act, points in BY_ACT.items() for point in points]
IN_JOBS = ("paper.drawn", "paper.keeping", "mail.claiming", "mail.composed", "mail.accepted", "mail.marking")
# The rest of the mails waits for the morning.
AT_ONCE = Notice.rhythm == "at_once"
REVIVALS = ("worker", "server") if scale.FULL else ("worker",)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def points_in_the_code() -> set[str]:
    """Every name that is given to a failpoint."""
    return {
        name for path in reading.python_files() for name in re.findall(r'\bfailpoint\("([^"]+)"\)', path.read_text())
    }


def test_every_point_of_the_code_is_tried() -> None:
    from tests.faults import test_upload_kills
    from tests.notifications import test_calling

    in_acts = {point for _, point in IN_ACTS}
    in_calls = {place for place, _ in test_calling.PLACES}
    tried = in_acts | in_calls | {*IN_JOBS, *test_upload_kills.ONCE, *test_upload_kills.OFTEN}
    assert tried == points_in_the_code()


@dataclass
class Scene:
    """A running studio, the note on which it is told where to die, and a client who is asked for money."""

    studio: Studio
    note: Path
    world: World
    cleo: Person
    vera: Person
    milestone: str
    entered: Entered

    def do(self, who: Person, path: str, form: dict[str, str], revival: str, **files: object) -> int:
        """Send a form until there is an answer; how often the server was gone."""
        losses = 0
        while True:
            try:
                answer = who.http.post(who.url + path, data=form, allow_redirects=False, timeout=30, **files)
            except LOST:
                losses += 1
                self.revive(revival)
                continue
            assert answer.status_code == 303, said(answer)
            return losses

    def revive(self, revival: str) -> None:
        """What comes back: another worker of the same server, or all of it."""
        if revival == "server":
            self.studio.server.kill()
            self.studio.server.start()
        patiently(self.studio.server.wait)

    def reported(self) -> str:
        """A payment that waits to be confirmed."""
        form = report() | {"reference": uuid.uuid4().hex}
        self.cleo.post(f"/milestones/{self.milestone}/payments", form)
        with self.studio.look() as session:
            return str(session.scalar(select(Payment.id).where(Payment.reference == form["reference"])))


def report() -> dict[str, str]:
    day = str(clock.today("Europe/Berlin"))
    return {
        "amount": "1.00", "paid_on": day, "method": "cash", "reference": "", "duplicate_ok": "y",
        "idempotency_key": uuid.uuid4().hex,
    }  # fmt: skip


def confirmation() -> dict[str, str]:
    day = str(clock.today("Europe/Berlin"))
    return {"amount": "1.00", "received_on": day, "idempotency_key": uuid.uuid4().hex}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder, made = tmp_path_factory.mktemp("points"), []
    note = folder / "note"

    def furnish(world: World, milestone, entered: Entered) -> None:
        world.deliver(milestone, note="Done.")
        # What is said later adds nothing to the bundle that waits for the client from now on.
        world.say(world.owner, milestone, "It is done.")
        made.extend([world, entered])

    plan = {"MILEPOST_FAILPOINT": f"@{note}"}
    with opened(folder, furnish=furnish, environment=plan, kind=WarmServer) as studio:
        url = studio.server.url
        cleo, vera = Person(url, studio.client), Person(url, studio.owner)
        yield Scene(studio, note, made[0], cleo, vera, str(studio.milestone_id), made[1])


def counts(scene: Scene) -> dict[str, int]:
    """How much there is of everything that must come exactly once."""
    tables = {"payments": Payment, "ledger": LedgerEntry, "receipts": Receipt, "proofs": Proof, "notices": Notice}
    said = select(func.count()).select_from(Message).where(Message.kind == SAID)
    with scene.studio.look() as session:
        told = session.scalar(said) or 0
        return {"messages": told} | {
            name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
        }


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def everything_holds(scene: Scene) -> None:
    with scene.studio.look() as session:
        invariants.hold(session)
        invariants.explained(session)


@pytest.mark.parametrize("revival", REVIVALS)
@pytest.mark.parametrize(("act", "point"), IN_ACTS)
def test_an_act_killed_at_any_point_is_done_once_when_it_is_sent_again(
    scene: Scene, act: str, point: str, revival: str
) -> None:
    payment = scene.reported()
    before = counts(scene)
    scene.note.write_text(f"{point}=kill")
    if act == "report":
        proof = {"proof": ("transfer.png", PICTURE, "image/png")}
        losses = scene.do(scene.cleo, f"/milestones/{scene.milestone}/payments", report(), revival, files=proof)
        wanted = {"payments": 1, "proofs": 1, "notices": 1}
    elif act == "message":
        form = {"body": "Said once", "client_key": uuid.uuid4().hex}
        losses = scene.do(scene.vera, f"/milestones/{scene.milestone}/messages", form, revival)
        wanted = {"messages": 1}
    else:
        losses = scene.do(scene.vera, f"/payments/{payment}/confirmation", confirmation(), revival)
        wanted = {"ledger": 1, "receipts": 1, "notices": 1}
    assert (losses, scene.note.read_text()) == (1, ""), f"{point} was never reached"
    assert grown(before, counts(scene)) == wanted
    everything_holds(scene)


@pytest.mark.parametrize("revival", REVIVALS)
@pytest.mark.parametrize("point", IN_JOBS)
def test_a_job_killed_at_any_point_is_done_by_whoever_comes_next(scene: Scene, point: str, revival: str) -> None:
    payment = scene.reported()
    scene.note.write_text(f"{point}=kill")
    scene.do(scene.vera, f"/payments/{payment}/confirmation", confirmation(), revival)
    until(lambda: scene.note.read_text() == "")
    scene.revive(revival)
    let_leases_end(scene)
    until(lambda: is_all_done(scene))
    everything_holds(scene)
    sent = [path.stem for path in (scene.studio.server.instance / "outbox").glob("*.eml")]
    with scene.studio.look() as session:
        assert sorted(sent) == sorted(map(str, session.scalars(select(Notice.id).where(AT_ONCE))))


def let_leases_end(scene: Scene) -> None:
    """As if the ten minutes were over, and the clock hinted at notices."""
    with scene.studio.look() as session:
        session.execute(update(Notice).where(Notice.sent_at.is_(None)).values(claimed_until=None))
        session.commit()
    scene.reported()


def is_all_done(scene: Scene) -> bool:
    with scene.studio.look() as session:
        unsent = select(func.count()).select_from(Notice).where(AT_ONCE, Notice.sent_at.is_(None))
        drawn = select(func.count()).select_from(ReceiptPdf)
        receipts = select(func.count()).select_from(Receipt)
        return session.scalar(unsent) == 0 and session.scalar(drawn) == session.scalar(receipts)


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
