"""What is pushed through sockets: who is here, and to whom that is told."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

PRESENCE, ROOMS, GUESTS, SESSIONS, HANDLERS = (
    "portal/live/presence.py",
    "portal/live/rooms.py",
    "portal/live/guests.py",
    "portal/live/sessions.py",
    "portal/live/handlers.py",
)
RULES = "portal/rules/presence.py"
HERE, RULED = "tests/live/test_presence.py", "tests/rules/test_presence.py"

MUTANTS = (
    Mutant(
        "people are told who of their own side is here, and not of the other",
        "",
        PRESENCE,
        "rooms.of_onlookers(company[0], OTHER_SIDE[company[1]])",
        "rooms.of_onlookers(company[0], company[1])",
        f"{HERE}::test_each_side_is_told_of_the_other_and_nobody_of_their_own",
    ),
    Mutant(
        "who is here is told in other projects",
        "B6",
        ROOMS,
        'return f"onlookers:{project_id}:{side}"',
        'return f"onlookers:{side}"',
        f"{HERE}::test_people_of_another_project_and_another_studio_are_not_seen",
    ),
    Mutant(
        "whoever only pays sees who is here, and is seen",
        "",
        HANDLERS,
        "if not can(actor, Action.TALK, about):",
        "if False:",
        f"{HERE}::test_whoever_only_pays_neither_sees_nor_is_seen",
    ),
    Mutant(
        "whoever is revoked is shown as being here for a while",
        "A8",
        SESSIONS,
        "    sockets.pages.drop(sid)\n",
        "",
        f"{HERE}::test_whoever_is_revoked_just_after_closing_the_page_does_not_linger",
    ),
    Mutant(
        "whoever closes the page just before being revoked is shown as being here for a while",
        "A8",
        SESSIONS,
        "(*sockets.everybody(), *sockets.pages.guests())",
        "(*sockets.everybody(),)",
        f"{HERE}::test_whoever_is_revoked_just_after_closing_the_page_does_not_linger",
    ),
    Mutant(
        "a hidden tab that says so again and again is somebody who is here",
        "",
        RULES,
        "return now if before.away_since is None else replace(now, away_since=before.away_since)",
        "return now",
        f"{RULED}::test_saying_again_that_one_looks_away_keeps_nobody_here",
    ),
    Mutant(
        "a tab opened in the background is somebody who is here",
        "",
        RULES,
        "return replace(now, away_since=now.away_since - LINGER_SECONDS)",
        "return now",
        f"{RULED}::test_a_page_in_the_background_was_never_looked_at",
    ),
    Mutant(
        "a dead line is somebody who is here",
        "",
        GUESTS,
        "if silent > 0:",
        "if False:",
        f"{HERE}::test_a_page_whose_line_does_not_answer_is_looked_at_no_more",
    ),
)
