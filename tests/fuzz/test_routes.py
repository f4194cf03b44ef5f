"""Every address with all that could stand in a request: the answer is polite and sealed, a refusal writes nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import scale
from tests.access.stage import things
from tests.fuzz import asking, making
from tests.fuzz.kept import Kept
from tests.worlds import World

LEAVING = ("/logout", "/leave", "/enter", "/login")
WHO = ("nobody", "owner", "contact")


class Callers:
    """Nobody, the owner and a contact, let in again whenever an act of theirs ended their stay."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.world = app, World.founded(app, session)
        project = self.world.project()
        self.entered = self.world.contact(project)
        self.ids = things(self.world, project, self.entered)
        self.known: dict[str, dict[str, str]] = {}

    def headers(self, name: str) -> dict[str, str]:
        """What their browser shows."""
        if name not in self.known:
            made = {
                "nobody": self.world.stranger,
                "owner": lambda: self.world.browser(self.world.owner),
                "contact": lambda: self.world.entered(self.entered.code),
            }
            self.known[name] = asking.credentials(made[name]())
        return self.known[name]

    def look_again(self, name: str) -> None:
        """Forget a browser that may have been shown the door."""
        self.known.pop(name, None)


# A form that is cut off in the middle of a file leaves it to the collector, who gets it at once.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile:ResourceWarning")
@pytest.mark.scaled
# Ten thousand requests each, in full.
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", WHO)
def test_any_request_to_any_address_is_answered_politely_and_a_refusal_writes_nothing(
    app: Flask, session: Session, who: str
) -> None:
    chance, callers = scale.chance(f"routes {who}"), Callers(app, session)
    callers.headers(who)
    kept, wrong, seen = Kept(app), [], set()
    pairs = making.addresses(app)
    for _ in range(count := scale.cases(330, 10_000)):
        asked = making.made(callers.headers(who), callers.ids, next(pairs), chance)
        answer = asking.send(app, asked)
        seen.add(answer.status_code)
        wrong += asking.broken(asked, answer)
        changed = kept.changed()
        if answer.status_code >= 400 and changed:
            wrong.append(f"{answer.status_code} wrote {changed} ← {asked}")
        if asked.path in LEAVING:
            callers.look_again(who)
            callers.headers(who)
            kept.changed()
    kept.close()
    assert wrong == []
    scale.figure("C6", f"odd requests as {who}", requests=count, statuses=len(seen))
