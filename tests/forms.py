"""Forms as browsers send them, and what the boxes of a page hold: shared by the tests of pages."""

from __future__ import annotations

import re

from sqlalchemy import select

from portal.models.milestone import Milestone
from portal.models.project import Project
from tests.worlds import World, in_days

HTMX = {"HX_Request": "true"}
FIVE = ("15", "25", "30", "20", "10")
HEAD = {
    "title": "Cherry Harvest website", "client_name": "Cherry Harvest GmbH", "contact_name": "Cleo Chen",
    "contact_email": "cleo@cherry.example", "currency": "EUR", "price": "10,000", "time_zone": "Europe/Berlin",
    "locale": "en", "kind": "website", "flow": "pay_to_unlock",
}  # fmt: skip


def rows(*cells: dict[str, str]) -> dict[str, str]:
    """Fields of rows, numbered from 0, with a title and a date unless said otherwise."""
    usual = [{"title": f"Step {n}", "due_on": in_days(10 * n)} | cell for n, cell in enumerate(cells, start=1)]
    return {f"milestones-{n}-{name}": text for n, row in enumerate(usual) for name, text in row.items()}


def by_share(*shares: str, **head: str) -> dict[str, str]:
    return HEAD | rows(*({"share": share} for share in shares)) | head


def by_amount(*amounts: str, **head: str) -> dict[str, str]:
    return HEAD | {"price": ""} | rows(*({"amount": amount} for amount in amounts)) | head


def typed(page: str) -> dict[str, str]:
    """What the boxes of a page hold, by name: what a browser would send next."""
    boxes = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and not ('type="radio"' in tag and "checked" not in tag):
            boxes[name[1]] = value[1] if value else ""
    return boxes | dict(re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL))


def sums(page: str) -> list[str]:
    return re.findall(r'id="milestone-\d+-sum"[^>]*>([^<]*)<', page)


def beside(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">.*?<span>([^<]*)</span>', page, re.DOTALL)
    return found[1] if found else ""


def made(world: World) -> list[Project]:
    world.session.rollback()
    return list(world.session.scalars(select(Project).where(Project.vendor_id == world.owner.vendor_id)))


def amounts(world: World, project: Project) -> list[int]:
    mine = select(Milestone.amount_minor).where(Milestone.project_id == project.id).order_by(Milestone.position)
    return list(world.session.scalars(mine))


def unsigned(page: str) -> str:
    """A page without its tokens, which say in which second it was made: for comparing it with another."""
    return re.sub(r'csrf_token"[^>]*value="[^"]+|X-CSRFToken": "[^"]+', "", page)
