"""Taking a version that was found to be wrong out of all that is chosen from."""

from carprice.errors import PromotionRefusedError
from carprice.promotion.copies import find_copies, keep_mark
from carprice.promotion.ledger import Move, note_mark, timestamp
from carprice.promotion.marks import Withdrawal
from carprice.promotion.recovery import list_ways
from carprice.promotion.release import find_back, go_back
from carprice.promotion.standing import Standing, ensure_signed, read_standing
from carprice.promotion.tickets import WITHDRAW
from carprice.registry.records import Version
from carprice.workspace import Workspace


def withdraw(work: Workspace, number: int | None, because: str) -> Withdrawal:
    """Mark a version, by default the one in production, as wrong; return the mark.

    Out of production it goes by the road of a rollback, to the newest version before it that is
    not withdrawn and is intact: from then on challengers are compared with that one. A second call
    finishes what the first one left to do.

    Raises PromotionRefusedError where nothing could take its place, ModelIntegrityError where
    nothing of that is intact; nothing has changed then.
    """
    standing = read_standing(work.registry)
    ensure_signed(standing)
    version = standing.version if number is None else work.registry.choose(number)
    if version is None:
        raise PromotionRefusedError("nothing is in production: name the version to withdraw", [])
    mark = standing.withdrawn.get(version.identity)
    if mark is None:
        mark = Withdrawal(
            version=version.number,
            run_id=version.run_id,
            because=because,
            by=work.who,
            at=timestamp(),
        )
        if standing.version and standing.version.identity == version.identity:
            _leave(work, standing, mark)
        else:
            move = Move(version, None, WITHDRAW, work.who)
            note_mark(work.registry, move, mark.of_ticket)
    _tell(work, version, mark)
    return mark


def _leave(work: Workspace, standing: Standing, mark: Withdrawal) -> None:
    """Take production back from a version, and mark it by the same ticket."""
    ways = [each for each in list_ways(work, standing, "") if each != mark.identity]
    back = find_back(work, standing, ways)
    if back is None:
        raise PromotionRefusedError(
            f"version {mark.version} is not withdrawn, and stays in production: no version before "
            "it could take its place",
            ["bring another one into production first: `carprice run`, or `carprice promote`"],
        )
    go_back(work, standing, back, withdraws=mark)


def _tell(work: Workspace, version: Version, mark: Withdrawal) -> None:
    """Write the mark where people look, and beside the copy in `models/`."""
    work.registry.tag_version(version.number, mark.of_version)
    for path in find_copies(work, version):
        if path.suffix == ".json":
            keep_mark(path, mark)
