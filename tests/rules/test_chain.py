import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from portal.rules import chain

CHECKER = Path(__file__).parents[2] / "verify_milepost.py"
PROJECT = "01900000-0000-7000-8000-000000000001"
LENGTH = 40


def make(project: str, count: int = LENGTH, flavour: str = "") -> list[tuple[int, str, str, str]]:
    rows, prev = [], chain.GENESIS
    for seq in range(1, count + 1):
        body = chain.canonical({"kind": "noted", "n": seq, "text": f"Zeile {seq} 里程碑 {flavour}"})
        digest = chain.entry_hash(project, seq, body, prev)
        rows.append((seq, body, prev, digest))
        prev = digest
    return rows


def reseal(project: str, rows: list[tuple[int, str, str, str]], start: int) -> list[tuple[int, str, str, str]]:
    """Forge the rest of the chain so that it links again."""
    forged = rows[: start - 1]
    for seq, body, _, _ in rows[start - 1 :]:
        prev = forged[-1][3] if forged else chain.GENESIS
        forged.append((seq, body, prev, chain.entry_hash(project, seq, body, prev)))
    return forged


GOOD = make(PROJECT)
FOREIGN = make(str(uuid4()), flavour="foreign")
HEAD = (LENGTH, GOOD[-1][3])


def edit(k):
    seq, body, prev, digest = GOOD[k - 1]
    return [*GOOD[: k - 1], (seq, body.replace("Zeile", "Ziele"), prev, digest), *GOOD[k:]], k


def delete(k):
    # What is left after the last one is a whole, shorter record: only the head shows it.
    return [*GOOD[: k - 1], *GOOD[k:]], k


def insert(k):
    # It links, so its follower is the first that does not; in the last place the known head gives it away.
    body = chain.canonical({"kind": "forged"})
    prev = GOOD[k - 2][3] if k > 1 else chain.GENESIS
    return [*GOOD[: k - 1], (k, body, prev, chain.entry_hash(PROJECT, k, body, prev)), *GOOD[k - 1 :]], min(
        k + 1, LENGTH
    )


def swap(k):
    other = k % (LENGTH - 1) + 1
    low, high = sorted((k, other)) if k != other else (k, k + 1)
    rows = list(GOOD)
    (a, body_a, prev_a, hash_a), (b, body_b, prev_b, hash_b) = rows[low - 1], rows[high - 1]
    rows[low - 1], rows[high - 1] = (a, body_b, prev_b, hash_b), (b, body_a, prev_a, hash_a)
    return rows, low


def renumber(k):
    return [*GOOD[: k - 1], *((seq + 1, *rest) for seq, *rest in GOOD[k - 1 :])], k


def truncate(k):
    return GOOD[: k - 1], k


def splice(k):
    return [*GOOD[: k - 1], FOREIGN[k - 1], *GOOD[k:]], k


def rewrite(k):
    forged, _ = edit(k)
    return reseal(PROJECT, forged, k), LENGTH


KINDS = [edit, delete, insert, swap, renumber, truncate, splice, rewrite]
CASES = [(kind, k) for kind in KINDS for k in random.Random(kind.__name__).sample(range(1, LENGTH + 1), 25)]


