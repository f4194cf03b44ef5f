"""Reading SQL just well enough to see which tables of a statement nothing binds to a vendor.

A table is bound by a condition that compares its vendor_id, its id or a reference of it with a parameter, or with a
column of a table that is bound itself. Comparing anything else (a state, a title) binds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection

# "payments AS a", "FROM payments", "JOIN payments", "UPDATE payments": the table and what it is called.
NAMED = re.compile(r"(?:FROM|JOIN|UPDATE|,)\s+([a-z_]+)(?:\s+AS\s+([a-z_0-9]+))?(?=[\s,)]|$)")
VALUE = r"(?:\?|%\([\w]+\)s(?:::\w+)?|:\w+)"
KEY = r"(?:vendor_id|id|[a-z]+_id)"
GIVEN = re.compile(rf"\b([a-z_0-9]+)\.{KEY}\s*(?:=\s*{VALUE}|IN\s*\(\s*(?:{VALUE}|SELECT|__\[))")
EQUAL = re.compile(rf"\b([a-z_0-9]+)\.{KEY}\s*=\s*([a-z_0-9]+)\.{KEY}\b")


def unbound(statement: str, ours: Collection[str]) -> list[str] | None:
    """The names, in this statement, of tables of `ours` that nothing binds; None when it reads or changes none."""
    if not statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return None
    # What an UPDATE sets is no condition.
    conditions = re.sub(r"\bSET\b.*?(?=\bWHERE\b|$)", "", statement)
    called = {alias or table: table for table, alias in NAMED.findall(conditions) if table in ours}
    if not called:
        return None
    bound = set(GIVEN.findall(conditions))
    pairs = EQUAL.findall(conditions)
    while more := {one for pair in pairs for one in pair if bound & set(pair)} - bound:
        bound |= more
    return sorted(name for name in called if name not in bound)
