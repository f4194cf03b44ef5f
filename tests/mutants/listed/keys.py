"""What must not be told: keys, passwords, settings, failures."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

CONFIG, READERS, TESTED = "portal/config.py", "portal/setting_readers.py", "tests/test_config.py"
SHOWN = f"{TESTED}::test_settings_are_shown_without_their_secrets"

MUTANTS = (
    Mutant("the settings show the key of the cookies", "A5", CONFIG, '        "secret_key": "(secret)",\n', "", SHOWN),
    Mutant(
        "the settings show the password of the database",
        "A5",
        CONFIG,
        "hide_password=True",
        "hide_password=False",
        SHOWN,
    ),
    Mutant(
        "the settings show the password of the mail server",
        "A5",
        CONFIG,
        '_without_password(config.smtp_url) if config.smtp_url else ""',
        'config.smtp_url or ""',
        SHOWN,
    ),
    Mutant(
        "keys can be read by everybody on the machine",
        "J11",
        CONFIG,
        "os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)",
        "os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)",
        f"{TESTED}::test_the_secret_is_made_once_and_kept_for_this_user_only",
    ),
    Mutant(
        "a damaged key is replaced by another",
        "J12",
        CONFIG,
        "    if len(kept) != KEY_BYTES:\n",
        "    if len(kept) != KEY_BYTES:\n        path.unlink()\n        return keep_secret(path)\n    if False:\n",
        f"{TESTED}::test_a_damaged_key_is_refused_instead_of_replaced",
    ),
    Mutant(
        "a refused setting repeats the password in it",
        "I11",
        READERS,
        'raise BadSetting("smtp_url must look like smtp+starttls://user:password@mail.example.org:587 (or smtp, smtps).")',
        'raise BadSetting(f"smtp_url must look like smtp+starttls://user:password@mail.example.org:587, not {text}.")',
        f"{TESTED}::test_no_refusal_repeats_a_password",
    ),
    Mutant(
        "wrong codes are written to the log",
        "H6",
        "portal/blueprints/entrances.py",
        "    codes.normalise(typed)\n    with stepup.counted_try():\n",
        "    codes.normalise(typed)\n    import structlog\n\n    structlog.get_logger().info('entering', code=typed)\n"
        "    with stepup.counted_try():\n",
        "tests/web/test_enter.py::test_no_code_is_written_to_the_log",
    ),
    Mutant(
        "a failure shows its inside to the reader",
        "I12",
        "portal/web/errors.py",
        '_("Something went wrong on our side. Nothing was changed; please try again.")',
        "str(error)",
        "tests/web/test_errors.py::test_a_failure_of_ours_tells_nothing_of_itself",
    ),
    Mutant(
        "a failure leaves what it began",
        "I12",
        "portal/db.py",
        '    session.rollback()\n    session.info["in_command"] = True\n',
        '    session.info["in_command"] = True\n',
        "tests/test_db.py::test_a_command_begins_anew_and_forgets_what_was_begun_before_it",
    ),
    Mutant(
        "the code of a contact is kept with the access",
        "A5",
        "portal/services/grants.py",
        '        scopes_text=read.scopes_text,\n        expires_at=expires_at,\n        created_at=clock.now(),\n    )\n    session.add(grant)\n    record.append(\n        session,\n        project,\n        "grant.issued",\n        by=actor,\n',
        '        scopes_text=read.scopes_text,\n        expires_at=expires_at,\n        created_at=clock.now(),\n    )\n    session.add(grant)\n    record.append(\n        session,\n        project,\n        "grant.issued",\n        by=actor,\n        code=code,\n',
        "tests/services/test_grants.py::test_the_record_names_references_and_neither_code_nor_person",
    ),
)