def write(path: Path, rows, project: str = PROJECT) -> Path:
    lines = [{"format": "milepost-record-1", "project": project}]
    lines += [{"seq": seq, "body": body, "prev": prev, "hash": digest} for seq, body, prev, digest in rows]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    command = [sys.executable, "-I", "-S", str(CHECKER), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def checker():
    import importlib.util

    spec = importlib.util.spec_from_file_location("verify_milepost", CHECKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_whole_record_is_right_for_both_verifiers(tmp_path):
    assert chain.verify(PROJECT, GOOD, heads=dict([HEAD])) is None
    path = write(tmp_path / "record.jsonl", GOOD)
    code, out, err = run(path, "--head", f"{HEAD[0]}:{HEAD[1]}", "--head", f"7:{GOOD[6][3].upper()}")
    assert (code, err) == (0, "")
    assert out == f"The record of project {PROJECT} is right: 40 entries, head 40:{HEAD[1]}.\n"


@pytest.mark.parametrize(("kind", "k"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_tampering_is_found_and_its_place_named_by_both_verifiers(kind, k, tmp_path, checker, capsys):
    rows, first_bad = kind(k)
    finding = chain.verify(PROJECT, rows, heads=dict([HEAD]))
    assert finding is not None
    assert finding.seq == first_bad
    path = write(tmp_path / "record.jsonl", rows)
    assert checker.main([str(path), "--head", f"{HEAD[0]}:{HEAD[1]}"]) == 1
    assert capsys.readouterr().out.startswith(f"Entry {first_bad} is wrong: ")


@pytest.mark.parametrize("kind", [truncate, rewrite])
def test_control_without_a_head_a_cut_or_rewritten_record_looks_right(kind):
    assert chain.verify(PROJECT, kind(20)[0]) is None


def test_a_whole_record_is_wrong_for_another_project(tmp_path):
    assert chain.verify(str(uuid4()), GOOD).seq == 1
    assert run(write(tmp_path / "r.jsonl", GOOD, project=str(uuid4())))[0] == 1


def test_an_edit_with_its_own_hash_redone_breaks_the_next_link():
    rows, _ = edit(12)
    seq, body, prev, _ = rows[11]
    rows[11] = (seq, body, prev, chain.entry_hash(PROJECT, seq, body, prev))
    assert chain.verify(PROJECT, rows).seq == 13


def test_a_wrong_link_under_a_right_hash_is_found(tmp_path):
    rows = list(GOOD)
    seq, body, _, digest = rows[11]
    rows[11] = (seq, body, chain.GENESIS, digest)
    assert chain.verify(PROJECT, rows).seq == 12
    code, out, _ = run(write(tmp_path / "record.jsonl", rows))
    assert (code, out) == (1, "Entry 12 is wrong: it does not follow from the entry before.\n")


def test_a_record_without_entries_is_right_unless_a_head_is_known():
    assert chain.verify(PROJECT, []) is None
    assert chain.verify(PROJECT, [], heads={1: HEAD[1]}).seq == 1


def test_a_body_without_utf8_form_is_a_finding_and_not_a_crash(tmp_path):
    row = (1, '"\ud800"', chain.GENESIS, "0" * 64)
    assert chain.verify(PROJECT, [row]).seq == 1
    path = tmp_path / "r.jsonl"
    line = json.dumps({"seq": 1, "body": row[1], "prev": row[2], "hash": row[3]})
    path.write_text(json.dumps({"format": "milepost-record-1", "project": PROJECT}) + "\n" + line)
    assert run(path)[0] == 1


def test_the_hash_is_the_documented_one():
    def field(data: bytes) -> bytes:
        return len(data).to_bytes(8, "big") + data

    body = '{"text":"里程碑"}'
    message = b"milepost-v1" + b"".join(map(field, [PROJECT.encode(), b"1", body.encode(), b"0" * 64]))
    assert chain.entry_hash(PROJECT, 1, body, chain.GENESIS) == hashlib.sha256(message).hexdigest()


def test_moving_a_character_between_fields_changes_the_hash():
    assert chain.entry_hash("a", 1, "bc", "d") != chain.entry_hash("a", 1, "b", "cd")
    assert chain.entry_hash("a1", 1, "b", "d") != chain.entry_hash("a", 11, "b", "d")


def test_commitments_depend_on_salt_and_value_and_never_look_like_entries():
    assert chain.commitment("salt", "Ada") != chain.commitment("other", "Ada")
    assert chain.commitment("salt", "Ada") != chain.commitment("salt", "Ida")
    assert chain.commitment("ab", "c") != chain.commitment("a", "bc")
    assert chain.commitment("salt", "Ada") == chain.commitment("salt", "Ada")


def test_the_signed_head_names_seq_and_hash():
    assert chain.head_text(*HEAD) == f"milepost-v1 head 40:{HEAD[1]}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"not json\n",
        b"\xff\xfe\n",
        b"[]\n",
        b'{"format":"milepost-record-2","project":"x"}\n',
        b'{"format":"milepost-record-1"}\n',
        b'{"format":"milepost-record-1","project":7}\n',
        b'{"format":"milepost-record-1","project":"x"}\n{"seq":1}\n',
        b'{"format":"milepost-record-1","project":"x"}\n{"seq":true,"body":"","prev":"","hash":""}\n',
        b'{"format":"milepost-record-1","project":"x"}\n{"seq":1,"seq":2,"body":"","prev":"","hash":""}\n',
        b'{"format":"milepost-record-1","project":"x"}\n' + b"[" * 100_000 + b"\n",
    ],
)
def test_a_file_that_is_no_record_is_unusable(content, tmp_path):
    path = tmp_path / "record.jsonl"
    path.write_bytes(content)
    code, out, err = run(path)
    assert (code, out) == (2, "")
    assert err.startswith("This file cannot be checked: ")


def test_a_missing_file_and_an_unreadable_head_are_unusable(tmp_path):
    assert run(tmp_path / "none.jsonl")[0] == 2
    assert run(write(tmp_path / "r.jsonl", GOOD), "--head", "40")[0] == 2
    assert run(write(tmp_path / "r.jsonl", GOOD), "--head", f"0:{HEAD[1]}")[0] == 2


def test_the_checker_shares_no_code_with_the_portal():
    source = CHECKER.read_text(encoding="utf-8")
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names
