"""Promises of a move, under the signature of the stack: all that servers believe once it has a key.

Whoever writes to MLflow writes any tag of any ticket; the key is what they do not have.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from carprice.frozen import Frozen
from carprice.registry.records import (
    FILES_TAG,
    MODEL_NAME,
    Identity,
    Ticket,
    find_target,
    read_hashes,
)

SIGNATURE_TAG = "signature"
MOVED_TAG = "moved_at"
PURPOSE = f"{MODEL_NAME}-promotions 1"
"""Signed as well, so that the key signs nothing else in the same words."""
PROMISED = frozenset(
    {
        "action", "because", "by", "from", "pipeline_run", "receipt_sha256", "restores", "to",
        "trouble", "withdraws", "withdraws_run", FILES_TAG, MOVED_TAG,
    }
)  # fmt: skip
"""Names of the tags that a ticket promises; others, such as its state, come and go."""


class Promise(Frozen):
    """What a ticket promises, and the signature under it; empty for none."""

    number: int
    run_id: str
    tags: dict[str, str]
    signature: str = ""

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        tags = {name: each for name, each in ticket.tags.items() if name in PROMISED}
        signature = ticket.tags.get(SIGNATURE_TAG, "")
        return cls(number=ticket.number, run_id=ticket.run_id, tags=tags, signature=signature)

    @property
    def target(self) -> Identity | None:
        return find_target(self.tags, self.run_id)

    @property
    def moved_at(self) -> str:
        """ISO 8601, UTC: promises are in the order of their moves by it."""
        return self.tags.get(MOVED_TAG, "")

    @property
    def text(self) -> str:
        told = self.tags
        return (
            f"version {told.get('to')} was put into production by {told.get('by')} at "
            f"{self.moved_at}, signed"
        )

    @property
    def file_hashes(self) -> dict[str, str]:
        """Hashes of the version's files by path."""
        return read_hashes(self.tags)

    @property
    def told_files(self) -> dict[str, str]:
        """The version's tag of these, as it was signed."""
        return {FILES_TAG: self.tags.get(FILES_TAG, "")}

    def is_signed(self, keys: Sequence[str]) -> bool:
        """Whether one of some keys made the signature."""
        found = self.signature.encode()
        return any(hmac.compare_digest(self._sign(each).encode(), found) for each in keys)

    def sign(self, key: str) -> Self:
        return self.model_copy(update={"signature": self._sign(key)})

    def _sign(self, key: str) -> str:
        told = [PURPOSE, self.number, self.run_id, self.tags]
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hmac.digest(key.encode(), text.encode(), "sha256").hex()


def sign_tags(ticket: Ticket, told: Mapping[str, str], key: str) -> dict[str, str]:
    """Tags that are to be added to a ticket, and the signature under all that it then promises."""
    promise = Promise.of(replace(ticket, tags={**ticket.tags, **told}))
    return {**told, SIGNATURE_TAG: promise.sign(key).signature}
