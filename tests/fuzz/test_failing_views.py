"""I12: when a view or a transaction breaks, the page says so without saying what, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.config import Config
from portal.models.sitting import Bucket
from portal.web.installation import db, installation
from tests import scale
from tests.access.stage import things
from tests.fuzz import asking, making, stands
from tests.fuzz.asking import Asked
from tests.fuzz.kept import Kept
from tests.fuzz.stands import STANDS, Stand
from tests.ground import Ground
from tests.worlds import World

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True), pytest.mark.scaled]
SECRET = "the password is hunter2 in /etc/milepost/secret.py"
# What is still missing from the values that tell the forms where they stand.
RIGHT = {
    "note": "Done.", "typed_name": "Cleo Chen", "reason": "It went back.", "address": "Here 1", "confirm": "Step 1",
    "code": "0000-0000-0000-0000", "time_zone": "Asia/Tokyo", "bank_holder": "Vera",
}  # fmt: skip
SLOW = (stands.login, stands.password, stands.colleague, stands.rows)


def breaking(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that writes something and then breaks, for those who may use it."""

    def broken(**_values: Any) -> Any:
        db().add(Bucket(name="half done", millitokens=1, filled_ms=1))
        db().flush()
        raise RuntimeError(SECRET)

    broken.policy = view.policy  # type: ignore[attr-defined]  # what the gatehouse reads
    return broken


def well_told(answer: Any, asked: Asked) -> list[str]:
    """What is wrong with the page that tells of a failure."""
    wrong = [each for each in asking.broken(asked, answer) if not each.startswith("status 500")]
    wrong += [] if answer.status_code == 500 else [f"{answer.status_code} ← {asked}"]
    return wrong + [
        f"says {word} ← {asked}" for word in ("hunter2", "RuntimeError", ".py") if word.encode() in answer.data
    ]


def all_told(asks: list[Asked], answers: list[Any]) -> list[str]:
    """Of two people one may use the address, or both; to the other it is not there."""
    reached = [pair for pair in zip(answers, asks, strict=True) if pair[0].status_code != 404]
    return [each for pair in reached for each in well_told(*pair)] if reached else [f"nobody reached {asks[0]}"]


def half_done(app: Flask) -> int:
    with installation(app).sessions() as session:
        return session.query(Bucket).filter(Bucket.name == "half done").count()


@pytest.fixture
def app(settings: Config, ground: Ground) -> Iterator[Flask]:
    """An application of this test's own, to be changed."""
    with ground.application_of_its_own(settings) as made:
        yield made


def test_a_failure_in_any_view_tells_nothing_and_writes_nothing(world: World) -> None:
    project = world.project()
    entered = world.contact(project)
    ids = things(world, project, entered) | {"brand": world.owner.vendor_id}
    app, wrong, counted = world.app, [], 0
    browsers = [asking.credentials(each) for each in (world.browser(world.owner), world.entered(entered.code))]
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = breaking(view)
    kept, chance = Kept(app), scale.chance("views")
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = making.filled(rule, ids, chance, odd_ids=0)
            for accept in ("text/html", "application/json"):
                asks = [Asked(method, path, headers=known | {"Accept": accept}) for known in browsers]
                answers = [asking.send(app, asked) for asked in asks]
                wrong += all_told(asks, answers)
                counted += 1
    assert (wrong, kept.changed(), half_done(app)) == ([], [], 0)
    kept.close()
    scale.figure("I12", "failures forced in every view", requests=counted)


@pytest.fixture
def no_commit(app: Flask) -> Iterator[Callable[[bool], None]]:
    """A database that breaks at the moment of keeping, while it is switched on."""
    state = {"on": False}

    def fail(_session: Session) -> None:
        if state["on"]:
            raise RuntimeError(SECRET)

    event.listen(installation(app).sessions, "before_commit", fail)
    yield lambda on: state.update(on=on)
    event.remove(installation(app).sessions, "before_commit", fail)


@pytest.mark.parametrize("stand", [each for each in STANDS if each.place not in SLOW], ids=lambda stand: stand.name)
def test_a_failure_while_a_form_is_kept_leaves_nothing_of_it(
    world: World, no_commit: Callable[[bool], None], stand: Stand
) -> None:
    sent = stand.place(world)
    known, kept = asking.credentials(sent.browser), Kept(world.app)
    form = RIGHT | {name: text for name, text in sent.likely.items() if text.strip()}
    no_commit(True)
    answer = sent.browser.client.post(sent.address, data=form, headers={"X-CSRFToken": known["X-CSRFToken"]})
    no_commit(False)
    assert well_told(answer, Asked("POST", sent.address)) == []
    assert kept.changed() == []
    kept.close()
    assert sent.browser.client.post(sent.address, data=form | {"csrf_token": known["X-CSRFToken"]}).status_code < 500
