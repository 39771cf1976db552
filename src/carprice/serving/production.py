"""Estimates by the version in production: one example, a file, and the deals of one."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

from carprice.errors import RegistryError
from carprice.evaluation.metrics import Scores
from carprice.listings.arrivals import find_newest
from carprice.listings.cleaning import parse_listings
from carprice.listings.reading import ListingFile, read_listings
from carprice.market.chosen import MARKET
from carprice.market.listing import HIGH, LOW, TARGET
from carprice.market.table import to_listings
from carprice.pricing.price_model import PriceModel
from carprice.promotion.standing import read_standing
from carprice.registry.records import Version
from carprice.serving.batch import copy_with_estimates
from carprice.serving.deals import Deals, rank_adverts
from carprice.wording.remarks import SIMULATED_WARNING
from carprice.workspace import Workspace


class ProductionFacts(NamedTuple):
    """The version in production in words; None and empty without one.

    figures: held-out metrics by stored name. before: the number of the version that it replaced,
    and its own figures; None and empty without one.
    """

    version: int | None
    figures: dict[str, float]
    warning: str
    example: str
    before: int | None
    figures_before: dict[str, float]


def describe_production(work: Workspace) -> ProductionFacts:
    """The version in production, its held-out figures, and an example of its estimates."""
    production = read_standing(work.registry).version
    if production is None:
        return ProductionFacts(None, {}, "", "", None, {})
    replaced = production.facts.replaced_version
    before = next((each for each in work.registry.versions() if each.number == replaced), None)
    golden = work.params.validation.golden_cars[0]
    answer = work.registry.open_model(production).predict(to_listings([golden.car])).iloc[0]
    currency = MARKET.currency.symbol
    simulated = production.facts.simulated
    return ProductionFacts(
        version=production.number,
        figures=_read_figures(work, production),
        warning=SIMULATED_WARNING if simulated else "",
        example=f"{golden.name}: {answer[TARGET]:,.0f} {currency}, "
        f"between {answer[LOW]:,.0f} and {answer[HIGH]:,.0f} {currency}",
        before=before.number if before else None,
        figures_before=_read_figures(work, before) if before else {},
    )


def _read_figures(work: Workspace, version: Version) -> dict[str, float]:
    """Held-out metrics of a version by stored name."""
    metrics = work.registry.run(version.run_id).metrics
    return {name: metrics[name] for name in Scores.stored_names() if name in metrics}


class FileEstimates(NamedTuple):
    """Counts of an estimated file, and the name of the model."""

    rows: int
    estimated: int
    model: str


def estimate_file(
    work: Workspace, source: Path, target: Path, *, unchanged: bool = False
) -> FileEstimates:
    """Write a copy of a file with estimates and remarks, whole or not at all.

    unchanged: whether cells that a spreadsheet would run are left as they are.
    Raises DatasetError when the source cannot be read or the target not be written.
    """
    production, model = _open_production(work)
    file = ListingFile(source, needs_price=False)
    progress = partial(work.progress, f"estimating {source.name}")
    rows, estimated = copy_with_estimates(model, file, target, progress, unchanged=unchanged)
    return FileEstimates(rows, estimated, production.name)


class FileDeals(NamedTuple):
    """Deals of a file, and the name of the model."""

    source: Path
    deals: Deals
    model: str


def rank_file(work: Workspace, source: Path | None) -> FileDeals:
    """The deals of a file of adverts; without one, of the newest whole one in `data/raw`.

    Raises DatasetError when there is none, or when it cannot be read.
    """
    path = source or find_newest(work.settings.raw_data)
    production, model = _open_production(work)
    raw = read_listings(path)
    progress = partial(work.progress, f"ranking {path.name}")
    deals = rank_adverts(model, parse_listings(raw.frame), progress)
    return FileDeals(path, deals, production.name)


def _open_production(work: Workspace) -> tuple[Version, PriceModel]:
    production = read_standing(work.registry).version
    if production is None:
        raise RegistryError("no version is in production: type `carprice run` first")
    return production, PriceModel(work.registry.open_model(production))
