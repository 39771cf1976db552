"""The card of a run's version, written where people look: with the run, and beside the version."""

import logging

from carprice.errors import RegistryError
from carprice.registry.card import describe_version, join_cards
from carprice.registry.client import Registry
from carprice.registry.history import Chapter, read_record
from carprice.registry.records import CARD, Version

log = logging.getLogger(__name__)


def publish_card(registry: Registry, version: Version) -> None:
    """Write the card of a version as an artifact of its run and as its text in MLflow.

    It tells of the version as the registry has it now; writing it again is harmless. A version that
    was never evaluated gets none.
    """
    version = registry.version(version.number)
    chapter, record = Chapter.of(version), read_record(registry, version.run_id)
    if card := join_cards(chapter, record):
        registry.log_text(version.run_id, card, CARD)
        registry.describe_version(version.number, describe_version(chapter, record))


def renew_card(registry: Registry, version: Version | None) -> None:
    """Write the card of a version anew, after it left production or came back.

    That has happened, whatever becomes of the card: trouble with it is logged.
    """
    if version:
        try:
            publish_card(registry, version)
        except RegistryError as error:
            log.warning("the card of version %d tells of before: %s", version.number, error)
