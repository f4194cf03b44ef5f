"""What projects are sorted by follows their facts, whoever changes them."""

from __future__ import annotations

from datetime import date, timedelta

from portal.models.project import Project
from portal.rules.desk import AT_ONCE, SOON, Phase
from portal.services import payments, projects
from tests.worlds import World


def lies(world: World, project: Project) -> tuple[Phase, date | None]:
    world.session.refresh(project)
    return project.phase, project.asks_on


def test_a_project_moves_over_the_desk_as_its_life_goes(world: World) -> None:
    project = world.draft(amounts=("1500",))
    assert lies(world, project) == (Phase.DRAFT, None)
    projects.start(world.session, actor=world.owner, project=project)
    step, cleo = world.milestone(project), world.contact(project)
    assert lies(world, project) == (Phase.ACTIVE, step.due_on - SOON)
    world.deliver(step, note="Workshop held.")
    assert lies(world, project) == (Phase.ACTIVE, step.due_on + timedelta(days=1))
    payment = world.report(step, cleo)
    assert lies(world, project) == (Phase.ACTIVE, AT_ONCE)
    world.confirm(payment)
    assert lies(world, project) == (Phase.FINISHED, None)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())
    assert lies(world, project) == (Phase.ACTIVE, AT_ONCE)


def test_searching_finds_a_project_under_its_new_title(world: World) -> None:
    project = world.draft()
    project.title = "ＮＥＵＥ Straße"
    assert project.title_folded == "neue strasse"
