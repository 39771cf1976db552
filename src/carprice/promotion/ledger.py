"""Moves of the production alias: one at a time, in a ledger.

The registry lets any number of simultaneous alias moves succeed, the last one staying. What it
does guarantee, on SQLite as on Postgres, is that every new version of a registered model gets a
number of its own. So each move draws a ticket: a version of a second registered model that
serves as ledger. The lowest open ticket goes first; whoever comes after finds another champion
than the one it was compared with, and is refused.

A promotion may be attempted again for the same run of the pipeline after its process was killed:
the attempt takes the dead one's ticket over at once, and whoever was taken for dead and is not
finds its ticket closed and gives up.
"""

import json
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from carprice.errors import PromotionRefusedError, RegistryError
from carprice.promotion.marks import NOTED
from carprice.promotion.signatures import MOVED_TAG, sign_tags
from carprice.promotion.standing import ensure_not_withdrawn, ensure_signed, read_standing
from carprice.promotion.tickets import has_moved, open_ticket, tag_ticket, tickets
from carprice.registry.client import PRODUCTION, Registry
from carprice.registry.records import FILES_TAG, Ticket, Version

LEASE_SECONDS = 60.0
"""A ticket still open after this belongs to a process that died; it no longer holds others up."""
MOVE_WITHIN_SECONDS = 45.0
"""A slow holder gives up before others may take it for dead."""
POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Move:
    """A move of production from the expected champion (None: no version) to a target."""

    target: Version
    expected: int | None
    action: str
    by: str
    pipeline_run: str = ""
    """Name of the pipeline run whose retries may attempt the move again; empty: none."""
    lifts: bool = False
    """Whether the target may be one that is withdrawn, which it is no more then."""

    @property
    def entry(self) -> dict[str, str]:
        """Tags of the move's ticket."""
        return {
            "action": self.action,
            "by": self.by,
            "to": str(self.target.number),
            "from": str(self.expected),
            **({"pipeline_run": self.pipeline_run} if self.pipeline_run else {}),
        }

    def is_attempted_by(self, ticket: Ticket) -> bool:
        """Whether another attempt at this very move drew a ticket."""
        told = ("action", "to", "pipeline_run")
        return bool(self.pipeline_run) and all(
            ticket.tags.get(name) == self.entry[name] for name in told
        )


class TakenOverError(RegistryError):
    """Raised when another attempt at the same promotion closed this one's ticket."""


def move_production(
    registry: Registry,
    move: Move,
    prepare: Callable[[Ticket], dict[str, str]] = lambda _: {},
    undo: Callable[[], None] = lambda: None,
) -> Ticket:
    """Move the production alias; return the ticket of the move.

    prepare: called once it is this move's turn and before the alias moves; returns tags for the
        ledger's entry (the hash of the receipt it wrote).
    undo: called when the alias does not move after all; never once it has.

    Raises PromotionRefusedError when another move came first; production is then untouched.
    """
    ticket, opened = _draw_turn(registry, move)
    moved, told = False, dict[str, str]()
    try:
        _ensure_champion(registry, move)
        told = _sign(registry, move, ticket, prepare(ticket))
        tag_ticket(registry, ticket, told)
        _ensure_held(registry, ticket)
        _ensure_in_time(opened)
        with uninterrupted():
            _move_alias(registry, move.target)
            moved = True
            tag_ticket(registry, ticket, {"state": "done"})
    except TakenOverError as error:
        # What was prepared is the other attempt's by now: nothing is undone.
        _close_refused(registry, ticket, error)
        raise
    except BaseException as error:
        # An interruption counts as well. Before the alias moved, what was prepared is undone, and
        # the ticket closed even where that fails, lest it hold others up. Afterwards nothing is
        # undone: a ticket that could not be marked as done stays open, and the alias tells.
        if not moved:
            try:
                undo()
            finally:
                _close_refused(registry, ticket, error)
        raise
    return replace(ticket, tags={**ticket.tags, **told})


def note_mark(registry: Registry, move: Move, told: dict[str, str]) -> None:
    """Tell in the ledger of a version that is not in production, which stays as it is.

    move: of an action of its own, that moves nothing. told: tags of the ticket.
    Raises PromotionRefusedError where the version came into production meanwhile.
    """
    ticket, opened = _draw_turn(registry, move)
    try:
        _ensure_elsewhere(registry, move.target)
        tag_ticket(registry, ticket, _sign(registry, move, ticket, told))
        _ensure_held(registry, ticket)
        _ensure_in_time(opened)
        tag_ticket(registry, ticket, {"state": NOTED})
    except BaseException as error:
        _close_refused(registry, ticket, error)
        raise


