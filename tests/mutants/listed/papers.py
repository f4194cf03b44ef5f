"""Receipts, what was delivered, and what was accepted."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

RECEIPTS, PAYMENTS, MILESTONES = (
    "portal/services/receipts.py",
    "portal/services/payments.py",
    "portal/services/milestones.py",
)
PAPERS, APPROVALS, STEPUP = "portal/services/papers.py", "portal/services/approvals.py", "portal/access/stepup.py"
TESTED, STEPS = "tests/services/test_receipts.py", "tests/services/test_milestones.py"
RULE = "tests/rules/test_manifest.py"

MUTANTS = (
    Mutant(
        "numbers of receipts leave gaps",
        "F9",
        RECEIPTS,
        'set_={"value": Counter.value + 1}',
        'set_={"value": Counter.value + 2}',
        f"{TESTED}::test_numbers_count_from_one_and_a_refused_confirmation_uses_none",
    ),
    Mutant(
        "the number of a receipt is given out twice",
        "F9",
        RECEIPTS,
        'set_={"value": Counter.value + 1}',
        'set_={"value": Counter.value}',
        f"{TESTED}::test_numbers_count_from_one_and_a_refused_confirmation_uses_none",
    ),
    Mutant(
        "vendors share one series of numbers",
        "R1",
        RECEIPTS,
        "number = take_number(session, vendor.id, series)",
        "number = take_number(session, session.query(Vendor.id).order_by(Vendor.id).limit(1).scalar(), series)",
        f"{TESTED}::test_vendors_number_apart",
    ),
    Mutant(
        "a rejected payment gets a receipt",
        "R2",
        PAYMENTS,
        "    _decide(session, actor, payment, Act.REJECT, reason=_reason(reason))\n",
        "    _decide(session, actor, payment, Act.REJECT, reason=_reason(reason))\n"
        "    step = session.get_one(Milestone, payment.milestone_id)\n"
        "    receipts.issue(session, project=project, milestone=step, payment=payment, receipt_id=new_id())\n",
        f"{TESTED}::test_each_confirmed_payment_has_one_receipt_and_no_other_has_any",
    ),
    Mutant(
        "a partial payment gets no receipt of its own amount",
        "R2",
        RECEIPTS,
        "    amount = payment.confirmed_minor or 0\n",
        "    amount = snapshot.due_minor\n",
        f"{TESTED}::test_the_sums_are_those_of_the_moment_of_issue",
    ),
    Mutant(
        "the year of a number is that of Greenwich",
        "F15",
        RECEIPTS,
        "issued_on = clock.today(vendor.time_zone)",
        'issued_on = clock.today("UTC")',
        f"{TESTED}::test_the_year_of_a_number_is_the_vendors_own",
    ),
    Mutant(
        "a receipt is signed by nobody",
        "H2",
        RECEIPTS,
        "signature=outside.of(session).keys.sign(digest.encode()),",
        'signature="00" * 64,',
        f"{TESTED}::test_the_snapshot_is_signed_and_holds_its_own_digest",
    ),
    Mutant(
        "a paper is drawn anew each time",
        "F11",
        PAPERS,
        "    if kept is not None:\n        return kept\n",
        "",
        f"{TESTED}::test_the_bytes_once_kept_never_change",
    ),
    Mutant(
        "a paper is drawn inside a transaction",
        "O3",
        PAPERS,
        "    session.rollback()\n    drawn",
        "    drawn",
        f"{TESTED}::test_no_transaction_is_open_while_a_paper_is_drawn",
    ),
    Mutant(
        "the manifest is not compared when it is approved",
        "H5",
        "portal/rules/lifecycle.py",
        "if current is None or current != named:",
        "if current is None:",
        f"{STEPS}::test_an_approval_names_the_files_it_saw",
    ),
    Mutant(
        "an approval of an older version stands behind the newest",
        "D14",
        "portal/queries/milestones.py",
        "\n        & (Approval.manifest_sha256 == Submission.manifest_sha256),",
        ",",
        f"{STEPS}::test_an_approval_stands_behind_the_version_it_named_and_no_other",
    ),
    Mutant(
        "the manifest does not bind the bytes",
        "H5",
        "portal/rules/manifest.py",
        'f"{line.sha256}  {line.bytes}',
        'f"{line.bytes}',
        f"{RULE}::test_anything_else_is_another_manifest",
    ),
    Mutant(
        "a file name can forge a line of the manifest",
        "H5",
        "portal/rules/manifest.py",
        "{json.dumps(line.name, ensure_ascii=False)}",
        "{line.name}",
        f"{RULE}::test_no_name_and_no_note_forges_a_line",
    ),
    Mutant(
        "work is delivered while a file is on its way",
        "S6",
        MILESTONES,
        "    if under_way:\n",
        "    if False:\n",
        f"{STEPS}::test_nothing_is_delivered_while_a_file_is_on_its_way",
    ),
    Mutant(
        "a delivered file can be taken back",
        "S6",
        "portal/services/deliverables.py",
        "    if deliverable.submission_id is not None:\n",
        "    if False:\n",
        "tests/services/test_deliverables.py::test_what_was_delivered_stays_when_changes_were_asked_for",
    ),
    Mutant(
        "a milestone can be approved twice",
        "S1",
        "portal/rules/lifecycle.py",
        "    (M.SUBMITTED, Act.APPROVE): M.APPROVED,\n",
        "    (M.SUBMITTED, Act.APPROVE): M.APPROVED,\n    (M.APPROVED, Act.APPROVE): M.APPROVED,\n",
        f"{STEPS}::test_approving_twice_is_told_and_kept_once",
    ),
    Mutant(
        "files are released without typing the title",
        "E1",
        MILESTONES,
        "if confirm.split() != milestone.title.split():",
        "if False:",
        f"{STEPS}::test_a_release_needs_its_title_a_delivery_and_a_lead",
    ),
    Mutant(
        "a code entered long ago still approves",
        "A16",
        STEPUP,
        " <= FRESH",
        "",
        f"{STEPS}::test_approving_needs_a_fresh_code_and_the_scope",
    ),
    Mutant(
        "a code entered long ago still reports a payment",
        "A16",
        PAYMENTS,
        "    key = stepup.require_fresh(actor, project.id)\n",
        "    key = actor.key_for(project.id)\n",
        "tests/services/test_payments.py::test_a_code_entered_too_long_ago_must_be_entered_again",
    ),
    Mutant(
        "a clock set back makes a code fresh",
        "A16",
        STEPUP,
        "timedelta(0) <= clock.now()",
        "clock.now()",
        f"{STEPS}::test_a_code_entered_in_the_future_is_not_fresh",
    ),
    Mutant(
        "the record holds the typed name",
        "H6",
        APPROVALS,
        "typed_name=chain.commitment(salt, sign_off.name),",
        "typed_name=sign_off.name,",
        "tests/services/test_record.py::test_no_entry_holds_a_name_an_address_or_anything_people_wrote",
    ),
)
