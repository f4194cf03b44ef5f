"""What is wrong with a form, collected: one finding beside each field, so that a person sees all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from portal.rules.errors import Invalid, InvalidForm

T = TypeVar("T")


@dataclass(slots=True)
class Findings:
    """The findings so far, in the order of the fields."""

    errors: list[Invalid] = field(default_factory=list)

    def check(self, name: str, read: Callable[[], T]) -> T | None:
        """The value of `read`, or None and a finding beside the field `name`."""
        try:
            return read()
        except Invalid as error:
            self.add(name, error)
            return None

    def value(self, name: str, read: Callable[[], T], instead: T) -> T:
        """The value of `read`; or `instead`, never to be used, and a finding that makes `settle` raise."""
        found = self.check(name, read)
        return instead if found is None else found

    def add(self, name: str, error: Invalid) -> None:
        """Keep `error` beside `name`, whatever field it was raised for."""
        self.errors.append(error.at(name))

    def settle(self) -> None:
        """Raises InvalidForm with everything found, if anything was."""
        if self.errors:
            raise InvalidForm(self.errors)
