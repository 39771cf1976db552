"""Signing of what stands: when a stack gets its key, and when it gets another one."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from carprice.errors import ConfigurationError
from carprice.promotion.copies import Copy, keep_proof, read_copies, read_proof
from carprice.promotion.marks import is_mark
from carprice.promotion.signatures import MOVED_TAG, Promise, sign_tags
from carprice.promotion.standing import find_unsigned
from carprice.promotion.tickets import has_moved, tag_ticket, tickets
from carprice.registry.client import PRODUCTION
from carprice.registry.records import FILES_TAG, Ticket
from carprice.workspace import Workspace


class Entry(NamedTuple):
    """A move of the ledger, and what becomes of it.

    told: tags that are signed with those it has; None where it stays as it is, and `remark` why.
    """

    ticket: Ticket
    told: Mapping[str, str] | None
    remark: str

    @property
    def text(self) -> str:
        """The move in one line."""
        tags = self.ticket.tags
        return (
            f"ticket {self.ticket.number}, {tags.get('action')} of version {tags.get('to')} by "
            f"{tags.get('by')} at {self.ticket.created:%Y-%m-%d %H:%M}: {self.remark}"
        )


def list_moves(work: Workspace, *, unproved: bool = False) -> list[Entry]:
    """All moves of production that the ledger tells of, and marks of what is withdrawn.

    Once one is signed, others are signed anew where another key was first, and no more: to the
    ledger anybody may have added. Before, a move is signed where a receipt in `models/`, which
    MLflow does not reach, tells of its version.

    unproved: whether to sign, before one is signed, what nothing but MLflow tells of.
    Raises ConfigurationError without a key.
    """
    if not (keys := work.registry.signing_keys):
        raise ConfigurationError(
            "there is no key to sign with: CARPRICE_SIGNING_KEY is empty. The guide says how to "
            "give the stack one."
        )
    alias, ledger = work.registry.find_alias(PRODUCTION), tickets(work.registry)
    unsigned = find_unsigned(ledger, alias)
    marks = [each for each in ledger if is_mark(each)]
    signed = [each for each in ledger if has_moved(each, alias)]
    if signed:
        signed += [each for each in marks if each.trusted]
        unsigned += [each for each in marks if not each.trusted]
        renewed = [_renew(each, keys) for each in signed]
        kept = [Entry(each, None, "not signed, and not believed") for each in unsigned]
        return _in_order(renewed + kept)
    copies = read_copies(work.settings)
    proved = [_prove(work, each, unsigned, copies, unproved=unproved) for each in unsigned]
    # A mark brings nothing into production: that MLflow tells of it is enough.
    return _in_order([*proved, *(Entry(each, _date(each), "as MLflow tells") for each in marks)])


def sign(work: Workspace, moves: Sequence[Entry]) -> None:
    """Sign moves, and the receipts in `models/` that a signed move proves."""
    registry, key = work.registry, work.registry.signing_keys[0]
    for each in moves:
        if each.told is not None:
            tag_ticket(registry, each.ticket, sign_tags(each.ticket, each.told, key))
    promises = [Promise.of(each) for each in tickets(registry) if each.trusted]
    for copy in read_copies(work.settings):
        # Of what MLflow has lost, the proof that lies there is renewed.
        kept = read_proof(copy.proof) if copy.is_signed(registry.signing_keys) else None
        known = [*promises, *filter(None, [kept])]
        if promise := next(filter(copy.is_promised, known), None):
            keep_proof(copy.path, promise.sign(key))


def _in_order(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda each: each.ticket.number)


def _date(ticket: Ticket) -> dict[str, str]:
    """When a ticket that was not signed told of something."""
    return {MOVED_TAG: ticket.created.isoformat(timespec="seconds")}


def _renew(ticket: Ticket, keys: Sequence[str]) -> Entry:
    if Promise.of(ticket).is_signed(keys[:1]):
        return Entry(ticket, None, "signed")
    return Entry(ticket, {}, "signed with an earlier key")


def _prove(
    work: Workspace, ticket: Ticket, moves: list[Ticket], copies: list[Copy], *, unproved: bool
) -> Entry:
    target, moved_at = ticket.target, _date(ticket)
    for copy in copies:
        if target and copy.receipt.version == target.number and copy.is_of(target, moves):
            hashes = {FILES_TAG: json.dumps(copy.receipt.file_sha256)}
            return Entry(ticket, hashes | moved_at, f"as {copy.path.name} tells")
    found = [each for each in work.registry.versions() if each.identity == target]
    if found and unproved:
        hashes = {FILES_TAG: json.dumps(found[0].file_hashes)}
        return Entry(ticket, hashes | moved_at, "as MLflow alone tells")
    what = "no receipt in models/ tells of it" if found else "the version is gone"
    return Entry(ticket, None, f"stays unsigned: {what}")
