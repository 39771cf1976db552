"""How long an explanation and comparable adverts take beside a million listings.

`insight_speed.py [ROWS]` prints both, at the median and at the slowest of CARS cars of the
commonest models, which have the most adverts to look through.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from targets import tell_missed

from carprice.insight.comparables import Reference
from carprice.insight.explanation import explain
from carprice.market.listing import FEATURES
from carprice.params import read_params
from carprice.pricing.price_model import PriceModel, ToldCar
from carprice.pricing.split import Split
from carprice.pricing.training import fit
from carprice.simulation.drawing import draw_listings

ROWS, LEARNT = 1_000_000, 20_000
CARS = 200
TARGETS = {"explanation (ms)": 20.0, "comparable adverts (ms)": 20.0}


def measure(work: Callable[[ToldCar], object], cars: list[ToldCar]) -> tuple[float, float]:
    """Milliseconds at the median, and at the slowest."""
    times = []
    for car in cars:
        began = time.perf_counter()
        work(car)
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times)), max(times)


def main(rows: int) -> int:
    listings = draw_listings(rows, 1)
    params = read_params(Path(__file__).parents[1])
    model = PriceModel(fit(listings.head(LEARNT), params.model))
    reference = Reference.build(model, listings, Split(params.split.holdout_share))
    common = listings["model"].value_counts().index[:20]
    some = listings[listings["model"].isin(common)].sample(CARS, random_state=0)
    cars = [model.tell(car) for car in some[list(FEATURES)].to_dict("records")]
    found = {
        "explanation (ms)": measure(
            lambda car: explain(model, car, reference.find_typical(model, car)), cars
        ),
        "comparable adverts (ms)": measure(reference.find_comparables, cars),
    }
    print(f"| beside {rows:,} listings | median | slowest of {CARS} | target |\n|---|---|---|---|")
    for name, (middle, slowest) in found.items():
        print(f"| {name} | {middle:.1f} | {slowest:.1f} | < {TARGETS[name]:.0f} |")
    return tell_missed({name: middle for name, (middle, _) in found.items()}, TARGETS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
