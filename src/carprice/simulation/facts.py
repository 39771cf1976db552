"""Aggregate facts of the real market, from which listings are drawn."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from carprice.arrays import Floats
from carprice.errors import ConfigurationError
from carprice.market.chosen import MARKET
from carprice.market.definition import Simulation


def find_simulation() -> Simulation:
    """What the market says of its simulation; raise ConfigurationError where it says nothing."""
    if MARKET.simulation is None:
        raise ConfigurationError(
            f"the market {MARKET.code} has no simulated adverts: bring real ones (--data)."
        )
    return MARKET.simulation


@dataclass(frozen=True)
class MarketFacts:
    """The facts as arrays, of V variants, K age knots and Q quantiles.

    facts: the sections that hold for the whole market, as in the file.
    variants: one row for each make, model, fuel and gearbox, with number of `cars`.
    curves: log price in DH by age knot, (V, K); ages: quantiles of age in years, (V, Q).
    """

    facts: dict[str, Any]
    variants: pd.DataFrame
    curves: Floats
    ages: Floats


@lru_cache(maxsize=1)
def load_market() -> MarketFacts:
    """The facts that the market names, a file beside this module."""
    path = files("carprice.simulation").joinpath(find_simulation().facts)
    facts = json.loads(path.read_text(encoding="utf-8"))
    variants = pd.DataFrame(facts["variants"], columns=facts["variant_columns"])
    return MarketFacts(
        facts=facts,
        variants=variants,
        curves=np.log(np.array(variants["prices"].tolist()) * 1000),
        ages=np.array(variants["ages"].tolist()),
    )
