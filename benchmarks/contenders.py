"""Ways to learn prices, each measured on the same folds: ours, plain ones, those of others."""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import skops.io as sio
from forest import build_forest
from growth import PARAMS
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from carprice.evaluation.metrics import Scores, relative_errors, score
from carprice.listings.cleaning import clean, name_vehicles
from carprice.listings.reading import read_listings
from carprice.listings.table_store import hash_content
from carprice.market.listing import ESTIMATE_COLUMNS, FEATURES, TARGET, TEXTUAL
from carprice.pricing.calibrated import ModelParams
from carprice.pricing.estimators import read_model_params
from carprice.pricing.search import Folds, begin
from carprice.pricing.space import Tried, read_space
from carprice.pricing.training import fit
from carprice.simulation.dirt import write_sample
from carprice.simulation.facts import find_simulation, load_market

FOLDS = 5
SAMPLE_ROWS = 20_000
TRIALS = 12
"""By which our hyperparameters are chosen anew for each fold."""
ONE_ROW_TRIES = 100
BULK_ROWS = 200_000
BULK_TRIES = 3
TOGETHER_ROWS = 1_000
ROUNDS = 2_000
PEERS = {
    "lightgbm": "LightGBM, tuned",
    "catboost": "CatBoost, tuned",
    "autogluon": "AutoGluon, ten minutes",
}
HOME = Path(__file__).parents[1]
PEERS_HOME = HOME / "benchmarks" / "peers"

Places = tuple[np.ndarray, np.ndarray]
"""Numbers of the rows of a fold: those to learn from, and those to price."""


@dataclass
class Contender:
    """A way to learn prices, and what was measured of it.

    estimates: of each listing, by what has not seen it. together_ms: an estimate among many.
    """

    name: str
    estimates: pd.DataFrame = field(default_factory=pd.DataFrame)
    training_seconds: float = float("nan")
    one_row_ms: float = float("nan")
    together_ms: float = float("nan")
    bulk_rows_per_second: float = float("nan")
    file_mb: float = float("nan")


def read_clean(path: Path) -> pd.DataFrame:
    return clean(read_listings(path)).kept.reset_index(drop=True)


def write_simulated(folder: Path) -> Path:
    path = folder / "sample.csv"
    write_sample(path, SAMPLE_ROWS, seed=0)
    return path


def split_folds(listings: pd.DataFrame) -> list[Places]:
    """Folds in which the adverts of one car stay together."""
    folds = GroupKFold(FOLDS, shuffle=True, random_state=0)
    return list(folds.split(listings, groups=name_vehicles(listings)))


def train_ours(listings: pd.DataFrame) -> Pipeline:
    return fit(listings, PARAMS.model)


def train_by(word: str) -> Callable[[pd.DataFrame], Pipeline]:
    """Ours by another estimator of params.yaml, as it comes."""
    common = PARAMS.model.model_dump(include={"coverage", "seed"})
    params = read_model_params({"estimator": word, **common})
    return lambda listings: fit(listings, params)


def train_forest(listings: pd.DataFrame) -> Pipeline:
    return build_forest().fit(listings[list(FEATURES)], listings[TARGET])


def measure(
    name: str, train: Callable[[pd.DataFrame], Pipeline], listings: pd.DataFrame, folder: Path
) -> Contender:
    """A way to learn that needs no choice: accuracy, then speed and size."""
    train(listings[:1_000])  # loads what scikit-learn loads late
    estimates, seconds = [], []
    for known, asked in split_folds(listings):
        started = time.perf_counter()
        pipeline = train(listings.iloc[known])
        seconds.append(time.perf_counter() - started)
        estimates.append(estimate(pipeline, listings.iloc[asked]))
    features = listings[list(FEATURES)]
    rows = [features[at : at + 1] for at in range(ONE_ROW_TRIES)]
    together, many = (
        features.sample(count, replace=True, random_state=0, ignore_index=True)
        for count in (TOGETHER_ROWS, BULK_ROWS)
    )
    path = folder / "model.skops"
    sio.dump(pipeline, path)
    return Contender(
        name,
        pd.concat(estimates).loc[listings.index],
        float(np.median(seconds)),
        one_row_ms=1e3 * _clock(pipeline, rows),
        together_ms=1e3 * _clock(pipeline, [together] * BULK_TRIES) / TOGETHER_ROWS,
        bulk_rows_per_second=BULK_ROWS / _clock(pipeline, [many] * BULK_TRIES),
        file_mb=path.stat().st_size / 1e6,
    )


