"""What a registry holds and promises, to be held against what comes back of a backup of it."""

import logging
from pathlib import Path

from pydantic import ValidationError

from carprice.errors import DatasetError, ModelIntegrityError
from carprice.frozen import Frozen
from carprice.market.listing import TARGET
from carprice.market.table import to_listings
from carprice.promotion.standing import read_standing
from carprice.promotion.tickets import tickets
from carprice.registry.records import MODEL_NAME, Version
from carprice.registry.stored_model import ensure_files
from carprice.workspace import Workspace

SAME_PRICE = 0.5
"""Less than this far from each other, two estimates are the same amount."""

log = logging.getLogger(__name__)


class Entry(Frozen):
    """A version, and the SHA-256 of each of its files as they were promised."""

    run_id: str
    files: dict[str, str]


class Inventory(Frozen):
    """All of a registry that must come back.

    estimates: of the golden cars, by the version in production; none where it does not open.
    """

    production: int | None
    versions: dict[int, Entry]
    runs: list[str]
    tickets: int
    estimates: dict[str, float]


def take_inventory(work: Workspace, *, estimating: bool = True) -> Inventory:
    registry = work.registry
    production = read_standing(registry).version
    estimates = {}
    if production and estimating:
        try:
            estimates = estimate_golden_cars(work, production)
        except ModelIntegrityError as error:  # what is damaged is worth a backup all the more
            log.warning("no car was priced: %s", error)
    return Inventory(
        production=production.number if production else None,
        versions={
            each.number: Entry(run_id=each.run_id, files=each.file_hashes)
            for each in registry.versions()
        },
        runs=[each.run_id for each in registry.runs()],
        tickets=len(tickets(registry)),
        estimates=estimates,
    )


def read_inventory(path: Path) -> Inventory:
    """Raises DatasetError when the file is none."""
    try:
        return Inventory.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DatasetError(f"{path} is no inventory that can be read: {error}") from error


def estimate_golden_cars(work: Workspace, version: Version) -> dict[str, float]:
    """Prices by name, of a version that is opened only if its files are the promised ones."""
    cars = work.params.validation.golden_cars
    prices = work.registry.open_model(version).predict(to_listings([each.car for each in cars]))
    return {car.name: float(price) for car, price in zip(cars, prices[TARGET], strict=True)}


def list_losses(work: Workspace, promised: Inventory) -> list[str]:
    """What a registry lacks of an inventory: entries alone, no file is read.

    What came later is no loss, but for a move of production.
    """
    found = take_inventory(work, estimating=False)
    told = [
        f"{MODEL_NAME} version {number} is missing"
        for number, entry in promised.versions.items()
        if number not in found.versions or found.versions[number].run_id != entry.run_id
    ]
    if lost := set(promised.runs) - set(found.runs):
        told.append(f"{len(lost)} runs are missing, such as {min(lost)}")
    if found.tickets < promised.tickets:
        told.append(f"{promised.tickets - found.tickets} entries of the ledger are missing")
    if found.production != promised.production:
        told.append(f"production is {found.production}, and was {promised.production}")
    return told


def list_damages(work: Workspace, promised: Inventory) -> list[str]:
    """What else is not as it was: files of versions, estimates of the one in production."""
    told = []
    for version in reversed(work.registry.versions()):
        entry = promised.versions.get(version.number)
        if entry is None or not entry.files:
            continue  # registered by other means, it was promised nothing
        try:
            with work.registry.files(version) as folder:
                ensure_files(folder, entry.files, version.name)
        except ModelIntegrityError as error:
            told.append(str(error))
    production = read_standing(work.registry).version
    if production is None or not promised.estimates:
        return told
    try:
        prices = estimate_golden_cars(work, production)
    except ModelIntegrityError as error:
        return [*told, str(error)]
    return told + [
        f"{production.name} prices {car} at {prices.get(car)}, and did at {price}"
        for car, price in promised.estimates.items()
        if abs(prices.get(car, 0) - price) >= SAME_PRICE
    ]
