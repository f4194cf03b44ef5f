"""Bytes on their way in: places, limits, offsets, checksums, writers."""

# what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

UPLOADS, RECEIVING, TUS = "portal/services/uploads.py", "portal/services/receiving.py", "portal/rules/tus.py"
LOCKS = "portal/services/upload_locks.py"
TESTED = "tests/services/test_uploads.py"

MUTANTS = (
    Mutant(
        "a milestone takes a sixth file",
        "D6",
        UPLOADS,
        "replacing > milestones.MAX_LIVE_FILES:",
        "replacing > milestones.MAX_LIVE_FILES + 1:",
        f"{TESTED}::test_the_sixth_file_is_refused_whether_the_five_are_stored_or_on_their_way",
    ),
    Mutant(
        "files on their way take no place",
        "D6",
        UPLOADS,
        "    arriving = [*running, name]\n",
        "    arriving = [name]\n",
        f"{TESTED}::test_the_sixth_file_is_refused_whether_the_five_are_stored_or_on_their_way",
    ),
    Mutant(
        "a file may have one byte more than five gibibytes",
        "D6",
        UPLOADS,
        "if announced.length > limits.max_file_bytes:",
        "if announced.length > limits.max_file_bytes + 1:",
        f"{TESTED}::test_a_file_may_have_five_gibibytes_and_not_one_byte_more",
    ),
    Mutant(
        "the header of a length takes one byte too many",
        "D6",
        TUS,
        "length <= most else None",
        "length <= most + 1 else None",
        "tests/rules/test_tus.py::test_a_length_above_the_most_is_no_length",
    ),
    Mutant(
        "more bytes than announced are written",
        "D1",
        RECEIVING,
        "if self.position + len(piece) > self.hold.slip.length:",
        "if False:",
        f"{TESTED}::test_more_bytes_than_announced_are_refused_when_only_their_coming_shows_it",
    ),
    Mutant(
        "bytes are taken that do not continue what is there",
        "D5",
        RECEIVING,
        "if incoming.offset != slip.offset:",
        "if False:",
        f"{TESTED}::test_bytes_that_do_not_continue_what_is_there_are_refused",
    ),
    Mutant(
        "the checksum of a request is not compared",
        "D1",
        RECEIVING,
        "if self.incoming.checksum is None or self.check.hexdigest() != self.incoming.checksum.digest.hex():",
        "if False:",
        f"{TESTED}::test_the_right_checksum_is_taken_and_the_wrong_one_leaves_nothing",
    ),
    Mutant(
        "bytes under a wrong checksum stay",
        "D1",
        RECEIVING,
        "            self.hold.part.cut(self.recorded)\n            raise ChecksumMismatch",
        "            self.check = None\n            self._acknowledge()\n            raise ChecksumMismatch",
        f"{TESTED}::test_the_right_checksum_is_taken_and_the_wrong_one_leaves_nothing",
    ),
    Mutant(
        "a stored file is not the bytes its hash says",
        "D2",
        RECEIVING,
        "        self.digest.update(piece)\n",
        "",
        f"{TESTED}::test_a_whole_file_is_stored_with_its_hash_and_told_in_the_record",
    ),
    Mutant(
        "whoever has the upload no more acknowledges bytes",
        "D5",
        LOCKS,
        ".where(_owned(owner), Upload.offset_bytes == offset)",
        ".where(Upload.offset_bytes == offset)",
        "tests/services/test_upload_locks.py::test_only_the_owner_acknowledges",
    ),
    Mutant(
        "two write to one upload",
        "D5",
        "portal/adapters/parts.py",
        "        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "",
        "tests/adapters/test_storage.py::test_only_one_writer_holds_a_part",
    ),
    Mutant(
        "who logged out goes on uploading",
        "A8",
        RECEIVING,
        "if not self.incoming.still_here():",
        "if False:",
        f"{TESTED}::test_someone_who_logged_out_stops_at_the_next_group_and_nothing_more_counts",
    ),
    Mutant(
        "files come after the delivery",
        "S6",
        "portal/services/deliverables.py",
        "    if milestone.state not in OPEN_FOR_FILES:\n",
        "    if False:\n",
        f"{TESTED}::test_files_come_only_while_the_milestone_is_open",
    ),
    Mutant(
        "the disk is filled to the last byte",
        "D4",
        UPLOADS,
        "if free - int(promised or 0) - length < keep_free:",
        "if free - length < 0:",
        f"{TESTED}::test_room_already_promised_is_not_promised_again",
    ),
    Mutant(
        "a file of the same name takes the place of the old bytes",
        "D14",
        "portal/services/deliverables.py",
        "version=max((file.version for file in earlier), default=0) + 1,",
        "version=1,",
        f"{TESTED}::test_the_same_name_again_is_the_next_version_and_the_old_one_stays_as_it_was",
    ),
)
