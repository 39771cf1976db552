"""How a part of the work says how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is (0: unknown), in a unit of the caller's."""


def be_silent(*_: object) -> None:
    """Progress for those who do not watch."""