def measure_nested(listings: pd.DataFrame) -> Contender:
    """Ours, with hyperparameters chosen anew for each fold, by the others alone.

    Nested validation: what the figures of ours owe to many looks at the same folds is missing here.
    """
    estimates = []
    for known, asked in split_folds(listings):
        chosen = _choose(listings.iloc[known])
        estimates.append(estimate(fit(listings.iloc[known], chosen), listings.iloc[asked]))
    return Contender("carprice, chosen anew in each fold", pd.concat(estimates).loc[listings.index])


def _choose(listings: pd.DataFrame) -> ModelParams:
    """The best of TRIALS by `carprice search`, of which the first is what is in force."""
    folds, space = Folds.of(listings, PARAMS.model), read_space(PARAMS.model)
    tried: list[Tried] = []
    for number in range(TRIALS):
        given = PARAMS.model.model_dump(include={*space}) if not number else {}
        attempt = begin(space, tried, number, given)
        errors: list[float] = []
        for error in folds.measure(PARAMS.model.model_copy(update=attempt.params)):
            errors.append(error)
            if attempt.is_hopeless(errors):
                break
        tried.append(Tried(number, attempt.params, errors, ended=True))
    best = min((each for each in tried if each.is_whole), key=lambda each: each.error)
    return PARAMS.model.model_copy(update=best.params)


def measure_transfer(real: Path, folder: Path) -> Contender:
    """Ours trained on simulated adverts alone, asked for real ones.

    The table of the sample shipped with the project was measured on these very listings, so it
    has seen their prices. For each fold a table is measured anew, on the other folds.
    """
    sys.path.append(str(HOME / "scripts"))
    from build_sample_market import format_table, measure_market  # noqa: PLC0415

    cleaned = clean(read_listings(real))
    kept = cleaned.kept.reset_index(drop=True)
    estimates = []
    for known, asked in split_folds(kept):
        market = measure_market(
            cleaned.parsed, kept.iloc[known].reset_index(drop=True), cleaned.dropped
        )
        (folder / find_simulation().facts).write_text(format_table(market), encoding="utf-8")
        load_market.cache_clear()
        with patch("carprice.simulation.facts.files", lambda _: folder):
            simulated = read_clean(write_simulated(folder))
        estimates.append(estimate(fit(simulated, PARAMS.model), kept.iloc[asked]))
    load_market.cache_clear()
    return Contender(
        "carprice, trained on the simulated market only", pd.concat(estimates).loc[kept.index]
    )


def measure_peers(listings: pd.DataFrame) -> Iterator[Contender]:
    """Peers on the same folds, each in a process of its own, with libraries of its own.

    What has ended is kept in data/processed: stopped, it goes on with the next peer.
    """
    textual = [name for name in FEATURES if name in TEXTUAL]
    table = listings[[*FEATURES, TARGET]].astype(dict.fromkeys(textual, "category"))
    table["fold"] = 0
    table["car"] = pd.factorize(name_vehicles(listings))[0]
    for number, (_, asked) in enumerate(split_folds(listings)):
        table.loc[listings.index[asked], "fold"] = number
    code, lock = ((PEERS_HOME / name).read_bytes() for name in ("peers.py", "uv.lock"))
    of_what = sha256(hash_content(table).encode() + code + lock).hexdigest()[:12]
    folder = HOME / "data" / "processed" / f"peers-{of_what}"
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / "listings.parquet")
    python = next((PEERS_HOME / ".venv").glob("[bS]*/python*"))
    for name, title in PEERS.items():
        figures = folder / f"{name}.json"
        if not figures.exists():
            command = [str(python), str(PEERS_HOME / "peers.py"), name, str(folder)]
            subprocess.run(command, check=True)
        prices = pd.read_parquet(folder / f"{name}.parquet")
        yield Contender(title, fill(prices), **json.loads(figures.read_text()))


