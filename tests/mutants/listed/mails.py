"""Mails: who is told, once, by which headers, over which line."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

MAILS, SENDING, NOTICES, POST = (
    "portal/notifications/mails.py",
    "portal/notifications/dispatch.py",
    "portal/services/notices.py",
    "portal/adapters/mail.py",
)
DISPATCH, WORDS = "tests/notifications/test_dispatch.py", "tests/notifications/test_mails.py"
INJECTED = f"{WORDS}::test_nothing_people_write_adds_a_header_a_recipient_or_markup"

MUTANTS = (
    Mutant(
        "a mail tried again gets another Message-ID",
        "O2",
        MAILS,
        'message["Message-ID"] = notice.message_id',
        'message["Message-ID"] = f"<{clock.now().timestamp()}@milepost>"',
        f"{DISPATCH}::test_what_failed_goes_out_under_the_same_message_id",
    ),
    Mutant(
        "words of people can begin a header",
        "C10",
        MAILS,
        '.replace("=?", "= ?")',
        "",
        INJECTED,
    ),
    Mutant(
        "people choose what stands in From",
        "C10",
        MAILS,
        "Address(SENDER_NAME, addr_spec=sender)",
        "Address(_line(tale.vendor.name), addr_spec=sender)",
        f"{WORDS}::test_headers_name_both_sides_and_nothing_people_wrote_is_in_from",
    ),
    Mutant(
        "who has two codes is told twice",
        "O1",
        NOTICES,
        "        if contact.email and contact.id not in told and (scope is None or scope in grant.scopes):\n",
        "        if contact.email and (scope is None or scope in grant.scopes):\n",
        "tests/services/test_notices.py::test_who_has_two_codes_is_told_once",
    ),
    Mutant(
        "people are told of what they did themselves",
        "O1",
        NOTICES,
        "        if not (isinstance(by, MemberActor) and by.member_id == member_id):\n",
        "        if True:\n",
        "tests/services/test_notices.py::test_nobody_is_told_of_what_they_did_themselves",
    ),
    Mutant(
        "whoever may only look is told about money",
        "B6",
        NOTICES,
        " and (scope is None or scope in grant.scopes)",
        "",
        "tests/services/test_notices.py::test_money_is_told_to_those_who_may_pay",
    ),
    Mutant(
        "whoever lost access is still told",
        "B9",
        "portal/notifications/recipients.py",
        "    if not any(grant.live(now) for grant in grants):\n",
        "    if not any(now for grant in grants):\n",
        f"{DISPATCH}::test_whoever_lost_access_meanwhile_is_not_told",
    ),
    Mutant(
        "two processes send the same mail",
        "I8",
        SENDING,
        "        or_(Notice.claimed_until.is_(None), Notice.claimed_until <= now),\n",
        "",
        f"{DISPATCH}::test_a_claim_is_for_one_process_until_its_lease_ends",
    ),
    Mutant(
        "a mail that was sent is sent again",
        "I10",
        SENDING,
        "        mark_sent(session, notice_id=notice_id)\n",
        "",
        f"{DISPATCH}::test_a_due_notice_is_sent_once_and_marked",
    ),
    Mutant(
        "a mail is marked before it is sent",
        "I10",
        SENDING,
        '        post.send(message)\n        failpoint("mail.accepted")\n        mark_sent(session, notice_id=notice_id)\n',
        '        mark_sent(session, notice_id=notice_id)\n        post.send(message)\n        failpoint("mail.accepted")\n',
        f"{DISPATCH}::test_what_failed_goes_out_under_the_same_message_id",
    ),
    Mutant(
        "a transaction waits for the mail server",
        "O3",
        SENDING,
        "        # The server may take its time; no transaction waits for it.\n        session.rollback()\n",
        "",
        f"{DISPATCH}::test_no_transaction_is_open_while_the_server_takes_its_time",
    ),
    Mutant(
        "the certificate of the mail server is not checked",
        "I9",
        POST,
        "ssl.create_default_context()",
        "ssl._create_unverified_context()",
        "tests/adapters/test_mail.py::test_starttls_is_used_and_a_certificate_nobody_vouches_for_is_not_trusted",
    ),
    Mutant(
        "STARTTLS is skipped",
        "I9",
        POST,
        "                server.starttls(context=context)\n",
        "                pass\n",
        "tests/adapters/test_mail.py::test_starttls_is_used_and_a_certificate_nobody_vouches_for_is_not_trusted",
    ),
    Mutant(
        "mails that wait can be read by everybody on the machine",
        "A5",
        POST,
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)",
        "tests/adapters/test_mail.py::test_without_a_server_mails_are_files_in_the_order_of_time",
    ),
)
