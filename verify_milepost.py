#!/usr/bin/env python3
"""Check the record of a Milepost project, without Milepost.

    python verify_milepost.py record.jsonl [--head SEQ:HASH]...

Needs Python 3.11 or later and nothing else; shares no code with the portal, so that it can contradict it.

The file is UTF-8, one JSON object per line. The first line names the project:

    {"format":"milepost-record-1","project":"0190…"}

Every other line is one entry, in order:

    {"seq":1,"body":"<canonical JSON, as one string>","prev":"<64 hex digits>","hash":"<64 hex digits>"}

What is checked
  * `seq` runs 1, 2, 3, … without a gap;
  * `prev` is the `hash` of the entry before, or 64 zeros for the first;
  * `hash` is SHA-256 over the ASCII bytes "milepost-v1" and then project, seq (in decimal digits), body and
    prev (the hex digits), each as UTF-8 with its length in front as 8 bytes, most significant first;
  * with --head, the entry SEQ exists and has exactly that HASH. Heads are printed on receipts, agreements and
    mails. Without one, a record that was cut off or rewritten from some entry to its end looks right.

Answer: exit status 0 and one sentence if the record is right; 1 and the first bad seq if it is not; 2 if the
file or the arguments cannot be used.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = "milepost-record-1"
ZEROS = "0" * 64
HEX = re.compile(r"[0-9a-f]{64}")


class Unusable(Exception):
    """The file is not a record at all."""


class Wrong(Exception):
    """The record is not right from this seq on."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"Entry {seq} is wrong: {why}")


def main(arguments: list[str] | None = None) -> int:
    """Run the check and return the exit status."""
    options = parse_arguments(arguments)
    try:
        with Path(options.record).open("rb") as file:
            project, last, top = check(file, options.head)
    except Wrong as finding:
        print(finding)
        return 1
    except (Unusable, OSError) as problem:
        print(f"This file cannot be checked: {problem}", file=sys.stderr)
        return 2
    print(f"The record of project {project} is right: {last} entries, head {last}:{top}.")
    return 0


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; argparse itself leaves with status 2."""
    parser = argparse.ArgumentParser(description="Check the record of a Milepost project.")
    parser.add_argument("record", help="the exported record, record.jsonl")
    parser.add_argument(
        "--head", action="append", default=[], type=head, metavar="SEQ:HASH",
        help="a head printed on a receipt or in a mail; may be given several times",
    )  # fmt: skip
    return parser.parse_args(arguments)


def head(text: str) -> tuple[int, str]:
    """Turn "41:9f…" into (41, "9f…")."""
    seq, _, digest = text.strip().partition(":")
    if not re.fullmatch(r"[1-9][0-9]{0,17}", seq) or not HEX.fullmatch(digest.lower()):
        raise argparse.ArgumentTypeError("a head looks like 41:<64 hex digits>")
    return int(seq), digest.lower()


def check(file: BinaryIO, heads: list[tuple[int, str]]) -> tuple[str, int, str]:
    """Walk through the file; return project, last seq and last hash, or raise Wrong or Unusable."""
    project = read_project(file.readline())
    last, prev = 0, ZEROS
    for number, line in enumerate(file, start=2):
        entry = read_entry(line, number)
        check_entry(project, entry, last + 1, prev)
        last, prev = entry["seq"], entry["hash"]
        if any(seq == last and digest != prev for seq, digest in heads):
            raise Wrong(last, "it, or an entry before it, was rewritten; the head you gave is another.")
    if any(seq > last for seq, _ in heads):
        raise Wrong(last + 1, "it is missing, although the head you gave is later.")
    return project, last, prev


def read_project(line: bytes) -> str:
    """Read the first line."""
    first = read_object(line, 1)
    project = first.get("project")
    if first.get("format") != FORMAT or not isinstance(project, str) or not project:
        raise Unusable(f'line 1 does not say "format":"{FORMAT}" and a project.')
    return project


def read_entry(line: bytes, number: int) -> dict[str, Any]:
    """Read any other line."""
    entry = read_object(line, number)
    texts = all(isinstance(entry.get(name), str) for name in ("body", "prev", "hash"))
    if not texts or type(entry.get("seq")) is not int:
        raise Unusable(f"line {number} is not an entry with seq, body, prev and hash.")
    return entry


def read_object(line: bytes, number: int) -> dict[str, Any]:
    """Read one line of JSON, refusing a name given twice: readers differ on which one counts."""
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=without_repeats)
    except (ValueError, RecursionError):
        raise Unusable(f"line {number} is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise Unusable(f"line {number} is not a JSON object.")
    return value


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build the object."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice")
    return result


def check_entry(project: str, entry: dict[str, Any], expected: int, prev: str) -> None:
    """Check one entry against the one before."""
    if entry["seq"] != expected:
        raise Wrong(expected, "entry {} stands in its place.".format(entry["seq"]))
    if entry["prev"] != prev:
        raise Wrong(expected, "it does not follow from the entry before.")
    if entry["hash"] != fingerprint(project, expected, entry["body"], prev):
        raise Wrong(expected, "its contents do not match its hash.")


def fingerprint(project: str, seq: int, body: str, prev: str) -> str | None:
    """Compute the hash an entry must have; None for text that has no UTF-8 form."""
    message = b"milepost-v1"
    for field in (project, str(seq), body, prev):
        try:
            data = field.encode("utf-8")
        except UnicodeEncodeError:
            return None
        message += len(data).to_bytes(8, "big") + data
    return hashlib.sha256(message).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