def estimate(pipeline: Pipeline, listings: pd.DataFrame) -> pd.DataFrame:
    answer = pipeline.predict(listings[list(FEATURES)])
    table = answer if isinstance(answer, pd.DataFrame) else pd.DataFrame({TARGET: answer})
    return fill(table.set_axis(listings.index))


def fill(estimates: pd.DataFrame) -> pd.DataFrame:
    """With empty intervals, where a way to learn has none."""
    return estimates.reindex(columns=ESTIMATE_COLUMNS)


def tabulate(listings: pd.DataFrame, contenders: list[Contender]) -> str:
    """All contenders as one table in Markdown, ours first, and how far ours is ahead of each."""
    ours = contenders[0]
    lines = ["| | " + " | ".join(COLUMNS) + " | error above ours (95 %) |"]
    lines.append("|---" * (len(COLUMNS) + 2) + "|")
    for each in contenders:
        scores = score(listings[TARGET], each.estimates)
        cells = [_spell(show(scores, each)) for show in COLUMNS.values()]
        ahead = (
            ""
            if each is ours
            else "{:+.2f} ({:+.2f} to {:+.2f})".format(*differ(listings, ours, each))
        )
        lines.append("| " + " | ".join([each.name, *cells, ahead or "–"]) + " |")
    return "\n".join(lines)


def differ(listings: pd.DataFrame, ours: Contender, other: Contender) -> tuple[float, float, float]:
    """By how many points of median error another lies above ours, with its 95 % interval.

    Paired bootstrap over cars, not over adverts: those of one car stay together.
    """
    errors = np.stack([relative_errors(listings[TARGET], each.estimates) for each in (other, ours)])
    cars = pd.factorize(name_vehicles(listings))[0]
    order = np.argsort(cars, kind="stable")
    adverts = np.split(order, np.flatnonzero(np.diff(cars[order])) + 1)
    rng, found = np.random.default_rng(0), []
    for _ in range(ROUNDS):
        drawn = np.concatenate(
            [adverts[at] for at in rng.integers(len(adverts), size=len(adverts))]
        )
        found.append(np.subtract(*np.median(errors[:, drawn], axis=1)))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(np.subtract(*np.median(errors, axis=1))), float(low), float(high)


COLUMNS: Mapping[str, Callable[[Scores, Contender], str]] = {
    "median error": lambda scores, _: f"{scores.median_error_pct:.2f} %",
    "within 10 %": lambda scores, _: f"{scores.within_10_pct:.1f} %",
    "within 20 %": lambda scores, _: f"{scores.within_20_pct:.1f} %",
    "80 % interval: holds, width": lambda scores, _: (
        f"{scores.coverage_pct:.1f} %, {scores.width_pct:.1f} %"
    ),
    "90 % interval": lambda scores, _: (
        f"{scores.wide_coverage_pct or math.nan:.1f} %, {scores.wide_width_pct or math.nan:.1f} %"
    ),
    "training": lambda _, each: f"{each.training_seconds:,.1f} s",
    "one estimate": lambda _, each: f"{each.one_row_ms:.1f} ms",
    "rows a second": lambda _, each: f"{each.bulk_rows_per_second:,.0f}",
    "stored": lambda _, each: f"{each.file_mb:.1f} MB",
}


def _spell(figure: str) -> str:
    return "–" if "nan" in figure else figure


def _clock(pipeline: Pipeline, tables: list[pd.DataFrame]) -> float:
    """Median seconds that one of the tables takes, after the first."""
    seconds = []
    for table in [tables[0], *tables]:
        started = time.perf_counter()
        pipeline.predict(table)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[1:]))
