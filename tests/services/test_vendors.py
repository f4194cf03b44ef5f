"""How the vendor appears and is paid: checked field by field, changed whole or not at all."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal.adapters import clock
from portal.models.outbox import Notice
from portal.models.vendor import Vendor
from portal.rules.errors import Conflict, Forbidden, Invalid, InvalidForm
from portal.rules.roles import Role
from portal.services import vendors
from portal.services.notices import NoticeKind
from portal.services.vendors import Founding, Payee, Presentation
from tests.worlds import PASSWORD, World

LOOK = Presentation(
    name="Vera Stein Studio",
    address="Weserstraße 12\n12047 Berlin",
    tax_id="DE 301 555 912",
    email="hello@studio.example",
    brand_colour="#aa3355",
    time_zone="Asia/Shanghai",
    locale="zh_Hans",
    currency="CNY",
)
PAYEE = Payee("Use the reference.", "Vera Stein", "Spreebank", "DE02120300000000202051", "BYLADEM1001")


def present(world: World, **changes) -> Vendor:
    look = replace(LOOK, **changes)
    return vendors.present(world.session, actor=world.owner, vendor=world.vendor, presentation=look)


def pay_to(world: World, **changes) -> Vendor:
    payee = replace(PAYEE, **changes)
    return vendors.change_payee(world.session, actor=world.owner, vendor=world.vendor, payee=payee)


def found_wrong(error: InvalidForm) -> dict[str, str]:
    return {str(each.field): str(each) for each in error.errors}


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300)) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, "red").save(kept, kind)
    return kept.getvalue()


def told(world: World) -> int:
    changed = select(func.count()).select_from(Notice).where(Notice.kind == NoticeKind.PAYEE_CHANGED)
    return world.session.scalar(changed) or 0


def test_a_presentation_is_kept_and_the_looks_get_a_new_address(world: World) -> None:
    before = world.vendor.look_version
    vendor = present(world)
    assert (vendor.name, vendor.address, vendor.currency) == ("Vera Stein Studio", LOOK.address, "CNY")
    assert (vendor.brand_colour, vendor.time_zone, vendor.locale) == ("#AA3355", "Asia/Shanghai", "zh_Hans")
    assert vendor.look_version == before + 1


def test_every_mistake_of_a_presentation_is_found_at_once_and_nothing_is_changed(world: World) -> None:
    with pytest.raises(InvalidForm) as caught:
        present(world, name=" ", address="x" * 2001, tax_id="1" * 61, email="no", brand_colour="red",
                time_zone="Mars", locale="tlh", currency="XXA", logo=b"not a picture")  # fmt: skip
    assert found_wrong(caught.value) == {
        "name": "Enter a name.",
        "address": "Shorten this to at most 2000 characters.",
        "tax_id": "Shorten this to at most 60 characters.",
        "email": "This does not look like an e-mail address; it should be like name@example.com.",
        "brand_colour": "Write the colour as # and six digits, for example #11604A.",
        "time_zone": "Choose a time zone from the list, for example Europe/Berlin.",
        "locale": "Choose one of the languages in the list.",
        "currency": "“XXA” is not a currency we know. Choose one from the list.",
        "logo": "This is not a picture we can read. Use a PNG, JPEG or WebP file.",
    }
    assert (world.vendor.name, world.vendor.look_version) == ("Vera Studio", 1)


def test_a_logo_is_redrawn_kept_and_taken_away(world: World) -> None:
    vendor = present(world, logo=picture("JPEG"))
    assert vendor.logo is not None
    assert vendor.logo.startswith(b"\x89PNG")
    assert vendor.logo_type == "image/png"
    kept = vendor.logo
    assert present(world).logo == kept
    vendor = present(world, logo=b"")
    assert (vendor.logo, vendor.logo_type) == (None, None)


def test_an_iban_is_kept_as_papers_print_it(world: World) -> None:
    assert pay_to(world).bank_account == "DE02 1203 0000 0000 2020 51"
    assert pay_to(world, bank_account=" 6222 0212  3456 ").bank_account == "6222 0212 3456"


def test_every_mistake_of_a_payee_is_found_at_once(world: World) -> None:
    with pytest.raises(InvalidForm) as caught:
        pay_to(world, bank_account="DE03120300000000202051", bank_code="x" * 41, pay_instructions="x" * 4001)
    assert set(found_wrong(caught.value)) == {"bank_account", "bank_code", "pay_instructions"}
    assert world.vendor.bank_holder == ""


def test_the_first_details_are_no_change_and_a_change_is_dated_and_told(world: World) -> None:
    world.contact(world.project())
    assert pay_to(world).payee_changed_at is None
    assert told(world) == 0
    before = clock.now()
    changed = pay_to(world, bank_account="NO9386011117947").payee_changed_at
    assert changed is not None
    assert before <= changed <= clock.now()
    assert told(world) >= 1


def test_the_same_details_again_are_no_change(world: World) -> None:
    world.contact(world.project())
    pay_to(world)
    assert pay_to(world, bank_account="DE02 1203 0000 0000 2020 51").payee_changed_at is None
    assert told(world) == 0


def test_managers_change_the_looks_and_only_owners_where_the_money_goes(world: World) -> None:
    manager, member = world.member(Role.MANAGER), world.member(Role.MEMBER)
    vendors.present(world.session, actor=manager, vendor=world.vendor, presentation=LOOK)
    with pytest.raises(Forbidden):
        vendors.present(world.session, actor=member, vendor=world.vendor, presentation=LOOK)
    for actor in (manager, member):
        with pytest.raises(Forbidden):
            vendors.change_payee(world.session, actor=actor, vendor=world.vendor, payee=PAYEE)


def test_another_vendors_owner_changes_nothing_here(world: World) -> None:
    other = World.founded(world.app, world.session, "Other Studio")
    with pytest.raises(Forbidden):
        vendors.present(world.session, actor=other.owner, vendor=world.vendor, presentation=LOOK)


def test_an_installation_is_founded_once(world: World) -> None:
    with pytest.raises(Conflict):
        vendors.found(world.session, founding=Founding("Second", "Sid", "sid@second.example", PASSWORD))


def test_a_studio_without_a_name_is_not_founded(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        vendors.found(world.session, founding=Founding(" ", "Sid", "s@second.example", PASSWORD), only_first=False)
    assert caught.value.field == "vendor_name"
