"""Bytes on their way out: ranges, names, headers, and the log of what left."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

RANGES, FILES, NAMES, OUT = (
    "portal/rules/ranges.py",
    "portal/web/files.py",
    "portal/rules/filenames.py",
    "portal/web/outflow.py",
)
SERVING, RULES = "tests/web/test_byte_serving.py", "tests/rules/test_ranges.py"
SEALED = f"{SERVING}::test_the_whole_file_comes_sealed_and_named"
CLEAN = ("tests/rules/test_filenames.py::test_a_name_is_cleaned", "tests/rules/test_filenames.py")

MUTANTS = (
    Mutant(
        "a range ends one byte behind the file",
        "E6",
        RANGES,
        "min(last, size - 1)",
        "min(last, size)",
        f"{RULES}::test_a_range_header_gives_its_bytes_the_whole_or_nothing",
    ),
    Mutant(
        "a range is one byte short",
        "E6",
        RANGES,
        "return self.last - self.first + 1",
        "return self.last - self.first",
        f"{RULES}::test_a_range_knows_its_length_and_its_header",
    ),
    Mutant(
        "If-Range is ignored",
        "E6",
        FILES,
        "if header is None or not _is_the_same(body):",
        "if header is None:",
        f"{SERVING}::test_the_file_may_be_another_so_all_of_it_comes",
    ),
    Mutant(
        "a range begins at the first byte of the file",
        "E6",
        OUT,
        "                self._file.seek(self._first)\n",
        "",
        f"{SERVING}::test_a_range_is_exactly_its_bytes",
    ),
    Mutant(
        "files are shown in the page",
        "E4",
        FILES,
        "if body.is_inline else disposition,",
        "if body else disposition,",
        SEALED,
    ),
    Mutant(
        "every proof is shown in the page",
        "E4",
        "portal/blueprints/deliverables.py",
        "proof.media_type in SHOWN_INLINE",
        "True",
        f"{SERVING}::test_a_proof_is_seen_by_both_parties_and_only_pictures_in_the_page",
    ),
    Mutant(
        "files come without a sandbox",
        "E4",
        FILES,
        '    "Content-Security-Policy": "sandbox; default-src \'none\'",\n',
        "",
        SEALED,
    ),
    Mutant(
        "browsers keep originals",
        "C6",
        FILES,
        '    "Cache-Control": "no-store, no-transform",\n',
        '    "Cache-Control": "max-age=3600",\n',
        SEALED,
    ),
    Mutant(
        "a proof is known by what it is called",
        "D7",
        "portal/web/proofs.py",
        "proofs.media_type(content)",
        '(sent.mimetype or "application/octet-stream")',
        "tests/web/test_payments.py::test_a_proof_is_known_by_its_content_and_kept_under_a_clean_name",
    ),
    Mutant(
        "a note of a proof needs no seal",
        "B3",
        "portal/web/proofs.py",
        "_sealer(milestone_id).loads(note, max_age=KEPT_SECONDS)",
        "_sealer(milestone_id).loads_unsafe(note)[1]",
        "tests/web/test_payments.py::test_a_note_of_a_proof_that_we_did_not_seal_is_worth_nothing",
    ),
    Mutant("names keep their folders", "D8", NAMES, r'reversed(re.split(r"[/\\]", name))', "[name]", CLEAN),
    Mutant(
        "names keep marks that turn them around", "D8", NAMES, "char in _INVISIBLE or unicodedata", "unicodedata", CLEAN
    ),
    Mutant(
        "names keep line ends",
        "D8",
        NAMES,
        '_DROPPED_CATEGORIES = frozenset({"Cc", ',
        "_DROPPED_CATEGORIES = frozenset({",
        CLEAN,
    ),
    Mutant(
        "a name can end the header it stands in",
        "E5",
        NAMES,
        '_NOT_IN_FALLBACK.sub("_", letters)',
        "letters",
        "tests/rules/test_filenames.py::test_nasty_names_become_clean_and_are_sent_intact",
    ),
    Mutant(
        "bytes that leave are not counted",
        "E8",
        OUT,
        "        self._left -= count\n        self._meter.add(count)\n",
        "        self._left -= count\n",
        f"{SERVING}::test_each_download_is_logged_with_who_what_and_how_much",
    ),
    Mutant(
        "a file that ends too early looks whole",
        "D11",
        OUT,
        "        if count == 0 and self._left:\n",
        "        if False:\n",
        f"{SERVING}::test_a_file_that_shrinks_while_it_leaves_ends_the_connection",
    ),
)
