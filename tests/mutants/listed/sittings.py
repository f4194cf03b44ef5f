"""Browsers that are in: how long, under which cookie, and how they are put out."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

READS, SERVICE, WEB, APP = (
    "portal/queries/sittings.py",
    "portal/services/sittings.py",
    "portal/web/actor.py",
    "portal/__init__.py",
)
TESTED, ENTER, ACCOUNTS = "tests/services/test_sittings.py", "tests/web/test_enter.py", "tests/web/test_accounts.py"
COOKIES = f"{ACCOUNTS}::test_cookies_say_where_they_may_go"
TLS = f"{ACCOUNTS}::test_behind_tls_the_cookie_is_bound_to_this_host_and_never_leaves_it_in_the_clear"

MUTANTS = (
    Mutant(
        "a browser left alone stays in",
        "A10",
        READS,
        "now - row.seen_at > idle or ",
        "",
        (
            f"{TESTED}::test_a_keyring_left_alone_ends_after_a_day",
            f"{TESTED}::test_a_member_left_alone_is_out_after_eight_hours",
        ),
    ),
    Mutant(
        "a busy browser stays in for ever",
        "A10",
        READS,
        " or now - row.created_at > longest",
        "",
        f"{TESTED}::test_nobody_stays_longer_than_the_longest_stay_however_busy",
    ),
    Mutant(
        "browsers with a replaced code stay in",
        "A8",
        READS,
        "return live and bool(row.grant_version == row.version)",
        "return live",
        f"{TESTED}::test_a_key_whose_grant_has_changed_opens_nothing_any_more",
    ),
    Mutant(
        "browsers with a revoked code stay in",
        "A8",
        READS,
        "row.grant_id is not None and row.revoked_at is None and",
        "row.grant_id is not None and",
        f"{ENTER}::test_a_revoked_contact_is_out_at_the_next_request_and_told_why_in_general_words",
    ),
    Mutant(
        "browsers stay in when their access expires",
        "A10",
        READS,
        " and now < row.expires_at",
        "",
        f"{TESTED}::test_a_key_opens_until_its_access_expires_and_no_second_longer",
    ),
    Mutant(
        "who was let go stays in",
        "B9",
        READS,
        "    if row.disabled_at is not None:\n        return None\n",
        "",
        "tests/web/test_fixation.py::test_a_member_who_is_disabled_is_nobody_though_the_sitting_was_not_ended",
    ),
    Mutant(
        "a sitting that was ended goes on",
        "A8",
        READS,
        "if not rows or rows[0].ended_at is not None:",
        "if not rows:",
        f"{ACCOUNTS}::test_logging_out_ends_the_sitting_for_good_and_clears_the_browser",
    ),
    Mutant(
        "a sitting that timed out is not written down",
        "A10",
        WEB,
        "        sittings.log_out(db(), sitting_id=found.sitting_id)\n",
        "",
        f"{ENTER}::test_a_dead_session_stays_dead_when_the_clock_is_set_back",
    ),
    Mutant(
        "a clock set back stretches a stay",
        "A10",
        SERVICE,
        ".where(Sitting.id == sitting_id, Sitting.seen_at < now)",
        ".where(Sitting.id == sitting_id)",
        f"{TESTED}::test_a_clock_set_back_stretches_no_stay",
    ),
    Mutant(
        "entering keeps the token that somebody may have planted",
        "A9",
        SERVICE,
        "    session.execute(update(Sitting).where(Sitting.id == sitting_id).values(token_digest=digest))\n    return token\n",
        "    session.add(Sitting(id=new_id(), token_digest=digest, created_at=clock.now(), seen_at=clock.now(), "
        "address='', user_agent=''))\n    return token\n",
        f"{TESTED}::test_every_entering_gives_the_browser_a_new_token_and_kills_the_old_one",
    ),
    Mutant(
        "what a planted session held survives entering",
        "A9",
        WEB,
        "    session.clear()\n    if CSRF not in kept:",
        "    if CSRF not in kept:",
        "tests/web/test_fixation.py::test_nothing_planted_in_a_session_survives_entering",
    ),
    Mutant(
        "the token of a browser is kept as it is",
        "A9",
        "portal/adapters/keys.py",
        'return hmac.new(self.codes, b"token:" + token.encode(), hashlib.sha256).digest()',
        "return hashlib.sha256(token.encode()).digest()",
        "tests/adapters/test_keys.py::test_the_digest_of_a_token_needs_the_key_and_is_never_that_of_a_code",
    ),
    Mutant(
        "a new password leaves other browsers in",
        "A9",
        "portal/services/members.py",
        "    session.execute(update(Sitting).where(*mine).values(ended_at=clock.now()))\n\n\ndef _not_current",
        "\n\ndef _not_current",
        "tests/services/test_members.py::test_a_new_password_works_at_once_and_ends_the_other_sittings",
    ),
    Mutant(
        "scripts can read the cookie",
        "A9",
        APP,
        "SESSION_COOKIE_HTTPONLY=True",
        "SESSION_COOKIE_HTTPONLY=False",
        COOKIES,
    ),
    Mutant(
        "other sites send the cookie",
        "A9",
        APP,
        'SESSION_COOKIE_SAMESITE="Lax"',
        "SESSION_COOKIE_SAMESITE=None",
        COOKIES,
    ),
    Mutant(
        "the cookie leaves in the clear",
        "A9",
        APP,
        "SESSION_COOKIE_SECURE=settings.secure",
        "SESSION_COOKIE_SECURE=False",
        TLS,
    ),
    Mutant("the cookie is not bound to the host", "A9", APP, '"__Host-milepost" if settings.secure else ', "", TLS),
)
