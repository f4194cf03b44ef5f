"""Who may do what: the policy table, and the verbs that ask it."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

POLICY = "portal/access/policy.py"
PAYMENTS, MILESTONES = "tests/services/test_payments.py", "tests/services/test_milestones.py"
ASKED = "tests/access/test_verbs.py::test_each_verb_asks_whether_it_may_be_done"


def row(name: str, action: str, now: str, then: str, test: str) -> Mutant:
    """A row of the table that lets more people in."""
    return Mutant(name, "B1", POLICY, f"    Action.{action}: {now},\n", f"    Action.{action}: {then},\n", test)


def unasked(name: str, file: str, before: str, line: str) -> Mutant:
    """A verb that does not ask. `before` is the end of its docstring, by which it is found."""
    return Mutant(name, "B1", f"portal/services/{file}.py", f"{before}\n    {line}\n", f"{before}\n", ASKED)


MUTANTS = (
    Mutant("nobody is ever forbidden anything", "B1", POLICY, "if not can(actor, action, thing):", "if False:", ASKED),
    Mutant(
        "members may do to another vendor what they may do at home",
        "B1",
        POLICY,
        "isinstance(actor, MemberActor) and actor.vendor_id == _vendor_of(thing) and actor.role in roles",
        "isinstance(actor, MemberActor) and actor.role in roles",
        "tests/services/test_vendors.py::test_another_vendors_owner_changes_nothing_here",
    ),
    Mutant(
        "a contact may do in one project what another code allows",
        "B1",
        POLICY,
        "key = actor.key_for(_project_of(thing))",
        "key = actor.latest",
        "tests/access/test_verbs.py::test_a_code_allows_nothing_in_another_project",
    ),
    row(
        "every member confirms payments",
        "CONFIRM_PAYMENT",
        "lead",
        "anyone_inside",
        f"{PAYMENTS}::test_a_contact_without_the_scope_cannot_report_and_a_plain_member_cannot_confirm",
    ),
    row(
        "managers change where the money goes",
        "CHANGE_PAYEE",
        "owner",
        "lead",
        "tests/services/test_vendors.py::test_managers_change_the_looks_and_only_owners_where_the_money_goes",
    ),
    row(
        "managers let people in and change their roles",
        "MANAGE_MEMBERS",
        "owner",
        "lead",
        "tests/services/test_members.py::test_only_owners_let_in_change_roles_and_let_go",
    ),
    row(
        "every member gives out codes",
        "MANAGE_GRANTS",
        "_either(lead, _system)",
        "_either(anyone_inside, _system)",
        "tests/services/test_grants.py::test_only_owners_and_managers_of_the_vendor_deal_in_codes",
    ),
    row(
        "every member releases files",
        "RELEASE",
        "lead",
        "anyone_inside",
        f"{MILESTONES}::test_a_release_needs_its_title_a_delivery_and_a_lead",
    ),
    row(
        "who may only look approves",
        "APPROVE",
        "_contact(Scope.REVIEW)",
        "_contact(Scope.VIEW)",
        f"{MILESTONES}::test_approving_needs_a_fresh_code_and_the_scope",
    ),
    row(
        "the vendor approves its own work",
        "APPROVE",
        "_contact(Scope.REVIEW)",
        "_either(_contact(Scope.REVIEW), anyone_inside)",
        "tests/access/test_policy.py::test_each_side_has_acts_of_its_own",
    ),
    row(
        "who may only look reports payments",
        "REPORT_PAYMENT",
        "_contact(Scope.PAY)",
        "_contact(Scope.VIEW)",
        f"{PAYMENTS}::test_a_contact_without_the_scope_cannot_report_and_a_plain_member_cannot_confirm",
    ),
    row(
        "who may only look sees the money",
        "SEE_MONEY",
        "_either(anyone_inside, _contact(Scope.PAY), _contact(Scope.SIGN), _contact(Scope.REVIEW))",
        "_either(anyone_inside, _contact(Scope.VIEW))",
        "tests/web/test_receipts.py::test_a_contact_without_a_say_in_money_sees_none",
    ),
    unasked(
        "rejecting a payment asks nobody",
        "payments",
        '"""The money did not arrive; the reason is told to the client. Returns the payment\'s id."""',
        "authorize(actor, Action.CONFIRM_PAYMENT, payment)",
    ),
    unasked(
        "reversing a payment asks nobody",
        "payments",
        'a ledger entry against it. What it unlocked locks again."""',
        "authorize(actor, Action.CONFIRM_PAYMENT, payment)",
    ),
    unasked(
        "confirming a payment asks nobody",
        "payments",
        'Raises AlreadyDone or Conflict when it was decided before.\n    """',
        "authorize(actor, Action.CONFIRM_PAYMENT, payment)",
    ),
    unasked(
        "revoking a code asks nobody",
        "grants",
        '"""End a contact\'s access at once. Raises AlreadyDone on a repeat."""',
        "authorize(actor, Action.MANAGE_GRANTS, grant)",
    ),
    unasked(
        "making a new code asks nobody",
        "grants",
        'Shown when the ticket was used.\n    """',
        "authorize(actor, Action.MANAGE_GRANTS, grant)",
    ),
    unasked(
        "starting a project asks nobody",
        "projects",
        'Raises AlreadyDone on a repeat."""',
        "authorize(actor, Action.START_PROJECT, project)",
    ),
    unasked(
        "releasing files asks nobody",
        "milestones",
        '`confirm` is its title, typed."""',
        "authorize(actor, Action.RELEASE, milestone)",
    ),
    unasked(
        "letting a member go asks nobody",
        "members",
        'with every browser they are logged in on. The last owner stays."""',
        "authorize(actor, Action.MANAGE_MEMBERS, member)",
    ),
    Mutant(
        "the file of the record is given to who may not see money",
        "B1",
        "portal/blueprints/records.py",
        "    authorize(current_actor(), Action.SEE_MONEY, project)\n",
        "",
        "tests/web/test_records.py::test_who_may_not_see_money_is_told_that_there_was_a_payment_and_gets_no_file",
    ),
    Mutant(
        "a receipt is shown to who may not see money",
        "B1",
        "portal/blueprints/receipts.py",
        "    authorize(current_actor(), Action.SEE_MONEY, receipt)\n",
        "",
        "tests/web/test_receipts.py::test_a_contact_without_a_say_in_money_sees_none",
    ),
    Mutant(
        "a proof is shown to who may not see money",
        "B1",
        "portal/blueprints/deliverables.py",
        "    authorize(actor, Action.SEE_MONEY, payment)\n",
        "",
        "tests/web/test_byte_serving.py::test_nobody_else_sees_a_proof",
    ),
)
