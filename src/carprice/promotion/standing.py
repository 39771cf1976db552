"""What is in production by the ledger, beside what the alias says.

Anybody may move an alias, write a tag or delete a version in MLflow's page. What a promotion or a
rollback through this package brought into production stands in the ledger, and the ledger decides.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from carprice.promotion.ledger import has_moved, tickets
from carprice.registry.client import PRODUCTION, STAGING, Registry
from carprice.registry.records import Identity, Ticket, Version
from carprice.wording.troubles import Trouble, TroubleCode


class Standing(NamedTuple):
    """What the ledger says is in production, beside what the alias says.

    version: the version that may serve; None where nothing is in production, or what was is gone.
        An alias that people moved to a version that had been in production before is followed.
    alias: number that the alias `production` points at; None where it is not set.
    trouble: None where both agree.
    way: versions that production can be taken back to, the next one first; their files were not
        looked at. Where there is trouble, the first is what was in production before it.
    proven: every version that the ledger brought into production, by its number.
    kept: numbers of versions that must not be deleted: in production, staged, or on the way back.
    """

    version: Version | None
    alias: int | None
    trouble: Trouble | None
    way: tuple[Version, ...]
    proven: Mapping[int, Version]
    kept: frozenset[int]

    @property
    def back(self) -> int | None:
        """The version that `carprice rollback` would bring into production."""
        return self.way[0].number if self.way else None

    @property
    def champion(self) -> Version | None:
        """What a challenger is compared with: where production is gone, the next on its way."""
        return self.version or next(iter(self.way), None)


def read_standing(registry: Registry) -> Standing:
    """The standing of production. Raises RegistryError when the registry does not answer."""
    versions = {each.identity: each for each in registry.versions()}
    aliased = {alias: each for each in versions.values() for alias in each.aliases}
    alias = aliased.get(PRODUCTION)
    moves = [each for each in tickets(registry) if has_moved(each, alias)]
    proven = {each.target for each in moves if each.target}
    by_ledger = retrace(moves)
    followed = alias is not None and alias.identity in proven
    passed = arrive(by_ledger, alias.identity) if alias and followed else by_ledger
    there = [versions[each] for each in dict.fromkeys(reversed(passed)) if each in versions]
    version = versions.get(passed[-1]) if passed else None
    way = tuple(there[1:] if followed else there)
    kept = {each.number for each in (*by_ledger, *passed, aliased.get(STAGING), alias) if each}
    return Standing(
        version=version,
        alias=alias.number if alias else None,
        trouble=None if followed else _find_trouble(alias, passed, way),
        way=way,
        proven={each.number: versions[each] for each in proven if each in versions},
        kept=frozenset(kept),
    )


def retrace(moves: Iterable[Ticket]) -> list[Identity]:
    """Versions that production passed and was not taken back from, the current one last."""
    passed: list[Identity] = []
    for move in moves:
        if move.target is None:
            continue
        # Production may have been put by hand on a version of the way, and replaced there.
        if left := [each for each in passed if str(each.number) == move.tags.get("from")]:
            passed = arrive(passed, left[-1])
        if move.tags.get("action") == "promote":
            passed = [*passed, move.target]
        else:
            passed = arrive(passed, move.target)
    return passed


def arrive(passed: list[Identity], target: Identity) -> list[Identity]:
    """The way after a move back to a version: what came after it is left."""
    if target not in passed:
        return [*passed, target]
    return passed[: len(passed) - passed[::-1].index(target)]


def _find_trouble(
    alias: Version | None, passed: list[Identity], way: tuple[Version, ...]
) -> Trouble | None:
    back = way[0].number if way else None
    if alias:
        return Trouble(TroubleCode.ALIAS_UNPROVEN, {"alias": alias.number}, back)
    if not passed:
        return None
    number = passed[-1].number
    code = TroubleCode.ALIAS_MISSING if number == back else TroubleCode.VERSION_DELETED
    return Trouble(code, {"version": number}, back)
