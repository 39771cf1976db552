"""Versions that were found to be wrong, by the ledger: which, why, and who said so.

A ticket marks a version: that of the move which took it out of production, or one of its own
where it was not there. A later move to it, which has to be asked for expressly, takes the mark off.
"""

from collections.abc import Iterable
from typing import Self

from carprice.errors import PromotionRefusedError
from carprice.frozen import Frozen
from carprice.promotion.tickets import WITHDRAW, has_moved
from carprice.registry.records import Identity, Ticket, Version

NOTED = "noted"
"""State of a ticket that marks and moves nothing; earlier releases take a `done` one for a move."""


class Withdrawal(Frozen):
    """The mark of one version; `at` is ISO 8601, UTC."""

    version: int
    run_id: str
    because: str
    by: str
    at: str

    @classmethod
    def read(cls, ticket: Ticket) -> Self | None:
        """The mark that a ticket makes; None where it makes none."""
        tags = ticket.tags
        if not tags.get("withdraws", "").isdecimal():
            return None
        return cls(
            version=int(tags["withdraws"]),
            run_id=tags.get("withdraws_run", ""),
            because=tags.get("because", ""),
            by=tags.get("by", ""),
            at=ticket.created.isoformat(timespec="seconds"),
        )

    @property
    def identity(self) -> Identity:
        return Identity(self.version, self.run_id)

    @property
    def of_ticket(self) -> dict[str, str]:
        """Tags that make a ticket of its author the mark."""
        return {
            "withdraws": str(self.version),
            "withdraws_run": self.run_id,
            "because": self.because,
        }

    @property
    def of_version(self) -> dict[str, str]:
        """Tags of the version itself, for people; the ledger decides."""
        return {
            "withdrawn_at": self.at,
            "withdrawn_by": self.by,
            "withdrawn_because": self.because,
        }

    @property
    def text(self) -> str:
        return f"version {self.version} was withdrawn by {self.by} at {self.at}: {self.because}"


def refuse(mark: Withdrawal, to: object) -> PromotionRefusedError:
    """What is raised where a version that is withdrawn is to go into production.

    to: what names it to `carprice rollback`.
    """
    return PromotionRefusedError(
        mark.text,
        [
            "if it was in production before, this brings it back all the same: "
            f"`carprice rollback --to {to} --withdrawn`"
        ],
    )


def is_mark(ticket: Ticket) -> bool:
    """Whether a ticket says of itself that it marks a version and moves nothing."""
    return ticket.state == NOTED and ticket.tags.get("action") == WITHDRAW


def find_withdrawn(
    ledger: Iterable[Ticket], production: Version | None
) -> dict[Identity, Withdrawal]:
    """The marks that stand, by their versions.

    production: the version that the alias points at.
    """
    found: dict[Identity, Withdrawal] = {}
    for ticket in ledger:
        moved = has_moved(ticket, production)
        if moved and ticket.target:
            found.pop(ticket.target, None)
        mark = Withdrawal.read(ticket)
        if mark and (moved or (is_mark(ticket) and ticket.trusted)):
            found[mark.identity] = mark
    return found
