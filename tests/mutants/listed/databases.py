"""Transactions, locks, and what the tables themselves refuse."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Edit, Mutant

DB, FIRST, TRIGGERS = "portal/db.py", "migrations/versions/0001_beginning.py", "portal/models/triggers.py"
KEYS, SETTINGS = "tests/migrations/test_keys.py", "tests/test_db.py"


def key(name: str, promise: str, model: str, declared: str, migrated: str) -> Mutant:
    """A key taken out of models and migration at once, so that comparing the two finds nothing."""
    also = (Edit(FIRST, f"        sa.UniqueConstraint({migrated}),\n", ""),)
    test = f"{KEYS}::test_the_tables_refuse_a_second_row"
    return Mutant(name, promise, f"portal/models/{model}.py", f"UniqueConstraint({declared}),", "", test, also=also)


MUTANTS = (
    Mutant(
        "writing transactions of SQLite begin deferred",
        "I4",
        DB,
        '"BEGIN IMMEDIATE" if writing else "BEGIN"',
        '"BEGIN"',
        (f"{SETTINGS}::test_a_command_takes_the_write_lock_at_its_first_breath", "tests/services/test_throttle.py"),
    ),
    Mutant(
        "SQLite may lose the last commits in a power cut",
        "I6",
        DB,
        '"synchronous=FULL",',
        '"synchronous=NORMAL",',
        f"{SETTINGS}::test_sqlite_is_set_to_keep_what_it_acknowledged",
    ),
    Mutant(
        "SQLite does not check references",
        "B5",
        DB,
        '"foreign_keys=ON",',
        '"foreign_keys=OFF",',
        f"{SETTINGS}::test_sqlite_is_set_to_keep_what_it_acknowledged",
    ),
    Mutant(
        "an insert may replace a row that is never changed",
        "F10",
        DB,
        '"recursive_triggers=ON",',
        '"recursive_triggers=OFF",',
        "tests/migrations/test_triggers.py::test_a_row_is_not_replaced_by_an_insert_on_sqlite",
    ),
    Mutant(
        "nothing is locked on PostgreSQL",
        "F1",
        DB,
        " WHERE {table}.id = :id FOR NO KEY UPDATE",
        " WHERE {table}.id = :id",
        "tests/services/test_record.py::test_many_writers_make_one_line_without_a_gap",
        postgres=True,
    ),
    Mutant(
        "two first visits at once make two vendors",
        "J11",
        DB,
        'text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")',
        'text("SELECT 1")',
        "tests/web/test_accounts.py::test_two_set_ups_at_once_make_one_vendor",
        postgres=True,
    ),
    Mutant(
        "a place for a file is given without the lock on the project",
        "D6",
        "portal/services/reserving.py",
        "    record.hold(session, actor, milestone.project_id)\n    deliverables.require_open(milestone)\n",
        "    deliverables.require_open(milestone)\n",
        "tests/services/test_uploads.py::test_twenty_who_race_for_the_last_place_get_it_once",
        postgres=True,
    ),
    Mutant(
        "what failed half-way is kept",
        "L7",
        DB,
        "except BaseException:\n        session.rollback()",
        "except BaseException:\n        session.commit()",
        "tests/services/test_receipts.py::test_a_failure_after_the_number_was_taken_gives_it_back",
    ),
    Mutant(
        "facts are told before they are kept",
        "O3",
        DB,
        "        session.commit()\n        return result\n",
        "        _speak(session)\n        session.commit()\n        return result\n",
        f"{SETTINGS}::test_nothing_is_told_before_it_is_kept_and_nothing_that_was_not",
    ),
    key(
        "a payment can have two receipts",
        "R2",
        "receipt",
        '"payment_id"',
        '"payment_id", name=op.f("uq_receipts_payment_id")',
    ),
    key(
        "two receipts can have one number",
        "R1",
        "receipt",
        '"vendor_id", "series", "number"',
        '"vendor_id", "series", "number", name=op.f("uq_receipts_vendor_id_series_number")',
    ),
    key(
        "a payment can enter the ledger twice",
        "L3",
        "payment",
        '"kind", "reference"',
        '"kind", "reference", name=op.f("uq_ledger_entries_kind_reference")',
    ),
    key(
        "one code can open two projects",
        "A1",
        "client",
        '"code_digest"',
        '"code_digest", name=op.f("uq_grants_code_digest")',
    ),
    key(
        "a milestone can be released twice",
        "S1",
        "milestone",
        '"milestone_id"',
        '"milestone_id", name=op.f("uq_releases_milestone_id")',
    ),
    Mutant(
        "a receipt can have two papers",
        "R5",
        "portal/models/receipt.py",
        ', UniqueConstraint("receipt_id"))',
        ",)",
        "tests/services/test_receipts.py::test_the_bytes_once_kept_never_change",
        also=(
            Edit(FIRST, '        sa.UniqueConstraint("receipt_id", name=op.f("uq_receipt_pdfs_receipt_id")),\n', ""),
        ),
    ),
    Mutant(
        "a payment can point at another vendor's milestone",
        "B5",
        FIRST,
        '            ["vendor_id", "milestone_id"],\n            ["milestones.vendor_id", "milestones.id"],\n'
        '            name=op.f("fk_payments_vendor_id_milestone_id_milestones"),\n',
        '            ["milestone_id"],\n            ["milestones.id"],\n'
        '            name=op.f("fk_payments_vendor_id_milestone_id_milestones"),\n',
        f"{KEYS}::test_no_row_points_across_the_wall_between_vendors",
    ),
    Mutant(
        "the ledger takes amounts below zero",
        "L1",
        "portal/models/payment.py",
        'UniqueConstraint("kind", "reference"),\n        CheckConstraint("amount_minor > 0", name="amount_positive"),\n',
        'UniqueConstraint("kind", "reference"),\n',
        f"{KEYS}::test_the_tables_refuse_amounts_of_nothing",
        also=(
            Edit(
                FIRST,
                '        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_ledger_entries_amount_positive")),\n',
                "",
            ),
        ),
    ),
    Mutant(
        "the ledger can be rewritten",
        "F10",
        TRIGGERS,
        '    "ledger_entries",\n',
        "",
        "tests/migrations/test_triggers.py::test_the_tables_that_only_grow_are_these",
        also=(Edit(FIRST, '    "ledger_entries",\n    "credit_entries",\n', '    "credit_entries",\n'),),
    ),
    Mutant(
        "rows of tables that only grow can be deleted",
        "F10",
        TRIGGERS,
        'for act in ("UPDATE", "DELETE")',
        'for act in ("UPDATE",)',
        "tests/migrations/test_triggers.py::test_rows_are_never_changed_or_deleted",
    ),
)
