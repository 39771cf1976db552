"""Moving the production alias: one at a time, against the champion that was compared, on record.

The registry lets any number of simultaneous alias moves succeed, the last one staying. What it
does guarantee, on SQLite as on Postgres, is that every new version of a registered model gets a
number of its own. So each move draws a ticket: a version of a second registered model that
serves as ledger. The lowest open ticket goes first; whoever comes after finds another champion
than the one it was compared with, and is refused.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from carprice.errors import PromotionRefusedError, RegistryError
from carprice.registry import PRODUCTION, Registry, Ticket, Version

LEASE_SECONDS = 60.0
"""A ticket still open after this belongs to a process that died; it no longer holds others up."""
MOVE_WITHIN_SECONDS = 45.0
"""A slow holder gives up before others may take it for dead."""
POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


def move_production(
    registry: Registry,
    target: Version,
    expected: int | None,
    details: dict[str, str],
    prepare: Callable[[Ticket], dict[str, str]],
) -> Ticket:
    """Point the production alias at a version, if `expected` is still the one it points at.

    details: what the ledger says of this move (who, action).
    prepare: called once it is this move's turn and before the alias moves; returns tags that
        close the ledger's entry (the hash of the receipt it wrote).

    Raises PromotionRefusedError when another move came first; production is then untouched.
    """
    opened = time.monotonic()
    ticket = registry.open_ticket(
        target, {**details, "to": str(target.number), "from": str(expected)}
    )
    try:
        _wait_for_turn(registry, ticket, opened)
        _ensure_champion(registry, target, expected)
        closing = prepare(ticket)
        _ensure_in_time(opened)
        registry.set_alias(PRODUCTION, target.number)
    except BaseException as error:
        _close_refused(registry, ticket, error)
        raise
    registry.close_ticket(ticket, {**closing, "state": "done"})
    return ticket


def timestamp() -> str:
    """Now, in UTC, as the ledger and the tags write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _wait_for_turn(registry: Registry, ticket: Ticket, opened: float) -> None:
    told = False
    while earlier := _open_before(registry, ticket, time.monotonic() - opened):
        if not told:
            log.info("waiting for the promotion with ticket %s to end", earlier[0].number)
            told = True
        time.sleep(POLL_SECONDS)


def _open_before(registry: Registry, ticket: Ticket, waited_seconds: float) -> list[Ticket]:
    """Earlier open tickets whose holder may be alive; ages come from the registry's own clock."""
    return [
        each
        for each in registry.tickets()
        if each.number < ticket.number
        and each.tags.get("state") == "open"
        and (ticket.created - each.created).total_seconds() + waited_seconds < LEASE_SECONDS
    ]


def _ensure_champion(registry: Registry, target: Version, expected: int | None) -> None:
    production = registry.find_alias(PRODUCTION)
    found = production.number if production else None
    if found != expected:
        raise PromotionRefusedError(
            f"{target.name} is not promoted: production has changed since it was compared",
            [
                f"it was compared with version {expected or 'none'}; "
                f"production is now version {found or 'none'}",
                "compare again with `carprice evaluate`, then promote",
            ],
        )


def _ensure_in_time(opened: float) -> None:
    if time.monotonic() - opened > MOVE_WITHIN_SECONDS:
        raise RegistryError(
            f"moving production took over {MOVE_WITHIN_SECONDS:.0f} s and was given up before "
            "another promotion could overlap; nothing changed. Is the registry slow? Try again."
        )


def _close_refused(registry: Registry, ticket: Ticket, error: BaseException) -> None:
    try:
        registry.close_ticket(ticket, {"reason": str(error)[:500], "state": "refused"})
    except RegistryError as lost:
        # The ticket stays open and expires; the error that matters is the first one.
        log.warning("ticket %s could not be closed: %s", ticket.number, lost)
