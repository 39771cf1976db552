"""Entries of the ledger: versions of a second registered model, each with a number of its own."""

from collections.abc import Mapping
from dataclasses import replace

from carprice.promotion.signatures import Promise
from carprice.registry.client import PRODUCTION, Registry
from carprice.registry.connection import explained
from carprice.registry.records import MODEL_NAME, Ticket, Version

LEDGER_NAME = f"{MODEL_NAME}-promotions"
RECEIPT_TAG = "receipt_sha256"
WITHDRAW = "withdraw"
"""Action of a ticket that marks a version as wrong and moves nothing: see `marks`."""


@explained
def open_ticket(registry: Registry, target: Version, tags: Mapping[str, str]) -> Ticket:
    """The next ticket; no two callers get the same number."""
    registry.ensure_model(
        LEDGER_NAME, f"Who moved the {PRODUCTION} alias of {MODEL_NAME}, and when"
    )
    entry = registry.client.create_model_version(
        LEDGER_NAME,
        source=f"models:/{MODEL_NAME}/{target.number}",
        run_id=target.run_id,
        tags={**tags, "state": "open"},
    )
    return Ticket.from_entry(entry)


@explained
def tag_ticket(registry: Registry, ticket: Ticket, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        registry.client.set_model_version_tag(LEDGER_NAME, str(ticket.number), key, value)


@explained
def tickets(registry: Registry) -> list[Ticket]:
    """All tickets, oldest first."""
    entries = registry.client.search_model_versions(f"name='{LEDGER_NAME}'")
    found = sorted(map(Ticket.from_entry, entries), key=lambda ticket: ticket.number)
    if keys := registry.signing_keys:
        return [replace(each, trusted=Promise.of(each).is_signed(keys)) for each in found]
    return found


def has_moved(ticket: Ticket, production: Version | None) -> bool:
    """Whether a ticket that can be trusted tells of a move, its process since killed or not.

    production: the version that the alias points at.
    """
    # Until its receipt is written, a promotion has not come to its alias: people put it there. A
    # mark never comes to one.
    action = ticket.tags.get("action")
    prepared = RECEIPT_TAG in ticket.tags or action not in {"promote", WITHDRAW}
    at_target = production is not None and ticket.target == production.identity
    moved = ticket.state == "done" or (ticket.state == "open" and prepared and at_target)
    return moved and ticket.trusted
