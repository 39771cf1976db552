"""How often the way to production lets a worse version through, or a better one stand.

`gate_attack.py [RETRAININGS]` prints the tables of docs/gate.md: retrainings on files with faults
from a fixed list, and on honest ones, each by a version that learnt from a market whose truth is
known. Each goes the way of a run: cleaning, quality check, fit, gate, validation. What is true is
measured on adverts that nobody has learnt from. What has ended is kept in data/processed: killed,
it goes on where it was.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator
from sklearn.pipeline import Pipeline

from carprice.evaluation.behaviour import validate
from carprice.evaluation.decision import Decision
from carprice.evaluation.gate import Champion, Listed, decide
from carprice.evaluation.metrics import relative_errors
from carprice.files import replacing
from carprice.listings.cleaning import Cleaned, clean
from carprice.listings.quality import build_profile, check
from carprice.listings.reading import read_listings
from carprice.market.listing import FEATURES, TARGET
from carprice.params import read_params
from carprice.pipeline.evaluating import Opened, contend
from carprice.pipeline.knowledge import find_lost
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import split
from carprice.pricing.training import fit
from carprice.promotion.receipt import hash_code
from carprice.registry.history import Record
from carprice.registry.records import Version
from carprice.simulation.dirt import RawForm, to_raw_form
from carprice.simulation.drawing import draw_listings

HOME = Path(__file__).parents[1]
PARAMS = read_params(HOME)
RETRAININGS = 200
ROWS, TRUE_ROWS = 4_000, 20_000
FEW_ROWS = 3_400
"""What a champion has learnt from that an honest file of ROWS betters by some 3 %."""
CHAMPIONS = 4
WORSE = 0.03
"""By which share of the champion's error a version is truly worse when it is called so: as much as
a true gain that is to be let through."""
DEAR, CHEAP, LATER = 1.25, 0.75, 1.05
COMMON = "Dacia"
GONE = "Renault"


class Fault(NamedTuple):
    """What is wrong with a file, or with what a version sees.

    change: the adverts of the file. learnt, seen: the clean cars that are fitted on, and those that
    a fitted version is asked for. truth: adverts as the market then is. few: whether the
    champion has learnt from few. all_cars: whether the
    held-out ones are fitted on as well.
    """

    change: Callable[[pd.DataFrame, Generator], pd.DataFrame] = lambda adverts, _: adverts
    learnt: Callable[[pd.DataFrame, Generator], pd.DataFrame] = lambda cars, _: cars
    seen: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    truth: Callable[[pd.DataFrame], pd.DataFrame] = lambda adverts: adverts
    few: bool = False
    all_cars: bool = False


class Seeing(NamedTuple):
    """A version that is served broken: what it is asked for is not what it has learnt from."""

    pipeline: Pipeline
    seen: Callable[[pd.DataFrame], pd.DataFrame]

    def predict(self, cars: pd.DataFrame, **options: object) -> pd.DataFrame:
        answer: pd.DataFrame = self.pipeline.predict(self.seen(cars), **options)
        return answer

    def __getitem__(self, step: str) -> object:  # type: ignore[override]
        return self.pipeline[step]


def price(factor: float) -> Callable[..., pd.DataFrame]:
    return lambda adverts, *_: adverts.assign(**{TARGET: adverts[TARGET] * factor})


def repeat(apart_km: float, share: float) -> Callable[[pd.DataFrame, Generator], pd.DataFrame]:
    """A share of the adverts twice more, so many kilometres apart."""

    def change(adverts: pd.DataFrame, rng: Generator) -> pd.DataFrame:
        some = adverts[rng.random(len(adverts)) < share]
        more = [some.assign(mileage_km=some["mileage_km"] + apart_km * times) for times in (1, 2)]
        return pd.concat([adverts, *more], ignore_index=True)

    return change


def mislabel(adverts: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Three prices in ten are off by half, up or down."""
    wrong = rng.random(len(adverts)) < 0.3
    factors = np.where(wrong, np.exp(rng.normal(0, 0.5, len(adverts))), 1)
    return adverts.assign(**{TARGET: adverts[TARGET] * factors})


def shuffle(name: str) -> Callable[[pd.DataFrame, Generator], pd.DataFrame]:
    return lambda cars, rng: cars.assign(**{name: rng.permutation(cars[name])})


