"""Makes the studio and tells every story at its own moments, all of them in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from portal.access.actor import MemberActor
from portal.adapters import clock, mail
from portal.config import Config
from portal.demo import abroad, home
from portal.demo.desk import BERLIN, Desk
from portal.demo.home import Story
from portal.models.vendor import Member, Vendor
from portal.notifications import dispatch
from portal.rules.roles import Role
from portal.services import members, vendors

EMAIL = "vera@stein-studio.example"
STORIES: tuple[Callable[[Desk], Story], ...] = (
    home.cherry_harvest,
    home.nordlicht,
    abroad.jinqiu_tea,
    abroad.clinic,
    abroad.hanamachi,
    abroad.spree_yoga,
    home.bergfest,
    home.museum,
    home.lumen,
    abroad.jinqiu_app,
    home.kiez_radio,
    abroad.tidal,
    home.cherry_ordering,
)
BETWEEN_ACTS = timedelta(minutes=4)


def tell(session: Session, password: str, config: Config) -> dict[str, str]:
    """Fill an empty installation. Returns the access codes, each under its project and person.

    Mails are written to the instance at the moments of their facts, never sent: nobody lives at these addresses.
    """
    latest = clock.now() - timedelta(minutes=2)
    desk = open_studio(session, password)
    folder = mail.Folder(config.outbox_folder)
    send = partial(dispatch.send_due, session, post=folder, sender=config.mail_from)
    _play([story(desk) for story in STORIES], latest, send)
    return desk.codes


def open_studio(session: Session, password: str) -> Desk:
    """Vera Stein Studio with its three people, eleven weeks ago."""
    with clock.at(clock.now() - timedelta(days=77)):
        vera = vendors.found(session, founding=_founding(password))
        owner = _actor(vera)
        vendor = session.get_one(Vendor, owner.vendor_id)
        vendors.present(session, actor=owner, vendor=vendor, presentation=_presentation())
        vendors.change_payee(session, actor=owner, vendor=vendor, payee=_payee())
        colleagues = [
            members.add(session, actor=owner, vendor=vendor, newcomer=members.Newcomer(name, email, role))[0]
            for name, email, role in (
                ("Max Krüger", "max@stein-studio.example", Role.MANAGER),
                ("Lena Hoffmann", "lena@stein-studio.example", Role.MEMBER),
            )
        ]
    return Desk(session, owner, _actor(colleagues[0]), _actor(colleagues[1]), clock.today(BERLIN))


def _play(stories: list[Story], latest: datetime, send: Callable[[], object]) -> None:
    """Wake each story when its moment comes, then send its mails. None goes backwards, none lies in the future."""
    waiting: list[tuple[datetime, int]] = []
    for number, story in enumerate(stories):
        heapq.heappush(waiting, (next(story), number))
    while waiting:
        moment, number = heapq.heappop(waiting)
        with clock.at(min(moment, latest)):
            following = next(stories[number], None)
            send()
        if following is not None:
            heapq.heappush(waiting, (max(following, moment + BETWEEN_ACTS), number))


def _founding(password: str) -> vendors.Founding:
    return vendors.Founding("Vera Stein Studio", "Vera Stein", EMAIL, password, "en", BERLIN, "EUR")


def _presentation() -> vendors.Presentation:
    return vendors.Presentation(
        name="Vera Stein Studio",
        address="Weserstraße 12\n12047 Berlin\nGermany",
        tax_id="DE 301 555 912",
        email="hello@stein-studio.example",
        brand_colour="#11604A",
        time_zone=BERLIN,
        locale="en",
        currency="EUR",
    )


def _payee() -> vendors.Payee:
    return vendors.Payee(
        pay_instructions="Please use the reference shown, so that we find it at once.\nWeChat Pay: VeraSteinStudio",
        bank_holder="Vera Stein Studio",
        bank_name="Spreebank Berlin",
        bank_account="DE89 3704 0044 0532 0130 00",
        bank_code="COBADEFFXXX",
    )


def _actor(member: Member) -> MemberActor:
    return MemberActor(
        member.id,
        member.vendor_id,
        member.name,
        member.role,
        member.locale,
        member.time_zone,
        None,
        "Vera Stein Studio",
    )
