"""Status updates: one draft for each period, sent once, frozen, and money only for those who may see it."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

DRAFTS, UPDATES, READS, RHYTHM = (
    "portal/services/status_drafts.py",
    "portal/services/status_updates.py",
    "portal/queries/status_updates.py",
    "portal/rules/rhythm.py",
)
BY_CLOCK, SENT = "tests/services/test_status_drafts.py", "tests/services/test_status_updates.py"
PAGES = "tests/web/test_status_updates.py"

MUTANTS = (
    Mutant(
        "who sees no payments reads what an update says of money",
        "B6",
        READS,
        "shows_money = with_money and update.money is not None",
        "shows_money = update.money is not None",
        f"{PAGES}::test_both_sides_read_what_was_sent_and_money_only_those_who_may",
    ),
    Mutant(
        "the exact text on money leaves for everybody",
        "B6",
        "portal/blueprints/status_updates.py",
        "    authorize(current_actor(), Action.SEE_MONEY, update)\n",
        "",
        f"{PAGES}::test_who_may_not_see_payments_gets_nothing_of_money_by_any_way",
    ),
    Mutant(
        "money is among what everybody reads",
        "B6",
        "portal/rules/status_updates.py",
        "OPEN_SECTIONS = tuple(section for section in Section if section is not Section.MONEY)",
        "OPEN_SECTIONS = tuple(Section)",
        f"{SENT}::test_what_was_written_is_frozen_with_its_hashes_and_the_record_holds_them",
    ),
    Mutant(
        "the hash of what is said of money can be guessed",
        "B6",
        UPDATES,
        "salt = secrets.token_hex(16)",
        'salt = "0" * 32',
        f"{SENT}::test_the_same_words_on_money_never_have_the_same_salt",
    ),
    Mutant(
        "a draft can be sent again",
        "F2",
        UPDATES,
        "    if draft.state is repeated:\n        raise AlreadyDone",
        "    if False:\n        raise AlreadyDone",
        f"{SENT}::test_sending_twice_sends_once",
    ),
    Mutant(
        "what somebody else saved is written over",
        "F2",
        UPDATES,
        "if edited.version != draft.version:",
        "if edited.version > draft.version:",
        f"{SENT}::test_what_somebody_else_saved_meanwhile_is_not_written_over",
    ),
    Mutant(
        "a period gets a second draft",
        "F2",
        DRAFTS,
        "if project.started_at is None or _of_period(session, project, period) is not None:",
        "if project.started_at is None:",
        f"{BY_CLOCK}::test_the_period_has_one_draft_even_when_the_plan_forgot_that_it_was_made",
    ),
    Mutant(
        "a draft somebody works on is replaced",
        "F2",
        DRAFTS,
        "if open_draft is not None and open_draft.edited_at is not None:",
        "if False:",
        f"{BY_CLOCK}::test_what_nobody_touched_is_replaced_by_the_next_and_what_somebody_wrote_stays",
    ),
    Mutant(
        "a server that slept drafts the first period it missed",
        "F15",
        RHYTHM,
        "start = now.astimezone(ZoneInfo(plan.zone)).date() + timedelta(days=1)\n    found",
        "start = plan.anchor_on\n    found",
        f"{BY_CLOCK}::test_a_server_that_slept_for_ten_weeks_makes_one_draft_and_then_goes_on_in_step",
    ),
    Mutant(
        "updates are due by the server's clock",
        "F15",
        RHYTHM,
        "return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)",
        "return datetime.combine(day, time(hour), tzinfo=UTC)",
        "tests/rules/test_rhythm.py::test_an_hour_the_clocks_skip_or_repeat_is_one_instant",
    ),
    Mutant(
        "a draft goes out though nobody chose that",
        "O1",
        "portal/services/status_plans.py",
        "return drafted_at + timedelta(days=plan.send_after_days) if plan and plan.send_after_days else None",
        "return drafted_at + timedelta(days=(plan and plan.send_after_days) or 3)",
        f"{BY_CLOCK}::test_nothing_is_sent_by_itself_unless_the_project_says_so",
    ),
    Mutant(
        "verification does not look at what was sent",
        "H1",
        "portal/queries/present.py",
        "made = replay.update(_sha256(row.text), _sha256(row.money) if row.money is not None else None)",
        "made = replay.update(row.text_sha256, row.money_sha256)",
        f"{SENT}::test_every_change_of_what_was_sent_contradicts_the_record",
    ),
)
