"""What was acknowledged is on disk: syncs, their order, names that are taken once."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Edit, Mutant

STORAGE, PARTS, RECEIVING = "portal/adapters/storage.py", "portal/adapters/parts.py", "portal/services/receiving.py"
MENDING, TESTED = "portal/services/mending.py", "tests/adapters/test_storage.py"
ORDER = f"{TESTED}::test_what_is_acknowledged_was_synced_first_and_its_folders_too"
RENAMED = (
    '        failpoint("upload.renamed")\n        _sync_folder(target.parent)\n        _sync_folder(self.incoming)\n'
)
ADVANCED = (
    "        upload_locks.advance(\n            self.session,\n            upload_id=self.hold.slip.id,\n"
    "            owner=self.hold.owner,\n            offset=self.recorded,\n            new_offset=self.position,\n        )\n"
)

MUTANTS = (
    Mutant("the bytes of a part are not synced", "D3", PARTS, "        os.fsync(self._fd)\n", "", ORDER),
    Mutant(
        "bytes are acknowledged before they are synced",
        "D3",
        RECEIVING,
        "        self.hold.part.sync()\n" + ADVANCED,
        ADVANCED + "        self.hold.part.sync()\n",
        "tests/services/test_upload_locks.py::test_bytes_are_on_disk_before_they_are_acknowledged",
    ),
    Mutant(
        "the folder of a new part is not synced",
        "D3",
        STORAGE,
        '        _sync_folder(self.incoming)\n        failpoint("upload.created")\n',
        '        failpoint("upload.created")\n',
        ORDER,
    ),
    Mutant(
        "the folder of a stored file is not synced",
        "D3",
        STORAGE,
        RENAMED,
        '        failpoint("upload.renamed")\n        _sync_folder(self.incoming)\n',
        ORDER,
    ),
    Mutant(
        "folders are synced before the name is changed",
        "D3",
        STORAGE,
        '        failpoint("upload.complete")\n        if not target.exists():\n',
        '        failpoint("upload.complete")\n        _sync_folder(target.parent)\n        _sync_folder(self.incoming)\n'
        "        if not target.exists():\n",
        ORDER,
        also=(Edit(STORAGE, RENAMED, '        failpoint("upload.renamed")\n'),),
    ),
    Mutant(
        "a proof is not synced",
        "D3",
        STORAGE,
        "            file.write(content)\n            file.flush()\n            os.fsync(file.fileno())\n",
        "            file.write(content)\n            file.flush()\n",
        f"{TESTED}::test_a_proof_is_synced_and_its_folder_too",
    ),
    Mutant(
        "a stored file can be replaced",
        "D14",
        STORAGE,
        '        failpoint("upload.complete")\n        if not target.exists():\n',
        '        failpoint("upload.complete")\n        if True:\n',
        f"{TESTED}::test_keeping_never_replaces_a_stored_file",
    ),
    Mutant(
        "everybody on the machine reads what arrives",
        "D1",
        STORAGE,
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)",
        f"{TESTED}::test_a_new_part_is_empty_and_for_the_owner_only",
    ),
    Mutant(
        "a stored file stays writable",
        "D14",
        STORAGE,
        "                part.chmod(0o440)\n",
        "",
        f"{TESTED}::test_a_kept_file_leaves_incoming_and_cannot_be_written_by_others",
    ),
    Mutant(
        "a cut file is handed out",
        "D11",
        STORAGE,
        "if os.fstat(file.fileno()).st_size != size:",
        "if False:",
        f"{TESTED}::test_a_stored_file_opens_only_with_its_size",
    ),
    Mutant(
        "bytes nobody acknowledged survive a restart",
        "D2",
        MENDING,
        "part.cut(slip.offset)",
        "pass",
        "tests/services/test_deliverables.py::test_bytes_written_but_not_acknowledged_are_cut",
    ),
    Mutant(
        "files nobody knows are deleted",
        "D12",
        "portal/services/reconciliation.py",
        "        report.set_aside.append(str(storage.set_aside(file.path).name))\n",
        "        file.path.unlink()\n        report.set_aside.append(file.path.name)\n",
        "tests/services/test_deliverables.py::test_files_nobody_knows_are_set_aside_not_deleted",
    ),
    Mutant(
        "a file stored just before a crash is not adopted",
        "D12",
        MENDING,
        "return _adopt(session, storage, slip) if slip.whole else _start_over(session, storage, slip)",
        "return _start_over(session, storage, slip)",
        "tests/services/test_deliverables.py::test_a_file_stored_just_before_the_server_stopped_is_adopted",
    ),
)
