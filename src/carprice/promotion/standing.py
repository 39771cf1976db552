"""What the ledger says is in production, beside what the alias says."""

from typing import NamedTuple

from carprice.promotion.ledger import tickets
from carprice.registry.client import PRODUCTION, Registry
from carprice.registry.records import Version
from carprice.wording.troubles import Trouble, TroubleCode


class Standing(NamedTuple):
    """What the ledger says is in production, beside what the alias says.

    version: the one that may serve: by the ledger's finished moves, or the alias where it agrees.
    alias: where the alias `production` points now.
    trouble: None where both agree.
    back: the version that `carprice rollback` would bring into production.
    kept: versions never pruned: in production, staged, or on the ledger's way back.
    """

    version: Version | None
    alias: int | None
    trouble: Trouble | None
    back: int | None
    kept: frozenset[int]


def read_standing(registry: Registry) -> Standing:
    """The standing now. Raises RegistryError when the registry does not answer."""
    versions = {each.number: each for each in registry.versions()}
    production = registry.find_alias(PRODUCTION)
    alias = production.number if production else None
    moves = [int(each.tags["to"]) for each in tickets(registry) if each.tags.get("state") == "done"]
    last = moves[-1] if moves else alias
    trouble = None
    if last is not None and last not in versions:
        trouble = Trouble.of(TroubleCode.VERSION_DELETED, version=last)
    elif last is not None and alias is None:
        trouble = Trouble.of(TroubleCode.ALIAS_REMOVED)
    elif last is not None and alias is not None and alias != last:
        trouble = Trouble.of(TroubleCode.NEVER_PASSED, alias=alias)
    version = versions.get(last) if last is not None else None
    return Standing(version, alias, trouble, last, frozenset(moves))
