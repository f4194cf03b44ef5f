"""Repeats: the same request, sent again."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Edit, Mutant

ANSWERS, PAYMENTS = "portal/services/answers.py", "portal/services/payments.py"
TESTED, RULES = "tests/services/test_payments.py", "tests/services/test_answers.py"
TAKEN = "    if session.execute(insert(Answer).values(row).on_conflict_do_nothing().returning(Answer.key)).first():\n"

MUTANTS = (
    Mutant(
        "the key of a form is not kept",
        "I1",
        ANSWERS,
        TAKEN,
        "    if insert:\n",
        f"{RULES}::test_a_ticket_is_answered_once_and_then_the_same",
    ),
    Mutant(
        "a repeat is done again",
        "I1",
        ANSWERS,
        "    return earlier.result_id\n",
        "    return None\n",
        f"{RULES}::test_a_ticket_is_answered_once_and_then_the_same",
    ),
    Mutant(
        "a used key takes other input",
        "I2",
        ANSWERS,
        "if earlier.input_sha256 != ticket.input_sha256:",
        "if False:",
        f"{RULES}::test_a_used_key_takes_no_other_input",
    ),
    Mutant(
        "somebody else's key answers for this person",
        "I1",
        ANSWERS,
        '"actor": actor.ref,',
        '"actor": "anybody",',
        f"{RULES}::test_a_key_is_its_own_for_each_person_and_act",
        also=(Edit(ANSWERS, "(actor.ref, act, ticket.key)", '("anybody", act, ticket.key)'),),
    ),
    Mutant(
        "the key of one act answers for another",
        "I1",
        ANSWERS,
        '"act": act,',
        '"act": "any",',
        f"{RULES}::test_a_key_is_its_own_for_each_person_and_act",
        also=(Edit(ANSWERS, "(actor.ref, act, ticket.key)", '(actor.ref, "any", ticket.key)'),),
    ),
    Mutant(
        "a form without a key is taken",
        "I1",
        ANSWERS,
        "if not 8 <= len(ticket.key) <= 64:",
        "if not len(ticket.key) <= 64:",
        f"{RULES}::test_a_form_without_a_key_is_refused",
    ),
    Mutant(
        "a double click confirms twice",
        "F2",
        PAYMENTS,
        '    if (earlier := answers.claim(session, actor, f"payments.confirm:{payment.id}", ticket, receipt_id)) is not None:\n'
        "        return earlier\n",
        "",
        f"{TESTED}::test_a_confirmation_sent_again_gives_the_same_receipt",
    ),
    Mutant(
        "what is typed into a form is not part of its input",
        "I2",
        "portal/web/acts.py",
        "if field.name not in NOT_INPUT]",
        "if field.name in NOT_INPUT]",
        "tests/web/test_payments.py::test_the_same_form_with_other_values_is_not_taken_for_the_first",
    ),
    Mutant(
        "sending the form of a code again makes another code",
        "F2",
        "portal/services/grants.py",
        "if ticket is not None and answers.claim(session, actor, act, ticket, grant_id) is not None:",
        "if False:",
        "tests/services/test_grants.py::test_the_same_form_again_makes_no_second_code_and_shows_none",
    ),
)
