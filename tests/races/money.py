"""The POSTs that move money, each with what it needs and what another input would be."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import func, select

from portal.adapters import clock
from portal.db import Base
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.rules.roles import Role
from tests.worlds import Browser, Entered, World

# Who is where is no money; everything else must stay as it is when a request is refused or repeated.
ABOUT_BROWSERS = {"sittings", "keys", "grant_uses", "buckets"}
Form = dict[str, str]


@dataclass
class Scene:
    """A delivered milestone that takes many small payments, and who pays and who decides."""

    world: World
    step: Milestone = field(init=False)
    cleo: Entered = field(init=False)
    lin: Entered = field(init=False)

    def __post_init__(self) -> None:
        project = self.world.project(amounts=("100000", "10"))
        self.cleo, self.lin = self.world.contact(project), self.world.contact(project, name="Lin Li")
        self.step = self.world.deliver(self.world.milestone(project), note="Workshop held.")

    @cached_property
    def colleague(self) -> Browser:
        """Somebody else who may decide about payments."""
        return self.world.browser(self.world.member(Role.MANAGER, "Mia Manager"))

    @cached_property
    def other_payer(self) -> Browser:
        """Somebody else who may pay."""
        return self.world.entered(self.lin.code)

    def reported(self) -> Payment:
        """A payment nobody decided about."""
        return self.world.report(self.step, self.cleo, minor=1_000)

    def confirmed(self) -> Payment:
        """A payment that arrived."""
        payment = self.reported()
        self.world.confirm(payment)
        return payment


@dataclass(frozen=True)
class Post:
    """One of them: `prepare` gives the address and the form without its key, `other` what changes its input."""

    prepare: Callable[[Scene], tuple[str, Form]]
    other: Form
    by_client: bool = False

    def browser(self, scene: Scene) -> Browser:
        """A browser of whoever does it; each call is another browser of the same person."""
        return scene.world.entered(scene.cleo.code) if self.by_client else scene.world.browser(scene.world.owner)

    def somebody_else(self, scene: Scene) -> Browser:
        """Another person who may do it."""
        return scene.other_payer if self.by_client else scene.colleague


def _report(scene: Scene) -> tuple[str, Form]:
    form = {"amount": "10.00", "paid_on": _today(), "method": "bank_transfer", "reference": uuid.uuid4().hex[:10]}
    return f"/milestones/{scene.step.id}/payments", form


def _confirm(scene: Scene) -> tuple[str, Form]:
    return f"/payments/{scene.reported().id}/confirmation", {"amount": "10.00", "received_on": _today()}


def _reject(scene: Scene) -> tuple[str, Form]:
    return f"/payments/{scene.reported().id}/rejection", {"reason": "Nothing arrived."}


def _reverse(scene: Scene) -> tuple[str, Form]:
    return f"/payments/{scene.confirmed().id}/reversal", {"reason": "The bank took it back."}


def _today() -> str:
    return str(clock.today("Europe/Berlin"))


POSTS = {
    "payments.create_payment": Post(_report, {"amount": "11.00"}, by_client=True),
    "payments.create_confirmation": Post(_confirm, {"amount": "11.00"}),
    "payments.create_rejection": Post(_reject, {"reason": "Another reason."}),
    "payments.create_reversal": Post(_reverse, {"reason": "Another reason."}),
}


def rows(world: World) -> dict[str, int]:
    """How many rows each table has."""
    world.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in ABOUT_BROWSERS]
    return {table.name: world.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
