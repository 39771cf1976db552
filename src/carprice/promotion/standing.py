"""What is in production by the ledger, beside what the alias says.

Anybody may move an alias, write a tag or delete a version in MLflow's page. What a promotion or a
rollback through this package brought into production stands in the ledger, and the ledger decides.
Where the stack has a key, only what it signed counts: with the hashes of files that were signed,
and whatever the alias says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from carprice.errors import PromotionRefusedError
from carprice.promotion.marks import Withdrawal, find_withdrawn, refuse
from carprice.promotion.signatures import Promise
from carprice.promotion.tickets import has_moved, tickets
from carprice.registry.client import PRODUCTION, STAGING, Registry
from carprice.registry.records import Identity, Ticket, Version
from carprice.wording.troubles import Trouble, TroubleCode


class Standing(NamedTuple):
    """What the ledger says is in production, beside what the alias says.

    version: the version that may serve; None where nothing is in production, or what was is gone.
        An alias that people moved to a version that had been in production before is followed,
        unless moves are signed or the version is withdrawn.
    alias: number that the alias `production` points at; None where it is not set.
    trouble: None where both agree.
    back: the version that the registry holds and `carprice rollback` would bring into production.
    kept: numbers of versions never to be deleted: in production, staged, or on the way back.
    champion: what a challenger is compared with: `version`, or the next one where that is gone.
    trail: where production can be taken back to, the next one first; some may be gone from the
        registry. Where there is trouble, the first is what was in production before it. Never a
        version that is withdrawn.
    way: the versions of it that the registry holds; their files were not looked at.
    proven: all that the ledger ever brought into production.
    promises: the last signed promise of a move to each of these; empty without a key.
    withdrawn: versions that were found to be wrong, with the mark of each.
    """

    version: Version | None
    alias: int | None
    trouble: Trouble | None
    back: int | None
    kept: frozenset[int]
    champion: Version | None
    trail: tuple[Identity, ...]
    way: tuple[Version, ...]
    proven: frozenset[Identity]
    promises: Mapping[Identity, Promise] = MappingProxyType({})
    withdrawn: Mapping[Identity, Withdrawal] = MappingProxyType({})

    @property
    def promise(self) -> Promise | None:
        """The signed one of what is in production."""
        return self.promises.get(self.version.identity) if self.version else None


def read_standing(registry: Registry) -> Standing:
    """The standing of production. Raises RegistryError when the registry does not answer."""
    versions = {each.identity: each for each in registry.versions()}
    aliased = {alias: each for each in versions.values() for alias in each.aliases}
    alias, staged = aliased.get(PRODUCTION), aliased.get(STAGING)
    ledger, signed = tickets(registry), bool(registry.signing_keys)
    moves = [each for each in ledger if has_moved(each, alias)]
    unsigned = frozenset(each.target for each in find_unsigned(ledger, alias))
    proven = frozenset(each.target for each in moves if each.target)
    promises = {each.target: Promise.of(each) for each in moves if each.target and signed}
    versions |= {
        each: replace(versions[each], tags=versions[each].tags | promise.told_files)
        for each, promise in promises.items()
        if each in versions
    }
    by_ledger, withdrawn = retrace(moves), find_withdrawn(ledger, alias)
    # By hand it can be put on a signed version as well; whose decision that is, nobody knows.
    believed = by_ledger[-1:] if signed else proven - withdrawn.keys()
    followed = alias is not None and alias.identity in believed
    passed = arrive(by_ledger, alias.identity) if alias and followed else by_ledger
    backwards = tuple(
        each
        for each in dict.fromkeys(reversed(passed))
        if each not in withdrawn or each == passed[-1]
    )
    trail = backwards[1:] if followed else backwards
    way = tuple(versions[each] for each in trail if each in versions)
    kept = (*by_ledger, *passed, *(each.identity for each in (alias, staged) if each))
    return Standing(
        version=versions.get(passed[-1]) if passed else None,
        alias=alias.number if alias else None,
        trouble=None
        if followed
        else _find_trouble(alias, backwards, versions, unsigned, withdrawn),
        back=way[0].number if way else None,
        kept=frozenset(each.number for each in kept),
        champion=next((versions[each] for each in backwards if each in versions), None),
        trail=trail,
        way=way,
        proven=proven,
        promises=promises,
        withdrawn=withdrawn,
    )


def retrace(moves: Iterable[Ticket]) -> list[Identity]:
    """Versions that production passed and was not taken back from, the current one last."""
    passed: list[Identity] = []
    for move in moves:
        if move.target is None:
            continue
        # Production may have been put by hand on a version of the way, and replaced there.
        if left := _find(passed, move.tags.get("from")):
            passed = arrive(passed, left)
        if move.tags.get("action") == "rollback":
            passed = arrive(passed, move.target)
        else:
            # What is made anew from its copy takes the place of what it is a copy of.
            copied = _find(passed, move.tags.get("restores"))
            passed = [*(arrive(passed, copied)[:-1] if copied else passed), move.target]
    return passed


def arrive(passed: list[Identity], target: Identity) -> list[Identity]:
    """The way after a move back to a version: what came after it is left."""
    if target not in passed:
        return [*passed, target]
    return passed[: len(passed) - passed[::-1].index(target)]


def _find(passed: list[Identity], number: str | None) -> Identity | None:
    return next((each for each in reversed(passed) if str(each.number) == number), None)


def find_unsigned(ledger: Iterable[Ticket], alias: Version | None) -> list[Ticket]:
    """Tickets that tell of a move, and are not signed by the stack, which has a key."""
    return [
        each
        for each in ledger
        if not each.trusted and has_moved(replace(each, trusted=True), alias)
    ]


def ensure_signed(standing: Standing) -> None:
    """Raise PromotionRefusedError where the stack has a key and no move is signed yet.

    Else a new version would be compared with none, and take the place of the one in production.
    """
    if standing.trouble and standing.trouble.code is TroubleCode.LEDGER_UNSIGNED:
        raise PromotionRefusedError(standing.trouble.say("en"), [])


def ensure_not_withdrawn(standing: Standing, target: Identity) -> None:
    """Raise PromotionRefusedError where a version is withdrawn, with the way to bring it back."""
    if mark := standing.withdrawn.get(target):
        raise refuse(mark, target.number)


def _find_trouble(
    alias: Version | None,
    backwards: tuple[Identity, ...],
    versions: Mapping[Identity, Version],
    unsigned: frozenset[Identity | None],
    withdrawn: Mapping[Identity, Withdrawal],
) -> Trouble | None:
    if unsigned and not backwards:
        return Trouble(TroubleCode.LEDGER_UNSIGNED, {}, None)
    gone = [each for each in backwards[:1] if each not in versions]
    if gone:  # a copy of it in `models/` comes first, which the registry knows nothing of
        return Trouble(TroubleCode.VERSION_DELETED, {"version": gone[0].number}, None)
    back = backwards[0].number if backwards else None
    if alias:
        known = alias.identity in unsigned.union(backwards)
        code = TroubleCode.ALIAS_UNSIGNED if known else TroubleCode.ALIAS_UNPROVEN
        if alias.identity in withdrawn:
            code = TroubleCode.ALIAS_WITHDRAWN
        return Trouble(code, {"alias": alias.number}, back)
    if back:
        return Trouble(TroubleCode.ALIAS_MISSING, {"version": back}, back)
    return None