def settle_attempts(registry: Registry, pipeline_run: str) -> None:
    """Close the tickets a pipeline run left open; none of its steps may be at work."""
    _settle(
        registry,
        [
            each
            for each in tickets(registry)
            if each.state == "open" and each.tags.get("pipeline_run") == pipeline_run
        ],
    )


def timestamp() -> str:
    """Now in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay SIGINT and SIGTERM to the end of the block."""
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
    """The ticket whose turn it is, and the time it was drawn (monotonic seconds)."""
    while True:
        opened = time.monotonic()
        ticket = open_ticket(registry, move.target, move.entry)
        try:
            _wait_for_turn(registry, ticket, move, opened)
        except BaseException as error:
            _close_refused(registry, ticket, error)
            raise
        if time.monotonic() - opened < MOVE_WITHIN_SECONDS / 2:
            return ticket, opened
        # Too little of its lease is left after waiting for a dead one: go on with a fresh one.
        tag_ticket(registry, ticket, {"state": "returned"})


def _wait_for_turn(registry: Registry, ticket: Ticket, move: Move, opened: float) -> None:
    told = False
    while earlier := _open_before(registry, ticket):
        if own := [each for each in earlier if move.is_attempted_by(each)]:
            _settle(registry, own)
            continue
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
        each for each in tickets(registry) if each.number < ticket.number and each.state == "open"
    ]


def _settle(registry: Registry, dead: list[Ticket]) -> None:
    """Close tickets of dead processes as done or abandoned, by the alias."""
    production = registry.find_alias(PRODUCTION)
    for each in dead:
        state = "done" if has_moved(each, production) else "abandoned"
        tag_ticket(registry, each, {"state": state})


def _sign(registry: Registry, move: Move, ticket: Ticket, told: dict[str, str]) -> dict[str, str]:
    """What a move tells in its ticket, signed where there is a key."""
    if not registry.signing_keys:
        return told
    promised = {FILES_TAG: json.dumps(move.target.file_hashes), MOVED_TAG: timestamp()}
    return sign_tags(ticket, told | promised, registry.signing_keys[0])


def _move_alias(registry: Registry, target: Version) -> None:
    try:
        registry.set_alias_now(PRODUCTION, target.number)
    except RegistryError:
        # The answer may have been lost after the work was done: look before giving up.
        production = registry.find_alias(PRODUCTION)
        if production is None or production.number != target.number:
            raise


def _ensure_champion(registry: Registry, move: Move) -> None:
    standing = read_standing(registry)
    ensure_signed(standing)
    if not move.lifts:
        ensure_not_withdrawn(standing, move.target.identity)
    champion = standing.champion
    found = champion.number if champion else None
    if found != move.expected:
        raise PromotionRefusedError(
            f"{move.target.name} is not promoted: production has changed since it was compared",
            [
                f"it was compared with version {move.expected or 'none'}; "
                f"production is now version {found or 'none'}",
                "compare again with `carprice evaluate`, then promote",
            ],
        )


def _ensure_elsewhere(registry: Registry, version: Version) -> None:
    current = read_standing(registry).version
    if current and current.identity == version.identity:
        raise PromotionRefusedError(
            f"{version.name} has come into production meanwhile", ["type the command again"]
        )


def _ensure_held(registry: Registry, ticket: Ticket) -> None:
    states = {each.number: each.state for each in tickets(registry)}
    if states.get(ticket.number) != "open":
        raise TakenOverError(
            f"ticket {ticket.number} was taken over by another attempt at the same promotion, "
            "which goes on with it; this one ends here."
        )


def _ensure_in_time(opened: float) -> None:
    if time.monotonic() - opened > MOVE_WITHIN_SECONDS:
        raise RegistryError(
            f"moving production took over {MOVE_WITHIN_SECONDS:.0f} s and was given up before "
            "another promotion could overlap; nothing changed. Is the registry slow? Try again."
        )


def _close_refused(registry: Registry, ticket: Ticket, error: BaseException) -> None:
    try:
        tag_ticket(registry, ticket, {"reason": str(error)[:500], "state": "refused"})
    except RegistryError as lost:
        # The ticket stays open and expires; the error that matters is the first one.
        log.warning("ticket %s could not be closed: %s", ticket.number, lost)
