"""Members' passwords: those everybody tries are not taken, and trying is slow (A12)."""

from __future__ import annotations

import pytest
import time_machine
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portal.adapters import clock
from portal.models.vendor import Member
from portal.rules.errors import Invalid
from portal.services import members
from portal.services.throttle import LOGIN_PER_ACCOUNT, LOGIN_PER_ADDRESS
from tests import scale
from tests.attacks import a_easy_hashes as easy
from tests.attacks.a_easy_hashes import easy_hashes as easy_hashes
from tests.worlds import PASSWORD, World

# Buckets are tested on both databases elsewhere.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
COMMON = FREQUENCY_LISTS["passwords"]
TOP = 3000
PERSONAL = ("vera.stein@studio.example", "Vera Studio", "Vera Stein")


def is_refused(password: str) -> bool:
    try:
        members.check_password(password, *PERSONAL)
    except Invalid:
        return True
    return False


@pytest.mark.scaled
def test_none_of_the_3000_most_used_passwords_is_taken() -> None:
    taken = [password for password in COMMON[:TOP] if not is_refused(password)]
    scale.figure("A12", "most used passwords refused", tried=TOP, taken=len(taken))
    assert taken == []


@pytest.mark.scaled
@pytest.mark.timeout(300)
def test_nor_are_they_when_made_long_enough_by_repeating_or_counting() -> None:
    """Short ones are refused for their length; these are for what they are."""
    base = COMMON[: scale.cases(60, full=TOP)]
    repeated = [(word * 12)[: max(12, len(word) * 2)] for word in base]
    counted = [f"{word}12345678901234"[: max(12, len(word) + 4)] for word in base]
    own = ["Vera Stein 2026", "verastudio2026!", "vera.stein@studio.example", "Vera Studio Vera"]
    long = [word for word in COMMON if len(word) >= 12][: len(base)]
    taken = [password for password in (*repeated, *counted, *own, *long) if not is_refused(password)]
    scale.figure("A12", "most used passwords made longer", tried=len(repeated + counted + own + long), taken=len(taken))
    assert taken == []
    assert not is_refused(PASSWORD)


@one_database
@pytest.mark.usefixtures("easy_hashes")
def test_one_password_tried_on_many_accounts_is_slowed_for_the_whole_home(world: World) -> None:
    """From anywhere in a /64 of IPv6; somebody elsewhere logs in meanwhile."""
    tries, browser, statuses = LOGIN_PER_ADDRESS.capacity + 3, world.stranger(), []
    token = browser.csrf()
    with time_machine.travel(clock.now(), tick=False):
        for number in range(tries):
            browser.client.environ_base["REMOTE_ADDR"] = f"2001:db8:1:2::{number:x}"
            form = {"csrf_token": token, "email": f"m{number}@studio.example", "password": PASSWORD}
            statuses.append(browser.client.post("/login", data=form).status_code)
        assert statuses == [422] * LOGIN_PER_ADDRESS.capacity + [429] * 3
        browser.client.environ_base["REMOTE_ADDR"] = "2001:db8:1:3::1"
        email = world.session.get_one(Member, world.owner.member_id).email
        assert browser.post("/login", {"email": email, "password": PASSWORD}).status_code == 303


@one_database
@pytest.mark.usefixtures("easy_hashes")
def test_another_spelling_of_an_address_buys_no_more_tries(world: World) -> None:
    easy.rehash(world)
    email = world.session.get_one(Member, world.owner.member_id).email
    spellings = (email, email.upper(), f" {email}", f"{email}\t", email.title(), f"\u3000{email.swapcase()}\u00a0")
    browser, statuses = world.stranger(), []
    token, tries = browser.csrf(), LOGIN_PER_ACCOUNT.capacity + 2
    with time_machine.travel(clock.now(), tick=False):
        for number in range(tries):
            browser.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
            form = {"csrf_token": token, "email": spellings[number % len(spellings)], "password": "guess"}
            statuses.append(browser.client.post("/login", data=form).status_code)
    assert statuses == [422] * LOGIN_PER_ACCOUNT.capacity + [429] * 2
