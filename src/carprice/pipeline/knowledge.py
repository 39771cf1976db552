"""What one version knows and another does not, by adverts of the first."""

import pandas as pd

from carprice.evaluation.decision import Lost
from carprice.evaluation.metrics import Evaluation, slice_rows
from carprice.listings.parsing import Flags
from carprice.listings.quality_report import DataProfile
from carprice.market.table import to_listings
from carprice.pricing.encoder import AT
from carprice.pricing.price_model import PriceModel
from carprice.registry.history import Record

MOST_NAMED = 8


def find_lost(
    record: Record, champion: PriceModel, challenger: PriceModel, holdout: pd.DataFrame
) -> list[Lost] | None:
    """What a champion knows and a challenger does not; None where it is not on record any more.

    record: of the champion. holdout: held-out cars of the challenger.
    """
    if record.profile is None:
        return None
    lost = [
        _find_lost_names("make", _list_makes(record.profile), champion, challenger),
        _find_lost_names("model", _list_models(record.profile), champion, challenger),
    ]
    if record.evaluation:
        lost.append(_find_lost_bands(record.evaluation, holdout))
    return [each for each in lost if each.count]


def _list_makes(profile: DataProfile) -> pd.DataFrame:
    return to_listings([{"make": make} for make in profile.models_by_make])


def _list_models(profile: DataProfile) -> pd.DataFrame:
    return to_listings(
        [
            {"make": make, "model": model}
            for make, models in profile.models_by_make.items()
            for model in models
        ]
    )


def _find_lost_names(
    family: str, names: pd.DataFrame, champion: PriceModel, challenger: PriceModel
) -> Lost:
    adverts = pd.Series(
        champion.encode(names)[:, AT[f"{family}_count"]],
        (names["make"] + " " + names["model"].fillna("")).str.strip(),
    )
    return _sum_up(family, adverts, challenger.encode(names)[:, AT[family]] > 0)


def _find_lost_bands(evaluation: Evaluation, holdout: pd.DataFrame) -> Lost:
    """Bands of prices that had many held-out cars, and have none any more."""
    bands = evaluation.slices.get("price", {})
    cars = pd.Series({name: scores.rows for name, scores in bands.items()}, dtype=float)
    left = {part.name for part in slice_rows(holdout, 1)["price"]}
    return _sum_up("price", cars, cars.index.isin(left))


def _sum_up(family: str, adverts: pd.Series, is_known: Flags) -> Lost:
    lost = adverts[~is_known & (adverts > 0)].sort_values(ascending=False, kind="stable")
    return Lost(
        family=family,
        share_pct=100 * float(lost.sum() / max(1, adverts.sum())),
        count=len(lost),
        names=[str(name) for name in lost.index[:MOST_NAMED]],
    )
