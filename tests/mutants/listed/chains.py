"""The record, and those who check it."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

CHAIN, RECORD, CHECK, OTHER = (
    "portal/rules/chain.py",
    "portal/services/record.py",
    "portal/services/verification.py",
    "verify_milepost.py",
)
RULES, TESTED, RECORDED = (
    "tests/rules/test_chain.py",
    "tests/services/test_verification.py",
    "tests/services/test_record.py",
)
KNOWN = f"{RULES}::test_the_hash_is_the_documented_one"
FOUND = f"{RULES}::test_tampering_is_found_and_its_place_named_by_both_verifiers"
HASHED = "return _digest(_ENTRY_TAG, project_id, str(seq), body, prev)"
TABLES = f"{TESTED}::test_every_change_of_a_table_contradicts_the_record"

MUTANTS = (
    Mutant("the hash leaves out the place of an entry", "H2", CHAIN, HASHED, HASHED.replace("str(seq), ", ""), KNOWN),
    Mutant("the hash leaves out the entry before", "H2", CHAIN, HASHED, HASHED.replace(", prev", ""), KNOWN),
    Mutant(
        "fields run together in the hash",
        "H4",
        CHAIN,
        'len(data).to_bytes(_LENGTH_BYTES, "big") + data',
        "data",
        f"{RULES}::test_moving_a_character_between_fields_changes_the_hash",
    ),
    Mutant(
        "links between entries are not checked",
        "H2",
        CHAIN,
        "    if claimed_prev != prev:\n",
        "    if False:\n",
        "tests/rules/test_chain_links.py::test_right_hashes_in_the_wrong_place_are_found_by_both",
    ),
    Mutant(
        "places of entries are not checked",
        "H2",
        CHAIN,
        "    if seq != expected:\n",
        "    if False:\n",
        "tests/rules/test_chain_links.py::test_right_hashes_in_the_wrong_place_are_found_by_both",
    ),
    Mutant(
        "heads known from elsewhere are not compared",
        "H2",
        CHAIN,
        "if anchors.get(seq, claimed) != claimed:",
        "if False:",
        FOUND,
    ),
    Mutant(
        "a record that was cut off looks whole",
        "H2",
        CHAIN,
        "if any(seq > last for seq in anchors):",
        "if False:",
        FOUND,
    ),
    Mutant(
        "the second checker does not look at the contents",
        "H4",
        OTHER,
        '    if entry["hash"] != fingerprint(project, expected, entry["body"], prev):\n',
        "    if False:\n",
        FOUND,
    ),
    Mutant(
        "numbers with a point get into the record",
        "H4",
        CHAIN,
        "        case None | str() | int():\n",
        "        case None | str() | int() | float():\n",
        "tests/rules/test_canonical.py::test_values_without_one_spelling_are_refused",
    ),
    Mutant(
        "the head of the project is not compared",
        "H2",
        CHECK,
        "if (project.head_seq, project.head_hash) != last:",
        "if False:",
        TESTED,
    ),
    Mutant(
        "heads on receipts and in mails are not asked",
        "H2",
        CHECK,
        "heads=dict(anchors))",
        "heads={})",
        f"{TESTED}::test_a_record_rewritten_as_a_whole_is_found_by_the_head_on_a_receipt",
    ),
    Mutant(
        "the record is not compared with the tables",
        "C3",
        CHECK,
        "    yield from replay.differences(recorded, present.facts(session, project))\n",
        "",
        TABLES,
    ),
    Mutant(
        "signatures of receipts are not checked",
        "H2",
        CHECK,
        "if not outside.of(session).keys.genuine(digest.encode(), receipt.signature):",
        "if False:",
        TABLES,
    ),
    Mutant(
        "numbers of receipts are not counted",
        "F9",
        CHECK,
        "if given.get(key, []) != list(range(1, last + 1)):",
        "if False:",
        TABLES,
    ),
    Mutant(
        "bytes of stored files are not hashed",
        "D11",
        CHECK,
        "        if digest != sha256:\n",
        "        if False:\n",
        f"{TESTED}::test_a_file_that_changed_or_vanished_on_disk_is_found_when_files_are_read",
    ),
    Mutant(
        "revoking a code is not recorded",
        "H1",
        "portal/services/grants.py",
        '    record.append(session, project, "grant.revoked", by=actor, grant=grant.id)\n',
        "",
        f"{RECORDED}::test_each_verb_of_access_adds_its_entry_and_a_refused_one_adds_none",
    ),
    Mutant(
        "rejecting a payment is not recorded",
        "H1",
        "portal/services/payments.py",
        '    record.append(session, project, "payment.rejected", by=actor, milestone_id=payment.milestone_id, payment=payment.id)\n',
        "",
        f"{RECORDED}::test_each_verb_of_a_payment_adds_its_entries_and_a_refused_one_adds_none",
    ),
    Mutant(
        "the record names people",
        "H6",
        RECORD,
        "    return actor.ref\n\n\ndef _require_live",
        '    return f"{actor.ref} {actor.name}"\n\n\ndef _require_live',
        f"{RECORDED}::test_no_entry_holds_a_name_an_address_or_anything_people_wrote",
    ),
    Mutant(
        "the record is read once and then written to",
        "H3",
        RECORD,
        "    session.expire_all()\n",
        "",
        "tests/services/test_record_lock.py::test_what_another_wrote_before_the_lock_is_seen_under_it",
        postgres=True,
    ),
)
