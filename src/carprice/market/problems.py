"""Kinds of problems with the text of a field."""

from enum import StrEnum
from typing import NamedTuple


class ProblemKind(StrEnum):
    """Kind of a problem with a text."""

    UNREADABLE = "unreadable"
    OUT_OF_RANGE = "out_of_range"
    PLACEHOLDER = "placeholder"
    IN_THOUSANDS = "in_thousands"
    """Kilometres that were multiplied; of every other kind the value is unknown."""


class Problem(NamedTuple):
    """One kind of problem with one field."""

    field: str
    kind: ProblemKind

    @property
    def code(self) -> str:
        """Name of the problem in files, on a terminal and in JSON: `fuel_unreadable`."""
        return f"{self.field}_{self.kind}"
