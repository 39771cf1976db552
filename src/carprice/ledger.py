"""Moving the production alias: one at a time, against the champion that was compared, on record.

The registry lets any number of simultaneous alias moves succeed, the last one staying. What it
does guarantee, on SQLite as on Postgres, is that every new version of a registered model gets a
number of its own. So each move draws a ticket: a version of a second registered model that
serves as ledger. The lowest open ticket goes first; whoever comes after finds another champion
than the one it was compared with, and is refused.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from carprice.errors import PromotionRefusedError, RegistryError
from carprice.registry import PRODUCTION, Registry
from carprice.versions import Ticket, Version

LEASE_SECONDS = 60.0
"""A ticket still open after this belongs to a process that died; it no longer holds others up."""
MOVE_WITHIN_SECONDS = 45.0
"""A slow holder gives up before others may take it for dead."""
POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Move:
    """Production to a version, if it still stands at the expected one (None: at no version)."""

    target: Version
    expected: int | None
    action: str
    by: str

    @property
    def entry(self) -> dict[str, str]:
        """What the ledger says of this move."""
        return {
            "action": self.action,
            "by": self.by,
            "to": str(self.target.number),
            "from": str(self.expected),
        }


def move_production(
    registry: Registry,
    move: Move,
    prepare: Callable[[Ticket], dict[str, str]] = lambda _: {},
    undo: Callable[[], None] = lambda: None,
) -> Ticket:
    """Point the production alias at a version, if it still is where the move expects it.

    prepare: called once it is this move's turn and before the alias moves; returns tags for the
        ledger's entry (the hash of the receipt it wrote).
    undo: called when the alias does not move after all; never once it has.

    Raises PromotionRefusedError when another move came first; production is then untouched.
    """
    ticket, opened = _draw_turn(registry, move)
    moved = False
    try:
        _ensure_champion(registry, move)
        registry.tag_ticket(ticket, prepare(ticket))
        _ensure_in_time(opened)
        with uninterrupted():
            _move_alias(registry, move.target)
            moved = True
            registry.tag_ticket(ticket, {"state": "done"})
    except BaseException as error:
        if not moved:
            try:
                undo()
            finally:
                _close_refused(registry, ticket, error)
        raise
    return ticket


def timestamp() -> str:
    """Now, in UTC, as the ledger and the tags write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hear SIGINT and SIGTERM only after the block: what it does is done whole."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt the main thread only
        return
    heard: list[int] = []
    handlers = {
        int(each): signal.signal(each, lambda number, _: heard.append(number))
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in heard:
        signal.raise_signal(number)


def _draw_turn(registry: Registry, move: Move) -> tuple[Ticket, float]:
    """Ticket whose turn has come, and when it was drawn (monotonic seconds)."""
    while True:
        opened = time.monotonic()
        ticket = registry.open_ticket(move.target, move.entry)
        try:
            _wait_for_turn(registry, ticket, opened)
        except BaseException as error:
            _close_refused(registry, ticket, error)
            raise
        if time.monotonic() - opened < MOVE_WITHIN_SECONDS / 2:
            return ticket, opened
        # Too little of its lease is left after waiting for a dead one: go on with a fresh one.
        registry.tag_ticket(ticket, {"state": "returned"})


def _wait_for_turn(registry: Registry, ticket: Ticket, opened: float) -> None:
    told = False
    while earlier := _open_before(registry, ticket):
        waited = time.monotonic() - opened
        # Ages come from the registry's own clock.
        ages = [(ticket.created - each.created).total_seconds() + waited for each in earlier]
        if min(ages) >= LEASE_SECONDS:
            _settle(registry, earlier)
            return
        if not told:
            log.info("waiting for the promotion with ticket %s to end", earlier[0].number)
            told = True
        time.sleep(POLL_SECONDS)


def _open_before(registry: Registry, ticket: Ticket) -> list[Ticket]:
    return [
        each
        for each in registry.tickets()
        if each.number < ticket.number and each.tags.get("state") == "open"
    ]


def _settle(registry: Registry, dead: list[Ticket]) -> None:
    """Record what became of promotions whose process died: the alias tells."""
    production = registry.find_alias(PRODUCTION)
    for each in dead:
        moved = production is not None and each.tags.get("to") == str(production.number)
        registry.tag_ticket(each, {"state": "done" if moved else "abandoned"})


def _move_alias(registry: Registry, target: Version) -> None:
    try:
        registry.set_alias(PRODUCTION, target.number)
    except RegistryError:
        # The answer may have been lost after the work was done: look before giving up.
        production = registry.find_alias(PRODUCTION)
        if production is None or production.number != target.number:
            raise


def _ensure_champion(registry: Registry, move: Move) -> None:
    production = registry.find_alias(PRODUCTION)
    found = production.number if production else None
    if found != move.expected:
        raise PromotionRefusedError(
            f"{move.target.name} is not promoted: production has changed since it was compared",
            [
                f"it was compared with version {move.expected or 'none'}; "
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
        registry.tag_ticket(ticket, {"reason": str(error)[:500], "state": "refused"})
    except RegistryError as lost:
        # The ticket stays open and expires; the error that matters is the first one.
        log.warning("ticket %s could not be closed: %s", ticket.number, lost)
