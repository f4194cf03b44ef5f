"""The list, by what is broken; and two controls: one that any test must catch, one that changes nothing."""

from __future__ import annotations

from tests.mutants.listed import (
    access,
    answers,
    chains,
    databases,
    doorways,
    downloads,
    entrances,
    gates,
    keys,
    lives,
    mails,
    moneys,
    outward,
    papers,
    sittings,
    status_updates,
    storages,
    uploads,
    webs,
)
from tests.mutants.mutant import Mutant

LISTS = (
    gates,
    moneys,
    papers,
    answers,
    databases,
    access,
    doorways,
    entrances,
    sittings,
    keys,
    uploads,
    storages,
    downloads,
    chains,
    mails,
    webs,
    status_updates,
    outward,
    lives,
)
ALL: tuple[Mutant, ...] = tuple(mutant for each in LISTS for mutant in each.MUTANTS)

FATAL = Mutant(
    "control: every gate stands open",
    "",
    "portal/rules/gate.py",
    "return paid_for or facts.released",
    "return True",
    "tests/services/test_payments.py::test_a_reported_payment_unlocks_nothing",
)
HARMLESS = Mutant(
    "control: nothing is changed but a docstring",
    "",
    "portal/rules/gate.py",
    "Computed, never stored; a reported payment counts for nothing.",
    "Computed, never kept.",
    "tests/services/test_payments.py::test_a_reported_payment_unlocks_nothing",
    stays="it breaks nothing",
)
