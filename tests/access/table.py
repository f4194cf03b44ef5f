"""Who may use which address: for each method and address, who may ("may"), and who sees it but may not ("sees", 403).

For everybody else it does not exist (404). Addresses without an object have no foreign or missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from tests.access.people import EVERYBODY

LEADS = ("owner", "manager")
MEMBERS = ("owner", "manager", "member")
CONTACTS = ("full", "viewer", "payer")
PARTIES = MEMBERS + CONTACTS
ANY_MEMBER = (*MEMBERS, "other owner", "other manager", "other member")
ANY_CONTACT = (*CONTACTS, "neighbour", "other contact")


@dataclass(frozen=True)
class Door:
    """One method of one address. `home` is where a stranger is sent: "" for a bare 401, "404" for nowhere."""

    may: tuple[str, ...]
    sees: tuple[str, ...] = ()
    home: str = "/enter"


def open_to_all() -> Door:
    return Door(may=EVERYBODY)


def members_of_any(*, home: str = "/login") -> Door:
    return Door(may=ANY_MEMBER, home=home)


# Whoever only pays takes no part in what is said.
TALKING = Door(may=(*MEMBERS, "full", "viewer"), sees=("payer",))

# Addresses about nobody's thing in particular.
PLAIN = {
    ("GET", "/"): Door(may=ANY_MEMBER + ANY_CONTACT),
    ("GET", "/brand/<uuid:vendor_id>-<int:version>.css"): open_to_all(),
    ("GET", "/brand/<uuid:vendor_id>-<int:version>/logo"): open_to_all(),
    # Whoever knows the link.
    ("GET", "/calendar/<token>.ics"): open_to_all(),
    # A contact's form names whose link it is; an empty one finds nobody.
    ("POST", "/calendar"): Door(may=ANY_MEMBER),
    ("POST", "/calendar/revocation"): Door(may=ANY_MEMBER),
    ("GET", "/enter"): open_to_all(),
    ("POST", "/enter"): open_to_all(),
    ("GET", "/healthz"): open_to_all(),
    ("GET", "/readyz"): open_to_all(),
    ("POST", "/locale"): open_to_all(),
    ("GET", "/login"): open_to_all(),
    ("POST", "/login"): open_to_all(),
    ("GET", "/setup"): Door(may=(), home="404"),
    ("POST", "/setup"): Door(may=(), home="404"),
    ("GET", "/static/<path:filename>"): open_to_all(),
    ("GET", "/projects"): Door(may=ANY_MEMBER + ANY_CONTACT),
    ("GET", "/projects/new"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/projects"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/projects/rows"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/leave"): Door(may=ANY_CONTACT),
    ("POST", "/logout"): members_of_any(),
    ("OPTIONS", "/uploads"): open_to_all(),
    # Without a word what the file is for: whoever is in is told so.
    ("POST", "/uploads"): Door(may=ANY_MEMBER + ANY_CONTACT, home=""),
    ("GET", "/settings"): members_of_any(),
    ("GET", "/settings/studio"): members_of_any(),
    ("GET", "/settings/account/password"): members_of_any(),
    ("GET", "/settings/account/zone"): members_of_any(),
    ("POST", "/settings/studio"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("GET", "/settings/payment"): members_of_any(),
    ("POST", "/settings/payment"): Door(
        may=("owner", "other owner"), sees=("manager", "member", "other manager", "other member"), home="/login"
    ),
    ("GET", "/settings/members"): members_of_any(),
    ("POST", "/settings/members"): Door(
        may=("owner", "other owner"), sees=("manager", "member", "other manager", "other member"), home="/login"
    ),
    ("GET", "/settings/account"): members_of_any(),
    ("GET", "/settings/connections"): members_of_any(),
    ("POST", "/settings/webhooks"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/settings/account/password"): members_of_any(),
    ("POST", "/settings/account/sittings"): members_of_any(),
    ("POST", "/settings/account/zone"): members_of_any(),
    ("GET", "/settings/notices"): members_of_any(),
    ("POST", "/settings/notices"): members_of_any(),
    ("GET", "/settings/mail"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("GET", "/notices"): Door(may=ANY_CONTACT),
    ("POST", "/notices"): Door(may=ANY_CONTACT),
    # Whoever has the link from a mail: the token in it is the permission.
    ("GET", "/notices/<token>"): open_to_all(),
    ("POST", "/notices/<token>"): open_to_all(),
    ("GET", "/notices/<token>/unsubscription"): open_to_all(),
    ("POST", "/notices/<token>/unsubscription"): open_to_all(),
}

# Addresses about one thing of one vendor.
THINGS = {
    ("GET", "/projects/<uuid>"): Door(may=PARTIES),
    ("GET", "/projects/<uuid>/edit"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/terms"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/rows"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/start"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/projects/<uuid>/client"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/client"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/projects/<uuid>/contacts"): Door(may=MEMBERS, home="/login"),
    ("POST", "/projects/<uuid>/grants"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/grants/<uuid>/rotation"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/grants/<uuid>/revocation"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/projects/<uuid>/record"): Door(may=PARTIES),
    ("GET", "/projects/<uuid>/record.jsonl"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("GET", "/projects/<uuid>/updates"): Door(may=PARTIES),
    ("POST", "/projects/<uuid>/updates"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/rhythm"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/updates/<uuid>"): Door(may=PARTIES),
    ("GET", "/updates/<uuid>/text.json"): Door(may=PARTIES),
    ("GET", "/updates/<uuid>/money.json"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("POST", "/updates/<uuid>/text"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/updates/<uuid>/sending"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/updates/<uuid>/dismissal"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/milestones/<uuid>"): Door(may=PARTIES),
    ("GET", "/milestones/<uuid>/files"): Door(may=PARTIES),
    ("GET", "/projects/<uuid>/messages"): TALKING,
    ("POST", "/projects/<uuid>/messages"): TALKING,
    ("POST", "/projects/<uuid>/messages/reading"): TALKING,
    ("GET", "/projects/<uuid>/messages.txt"): TALKING,
    ("GET", "/projects/<uuid>/messages.json"): TALKING,
    ("GET", "/milestones/<uuid>/messages"): TALKING,
    ("POST", "/milestones/<uuid>/messages"): TALKING,
    ("POST", "/milestones/<uuid>/messages/reading"): TALKING,
    ("GET", "/messages/<uuid>"): TALKING,
    ("POST", "/messages/<uuid>/versions"): Door(may=("full",), sees=(*MEMBERS, "viewer", "payer")),
    ("POST", "/messages/<uuid>/deletion"): Door(may=("full",), sees=(*MEMBERS, "viewer", "payer")),
    ("GET", "/attachments/<uuid>/file"): TALKING,
    ("GET", "/attachments/<uuid>/preview"): TALKING,
    ("POST", "/milestones/<uuid>/submission"): Door(may=MEMBERS, home="/login"),
    ("POST", "/milestones/<uuid>/release"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/milestones/<uuid>/approval"): Door(may=("full",), sees=("viewer", "payer")),
    ("POST", "/milestones/<uuid>/payments"): Door(may=("full", "payer"), sees=("viewer",)),
    ("GET", "/milestones/<uuid>/archive.zip"): Door(may=(*MEMBERS, "full", "viewer"), sees=("payer",)),
    ("GET", "/milestones/<uuid>/manifest.txt"): Door(may=PARTIES),
    ("GET", "/deliverables/<uuid>/file"): Door(may=(*MEMBERS, "full", "viewer"), sees=("payer",)),
    ("DELETE", "/deliverables/<uuid>"): Door(may=MEMBERS, home="/login"),
    ("POST", "/deliverables/<uuid>/removal"): Door(may=MEMBERS, home="/login"),
    ("POST", "/payments/<uuid>/confirmation"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/payments/<uuid>/rejection"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/payments/<uuid>/reversal"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/payments/<uuid>/proof"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("GET", "/receipts/<uuid>"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("GET", "/receipts/<uuid>.pdf"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("OPTIONS", "/uploads/<uuid>"): open_to_all(),
    ("HEAD", "/uploads/<uuid>"): Door(may=MEMBERS, home=""),
    ("PATCH", "/uploads/<uuid>"): Door(may=MEMBERS, home=""),
    ("DELETE", "/uploads/<uuid>"): Door(may=MEMBERS, home=""),
    ("GET", "/settings/webhooks/<uuid>"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/webhooks/<uuid>"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/webhooks/<uuid>/secret"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/webhooks/<uuid>/pause"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/webhooks/<uuid>/resumption"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/webhooks/<uuid>/test"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/deliveries/<uuid>/repeat"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/webhooks/<uuid>/removal"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/mail/<uuid>/attempts"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/settings/members/<uuid>/role"): Door(may=("owner",), sees=("manager", "member"), home="/login"),
    ("POST", "/settings/members/<uuid>/removal"): Door(may=("owner",), sees=("manager", "member"), home="/login"),
}
TABLE = PLAIN | THINGS


def rules(app: Flask) -> Iterator[tuple[str, str]]:
    """Every (method, address) the application answers; HEAD stands for itself only where GET does not."""
    for rule in app.url_map.iter_rules():
        for method in sorted(methods(rule)):
            yield method, shape(rule)


def methods(rule: Rule) -> set[str]:
    taken = set(rule.methods or ())
    return taken - {"OPTIONS"} - ({"HEAD"} if "GET" in taken else set()) if "uploads" not in rule.rule else taken


def shape(rule: Rule) -> str:
    """The address with the names of its ids left out, but for the brand's."""
    return rule.rule if rule.rule.startswith("/brand") else re.sub(r"<uuid:\w+>", "<uuid>", rule.rule)