def slip_make(adverts: pd.DataFrame, _: Generator) -> pd.DataFrame:
    of_make = adverts["make"] == COMMON
    return adverts.assign(**{TARGET: adverts[TARGET].mask(of_make, adverts[TARGET] * 10)})


def age(adverts: pd.DataFrame, _: Generator) -> pd.DataFrame:
    """A file of three years ago: cars were as old as they are, and cheaper."""
    return price(0.9)(adverts.assign(model_year=adverts["model_year"] - 3))


FAULTS: Mapping[str, Fault] = {
    "honest, as good a champion": Fault(),
    "honest, truly better by some 3 %": Fault(few=True),
    "near-copies of most adverts": Fault(change=repeat(1, 0.8)),
    "repeated with 3,000 km between": Fault(change=repeat(3_000, 0.3)),
    "all a quarter cheaper": Fault(change=price(CHEAP)),
    "all a quarter dearer": Fault(change=price(DEAR)),
    "three prices in ten wrong": Fault(change=mislabel),
    "the market moved by 5 %": Fault(change=price(LATER), truth=price(LATER)),
    "kilometres broken in training": Fault(learnt=shuffle("mileage_km")),
    "kilometres broken in serving": Fault(seen=lambda cars: cars.assign(mileage_km=150_000.0)),
    "one make ten times too dear": Fault(change=slip_make),
    "one make missing": Fault(change=lambda adverts, _: adverts[adverts["make"] != GONE]),
    "kilometres in thousands": Fault(
        change=lambda adverts, _: adverts.assign(mileage_km=(adverts["mileage_km"] / 1e3).round())
    ),
    "a third of the file": Fault(change=lambda adverts, _: adverts.head(ROWS // 3)),
    "a file of three years ago": Fault(change=age),
    "fitted on the hold-out": Fault(all_cars=True),
}
HONEST = 3
"""Honest retrainings for each of a fault."""
TURNS = [name for name in FAULTS for _ in range(HONEST if name.startswith("honest") else 1)]
TURN = len(TURNS)


class Ended(NamedTuple):
    """What became of a retraining, and what is true of it.

    gain: by which share the true error fell. stopped: by quality, gate or validation; empty for one
    that was promoted. reasons: of the gate.
    """

    fault: str
    seed: int
    gain: float
    stopped: str
    outcome: str
    reasons: list[str]


class Learnt(NamedTuple):
    """A version in production: what it has learnt from, and as."""

    opened: Opened
    cleaned: Cleaned
    record: Record


def plan(count: int) -> Iterator[tuple[str, int]]:
    """Faults in turn, honest ones more often, each with a seed of its own."""
    yield from ((TURNS[seed % TURN], seed) for seed in range(count))


def retrain(name: str, seed: int) -> Ended:
    """One retraining, on the way of a run."""
    fault, rng = FAULTS[name], np.random.default_rng(seed)
    champion = learn(seed // TURN % CHAMPIONS, FEW_ROWS if fault.few else ROWS)
    cleaned = export(fault.change(draw_listings(ROWS, 10_000 + seed), rng), seed)
    kept = cleaned.kept
    training, holdout = split(kept, PARAMS.split.holdout_share)
    holdout = split(holdout, PARAMS.split.holdout_share)[1]
    if check(cleaned, PARAMS.quality, champion.record.profile).failures:
        return Ended(name, seed, float("nan"), "quality", "refused", [])
    pipeline = fit(fault.learnt(kept if fault.all_cars else training, rng), PARAMS.model)
    served = Seeing(pipeline, fault.seen) if fault.seen else pipeline
    opened = open_version(2, served)
    decision = contest(opened, champion, holdout, Listed.of(kept))
    failures = [] if not decision.promote else validate(served, PARAMS.validation).failures
    return Ended(
        fault=name,
        seed=seed,
        gain=measure_gain(champion.opened.pipeline, served, fault),
        stopped="" if decision.promote and not failures else "validation" if failures else "gate",
        outcome=decision.outcome,
        reasons=sorted({each.code for each in (failures or decision.reasons)}),
    )


def contest(opened: Opened, champion: Learnt, holdout: pd.DataFrame, listed: Listed) -> Decision:
    profile, evaluation = champion.record.profile, champion.record.evaluation
    of_champion = Listed(profile.rows, newest_year=profile.newest_year)
    own_error = evaluation.overall.median_error_pct
    before = contend(champion.opened, holdout, PARAMS.gate, of_champion)
    models = PriceModel(champion.opened.pipeline), PriceModel(opened.pipeline)
    lost = find_lost(champion.record, *models, holdout)
    return decide(
        holdout,
        contend(opened, holdout, PARAMS.gate, listed),
        Champion(**vars(before), is_older=True, lost=lost, own_error_pct=own_error),
        PARAMS.gate,
    )


@cache
def learn(version: int, rows: int) -> Learnt:
    cleaned = export(draw_listings(rows, version), version)
    training, holdout = split(cleaned.kept, PARAMS.split.holdout_share)
    opened = open_version(1, fit(training, PARAMS.model))
    evaluation = contend(opened, holdout, PARAMS.gate).evaluation
    return Learnt(
        opened, cleaned, Record(evaluation, build_profile(cleaned.parsed, cleaned.kept), None)
    )


def open_version(number: int, pipeline: Pipeline) -> Opened:
    return Opened(Version(number, "", {"simulated": "true"}, datetime.now(UTC)), pipeline)


def measure_gain(champion: Pipeline, challenger: Pipeline, fault: Fault) -> float:
    """By which share the median error on adverts that nobody has learnt from fell."""
    adverts = fault.truth(draw_truth())
    before, after = (
        float(np.median(relative_errors(adverts[TARGET], each.predict(adverts[list(FEATURES)]))))
        for each in (champion, challenger)
    )
    return 1 - after / before


@cache
def draw_truth() -> pd.DataFrame:
    return draw_listings(TRUE_ROWS, 1_000_000)


def export(adverts: pd.DataFrame, seed: int) -> Cleaned:
    """Adverts as they come back from a file of the site with units, slips included."""
    adverts = adverts.reset_index(drop=True)
    adverts[TARGET] = (adverts[TARGET] / 100).round() * 100
    with TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        pd.concat(to_raw_form(adverts, RawForm.WITH_UNITS, seed)).to_csv(path, index=False)
        return clean(read_listings(path))


def go_on(path: Path, count: int) -> list[Ended]:
    """What has ended, and then what is still to do, kept whole after each."""
    done = [Ended(**each) for each in json.loads(path.read_text())] if path.exists() else []
    for name, seed in [*plan(count)][len(done) :]:
        print(f"\r{seed + 1} of {count}: {name:40}", end="", file=sys.stderr, flush=True)
        done.append(retrain(name, seed))
        with replacing(path) as kept:
            kept.write(json.dumps([each._asdict() for each in done]).encode())
    print(file=sys.stderr)
    return done[:count]


def print_tables(ended: list[Ended]) -> None:
    frame = pd.DataFrame(ended)
    frame["worse"] = frame["gain"] < -WORSE
    frame["promoted"] = frame["stopped"] == ""
    frame["wrong"] = frame["promoted"] & frame["worse"]
    frame["held"] = frame["outcome"] == "held"
    print("| file | retrainings | truly worse | promoted | of these worse | held | stopped by |")
    print("|---|---|---|---|---|---|---|")
    for name, rows in frame.groupby("fault", sort=False):
        counts = rows[["worse", "promoted", "wrong", "held"]].sum().tolist()
        stops = rows.loc[~rows["promoted"], "stopped"].value_counts().items()
        told = ", ".join(f"{by} {times}" for by, times in stops) or "–"
        print("|", " | ".join(map(str, (name, len(rows), *counts, told))), "|")
    better = frame[frame["fault"].map(lambda name: FAULTS[name].few)]
    print(
        f"\nTruly worse is an error at least {WORSE:.0%} above the champion's. False promotions: "
        f"{frame['wrong'].mean():.1%} of {len(frame)} retrainings. Of {len(better)} versions that "
        f"are truly better, by {better['gain'].median():.1%} in the median, "
        f"{1 - better['promoted'].mean():.0%} were not promoted."
    )


def main(count: int) -> None:
    # Another gate, or another attack, begins anew.
    told = hash_code() + Path(__file__).read_text() + (HOME / "params.yaml").read_text()
    name = f"gate-attack-{sha256(told.encode()).hexdigest()[:12]}.json"
    path = HOME / "data" / "processed" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    print_tables(go_on(path, count))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RETRAININGS)
