"""What every answer carries, what every form needs, and what people wrote."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

HEADERS, APP, PAGES, PDF = (
    "portal/web/headers.py",
    "portal/__init__.py",
    "portal/adapters/pages.py",
    "portal/adapters/pdf.py",
)
ENTER, ALWAYS = "tests/web/test_enter.py", "tests/web/test_headers.py::test_every_answer_carries_the_same_walls"
FORMS = f"{ENTER}::test_a_form_without_its_token_does_nothing"
OURS = f"{ENTER}::test_our_own_forms_arrive_and_foreign_ones_do_not"
PAPERS = "tests/adapters/test_pdf.py"

MUTANTS = (
    Mutant(
        "pages may run scripts that stand in them",
        "C3",
        HEADERS,
        "script-src 'self';",
        "script-src 'self' 'unsafe-inline';",
        ALWAYS,
    ),
    Mutant("pages may be framed", "C3", HEADERS, "frame-ancestors 'none'; ", "", ALWAYS),
    Mutant("browsers guess what a file is", "C6", HEADERS, '    "X-Content-Type-Options": "nosniff",\n', "", ALWAYS),
    Mutant(
        "other sites can hold our window",
        "C6",
        HEADERS,
        '    "Cross-Origin-Opener-Policy": "same-origin",\n',
        "",
        ALWAYS,
    ),
    Mutant(
        "browsers keep private pages",
        "C6",
        HEADERS,
        '        response.headers.setdefault("Cache-Control", "no-store")\n',
        "",
        ALWAYS,
    ),
    Mutant(
        "caches mix parts and pages",
        "C7",
        HEADERS,
        '        response.vary.add("HX-Request")\n',
        "",
        ALWAYS,
    ),
    Mutant(
        "browsers are not told to stay with TLS",
        "C6",
        HEADERS,
        '        response.headers["Strict-Transport-Security"] = HSTS\n',
        "        pass\n",
        "tests/web/test_accounts.py::test_behind_tls_the_cookie_is_bound_to_this_host_and_never_leaves_it_in_the_clear",
    ),
    Mutant(
        "forms need no token",
        "C1",
        APP,
        "        WTF_CSRF_TIME_LIMIT=None,\n",
        "        WTF_CSRF_TIME_LIMIT=None,\n        WTF_CSRF_CHECK_DEFAULT=False,\n",
        "tests/web/test_tus.py::test_nothing_is_changed_without_the_token_of_this_session",
    ),
    Mutant(
        "forms of the entrance need no token",
        "C2",
        APP,
        "        WTF_CSRF_TIME_LIMIT=None,\n",
        "        WTF_CSRF_TIME_LIMIT=None,\n        WTF_CSRF_ENABLED=False,\n",
        FORMS,
    ),
    Mutant(
        "other sites send forms",
        "C1",
        HEADERS,
        'if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):',
        "if False:",
        OURS,
    ),
    Mutant(
        "the origin of a form is not looked at",
        "C1",
        HEADERS,
        "not in installation().config.allowed_hosts:\n        abort(400)",
        "not in installation().config.allowed_hosts:\n        pass",
        OURS,
    ),
    Mutant(
        "any host name is ours",
        "C8",
        APP,
        '        TRUSTED_HOSTS=[urlsplit(f"//{host}").hostname for host in settings.allowed_hosts],\n',
        "",
        "tests/web/test_headers.py::test_a_host_that_is_not_ours_is_refused",
    ),
    Mutant(
        "a form may be as large as a file",
        "I2",
        APP,
        "        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,\n",
        "",
        "tests/web/test_tus.py::test_a_form_with_a_file_larger_than_forms_carry_is_refused",
    ),
    Mutant(
        "papers and mails do not escape what people wrote",
        "C5",
        PAGES,
        "select_autoescape(default=True, ",
        "select_autoescape(default=False, enabled_extensions=(), ",
        f"{PAPERS}::test_text_is_never_markup",
    ),
    Mutant(
        "words put into a sentence of a paper are not escaped",
        "C5",
        PAGES,
        "{name: escape(value) for name, value in params.items()}",
        "dict(params)",
        (
            f"{PAPERS}::test_text_is_never_markup",
            "tests/notifications/test_mails.py::test_nothing_people_write_adds_a_header_a_recipient_or_markup",
        ),
    ),
    Mutant(
        "the name of a file is markup in the page",
        "C5",
        "portal/templates/components/files.html",
        '<a href="{{ href }}"><bdi>{{ name }}</bdi></a>',
        '<a href="{{ href }}"><bdi>{{ name|safe }}</bdi></a>',
        ("tests/architecture/test_templates.py::test_nothing_escapes_escaping",),
    ),
    Mutant(
        "papers fetch files of the server",
        "F12",
        PDF,
        '                raise ValueError("papers fetch nothing")\n',
        "                return super().fetch(url, headers)\n",
        f"{PAPERS}::test_the_fetcher_denies_everything_but_the_pictures_it_was_given",
    ),
    Mutant(
        "anything live gets into a paper",
        "F12",
        PAGES,
        '    raise TypeError(f"a paper holds plain values, not {type(value).__name__}")\n',
        "    return value\n",
        f"{PAPERS}::test_only_plain_values_reach_the_template",
    ),
)
