"""The gate: what is due, what arrived, and whether originals may leave."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Edit, Mutant

RULES, LEDGER, WEB, BYTES = (
    "portal/rules/gate.py",
    "portal/access/ledger.py",
    "portal/web/gates.py",
    "portal/blueprints/deliverables.py",
)
PAID_FOR = "facts.net_minor >= facts.due_minor and facts.submitted"
GATE = "tests/rules/test_gate.py"
PAYMENTS, SERVING = "tests/services/test_payments.py", "tests/web/test_byte_serving.py"
MATRIX = "tests/access/test_gate_matrix.py::test_originals_leave_only_through_an_open_gate"

MUTANTS = (
    Mutant(
        "the gate counts reported money",
        "F7",
        RULES,
        PAID_FOR,
        PAID_FOR.replace(" >=", " + facts.reported_minor >="),
        f"{PAYMENTS}::test_a_reported_payment_unlocks_nothing",
    ),
    Mutant(
        "one unit less than what is due opens the files",
        "F6",
        RULES,
        PAID_FOR,
        PAID_FOR.replace("due_minor and", "due_minor - 1 and"),
        f"{MATRIX}[sqlite-partly paid]",
    ),
    Mutant(
        "only more than what is due opens the files",
        "E1",
        RULES,
        PAID_FOR,
        PAID_FOR.replace(">=", ">"),
        f"{SERVING}::test_a_paid_file_opens_and_a_reversed_payment_locks_it_again",
    ),
    Mutant(
        "files that were not submitted are unlocked where nothing is due",
        "G1",
        RULES,
        " and facts.submitted",
        "",
        f"{GATE}::test_each_missing_part_closes_the_gate",
    ),
    Mutant(
        "a cancelled milestone stays unlocked",
        "E1",
        RULES,
        " and facts.state is not MilestoneState.CANCELLED",
        "",
        (f"{GATE}::test_each_missing_part_closes_the_gate", f"{MATRIX}[sqlite-cancelled]"),
    ),
    Mutant(
        "an early release opens nothing",
        "E1",
        RULES,
        "return paid_for or facts.released",
        "return paid_for",
        f"{SERVING}::test_a_released_file_opens_unpaid",
    ),
    Mutant(
        "any payment settles",
        "F6",
        RULES,
        "return facts.state in ready and facts.net_minor >= facts.due_minor",
        "return facts.state in ready and facts.net_minor > 0",
        f"{GATE}::test_what_settles_follows_the_flow",
    ),
    Mutant(
        "paying settles before the approval that the flow asks for",
        "S1",
        RULES,
        "if flow is Flow.PAY_TO_UNLOCK and facts.due_minor > 0:",
        "if facts.due_minor > 0:",
        f"{GATE}::test_what_settles_follows_the_flow",
    ),
    Mutant(
        "money is asked for before the approval that the flow asks for",
        "S1",
        RULES,
        "    if flow is Flow.PAY_TO_UNLOCK:\n        asked",
        "    if flow:\n        asked",
        f"{PAYMENTS}::test_where_approval_comes_first_nothing_is_asked_before_it",
    ),
    Mutant(
        "money that went back still counts",
        "F17",
        LEDGER,
        "else_=-LedgerEntry.amount_minor",
        "else_=0",
        f"{PAYMENTS}::test_a_reversal_locks_the_files_again_and_leaves_the_receipt",
    ),
    Mutant(
        "money for one milestone counts for its neighbours",
        "L4",
        LEDGER,
        "LedgerEntry.milestone_id == Milestone.id",
        "LedgerEntry.project_id == Milestone.project_id",
        f"{PAYMENTS}::test_money_and_a_release_count_for_their_own_milestone_only",
    ),
    Mutant(
        "releasing one milestone releases its neighbours",
        "E1",
        LEDGER,
        "Release.milestone_id == Milestone.id",
        "Release.project_id == Milestone.project_id",
        f"{PAYMENTS}::test_money_and_a_release_count_for_their_own_milestone_only",
    ),
    Mutant(
        "the gate is not asked before a file",
        "E1",
        WEB,
        "if not gate.unlocked(facts):",
        "if False:",
        f"{SERVING}::test_delivered_and_unpaid_is_locked_with_what_is_missing",
    ),
    Mutant(
        "HEAD passes a closed gate",
        "E1",
        WEB,
        "if not gate.unlocked(facts):",
        "if request.method != 'HEAD' and not gate.unlocked(facts):",
        f"{MATRIX}[sqlite-submitted]",
        also=(
            Edit(
                WEB, "from portal.access import ledger", "from flask import request\n\nfrom portal.access import ledger"
            ),
        ),
    ),
    Mutant(
        "who knows the hash hears 304 through a closed gate",
        "E1",
        BYTES,
        "    gates.require_open(found, found.milestone_id)\n",
        "    if (known := files._precondition(_body(found))) is not None:\n        return known\n"
        "    gates.require_open(found, found.milestone_id)\n",
        f"{SERVING}::test_knowing_the_hash_passes_no_closed_gate",
    ),
    Mutant(
        "the ZIP file leaves without the gate",
        "E1",
        BYTES,
        "    gates.require_open(milestone, milestone.id)\n",
        "",
        f"{MATRIX}[sqlite-submitted]",
    ),
    Mutant(
        "a running download is asked nothing any more",
        "A8",
        WEB,
        "return here and (held is None or gate.unlocked(ledger.facts(session, milestone_id)))",
        "return True",
        f"{SERVING}::test_a_running_download_stops_at_its_next_piece",
    ),
    Mutant(
        "a running download looks at the reader and not at the gate",
        "E2",
        WEB,
        "return here and (held is None or gate.unlocked(ledger.facts(session, milestone_id)))",
        "return here",
        f"{SERVING}::test_a_running_download_stops_at_its_next_piece",
    ),
    Mutant(
        "who may only pay downloads",
        "E1",
        WEB,
        "    authorize(actor, Action.DOWNLOAD, thing)\n",
        "",
        f"{SERVING}::test_a_contact_who_may_only_pay_does_not_download",
    ),
    Mutant(
        "the client's ZIP file holds what was not delivered",
        "E1",
        BYTES,
        "including_drafts=isinstance(current_actor(), MemberActor)",
        "including_drafts=True",
        f"{MATRIX}[sqlite-stored, not submitted]",
    ),
    Mutant(
        "a file that was taken back is handed out",
        "D14",
        BYTES,
        "    if found.removed_at is not None:\n        raise NotFound\n",
        "",
        f"{SERVING}::test_a_removed_file_is_nowhere",
    ),
)
