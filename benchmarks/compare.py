"""Our pipeline beside other ways to learn prices, and how the work grows: run by `make bench`.

With `--peers` the slow ones too: two hours.

Accuracy is measured on the real listings that CARPRICE_REAL_LISTINGS names. Without them the
sample has to do, and says nothing about accuracy: its listings are simulated. Ends with 1 when a
target of speed is missed.
"""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from contenders import (
    FOLDS,
    ONE_ROW_TRIES,
    SAMPLE_ROWS,
    Contender,
    measure,
    measure_nested,
    measure_peers,
    measure_transfer,
    read_clean,
    tabulate,
    train_by,
    train_forest,
    train_ours,
    write_simulated,
)
from growth import PARAMS, SIZES, STAGES, Measured, run_stages
from open_fields import COVERAGE_PCT, MOST_MOVED_PCT, measure_open_fields
from rich.console import Console
from rich.table import Table
from sklearn.pipeline import Pipeline
from targets import tell_missed

from carprice.listings.reading import Upload
from carprice.market.chosen import MARKET
from carprice.pricing.prediction import estimate_car
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import split
from carprice.pricing.training import fit
from carprice.serving.batch import estimate_upload
from carprice.simulation.dirt import write_sample

REAL_LISTINGS = "CARPRICE_REAL_LISTINGS"
FILE_ROWS = 98_000
"""Adverts drawn for a file of a little more than 100,000: some are repeated."""
MEMORY_LIMIT_MB = 2_000
TARGETS = {
    "one estimate of a table (ms)": 25,
    "one car from raw texts, its interval and remark (ms)": 2.5,
    "one estimate, against the plain random forest's": 1 / 3,
    "an estimate among 1,000, against one alone": 1 / 20,
    "a file of 100,000 cars (processor s)": 20,
    "training on ten times the adverts: processor time of each": 2,
}
"""What is measured stays below these; several times what it is, as machines are noisy."""
LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "skops")

console = Console(width=110)


def main(*, with_peers: bool) -> int:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        grown = _run_growth(folder)  # first: see run_stages
        real = os.environ.get(REAL_LISTINGS, "")  # noqa: TID251 - names a file, sets nothing
        listings = read_clean(Path(real) if real else write_simulated(folder))
        contenders = []
        for each in _list_contenders(listings, Path(real) if real else None, folder, with_peers):
            contenders.append(each)
            print(tabulate(listings, [contenders[0], each]).splitlines()[-1], flush=True)
        with console.status("A file of 100,000 cars …"):
            file_seconds = _measure_file(folder)
    console.print(_describe_machine())
    of_what = f"{len(listings):,} {'real' if real else 'SIMULATED'} listings, {FOLDS} folds by car"
    print(f"\n{of_what}{'' if real else f': NO accuracy (name real ones: {REAL_LISTINGS})'}\n")
    print(tabulate(listings, contenders), end="\n\n")
    known, unseen = split(listings, PARAMS.split.holdout_share)
    pipeline = fit(known, PARAMS.model)
    console.print(_show_open_fields(measure_open_fields(pipeline, unseen)))
    console.print(_show_growth(grown))
    found = _hold_against_targets(contenders, _measure_one_car(pipeline), file_seconds, grown)
    console.print(_show_targets(found))
    return tell_missed(found, TARGETS)


def _list_contenders(
    listings: pd.DataFrame, real: Path | None, folder: Path, with_peers: bool
) -> Iterator[Contender]:
    """Ours and the forest first; the slow ones where they are asked for."""
    yield measure("carprice", train_ours, listings, folder)
    yield measure("random forest on label-encoded columns", train_forest, listings, folder)
    if real:
        yield measure_transfer(real, folder)
    if with_peers:
        for word in ("boosting", "forest", "lightgbm"):
            yield measure(f"carprice, `estimator: {word}`", train_by(word), listings, folder)
        yield measure_nested(listings)
        yield from measure_peers(listings)


def _measure_one_car(pipeline: Pipeline) -> float:
    """Milliseconds from the raw texts of one car to its estimate, at the median."""
    model = PriceModel(pipeline)
    answers = {name: str(each) for name, each in MARKET.example.items()}
    seconds = []
    for _ in range(ONE_ROW_TRIES):
        started = time.perf_counter()
        estimate_car(model, answers)
        seconds.append(time.perf_counter() - started)
    return 1_000 * float(np.median(seconds))


def _measure_file(folder: Path) -> float:
    """Seconds of processor time from the bytes of a file to its copy with estimates."""
    path = folder / "cars.csv"
    write_sample(path, FILE_ROWS, seed=1)
    upload = Upload(path.name, path.read_bytes())
    model = PriceModel(fit(read_clean(path).head(SAMPLE_ROWS), PARAMS.model))
    started = time.process_time()
    estimate_upload(model, upload, lambda *_: None, "fr")
    return time.process_time() - started


def _run_growth(folder: Path) -> dict[tuple[str, int], Measured]:
    grown: dict[tuple[str, int], Measured] = {}
    with console.status("Growth …") as status:
        for stage, size, measured in run_stages(folder):
            grown[stage, size] = measured
            status.update(f"Growth: {stage}, {size:,} adverts took {measured['seconds']:.1f} s …")
    return grown


def _describe_machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Python {platform.python_version()}, {libraries}; {os.cpu_count()} cores{load}"


def _show_open_fields(found: pd.DataFrame) -> Table:
    """Every field alone, and of the pairs what lies beyond the limits or nearest to them."""
    alone = found[~found.index.str.contains("+", regex=False)]
    pairs = found.drop(alone.index)
    near = (pairs["moved_pct"].abs() / MOST_MOVED_PCT).combine(
        (pairs["coverage_pct"] - np.mean(COVERAGE_PCT)).abs() / (np.ptp(COVERAGE_PCT) / 2), max
    )
    table = Table(
        title=f"Fields left open; median move below {MOST_MOVED_PCT:g} %, coverage from "
        f"{COVERAGE_PCT[0]:g} to {COVERAGE_PCT[1]:g} % (! beyond; of {len(pairs)} pairs the worst)",
        title_justify="left",
    )
    for heading in ("left open", "cars", "move", "median error", "coverage"):
        table.add_column(heading, justify="left" if heading == "left open" else "right")
    for name, row in pd.concat([alone, pairs.loc[near.nlargest(8).index]]).iterrows():
        moved = abs(row["moved_pct"]) >= MOST_MOVED_PCT
        missed = not COVERAGE_PCT[0] <= row["coverage_pct"] <= COVERAGE_PCT[1]
        table.add_row(
            str(name), f"{row['cars']:,.0f}", f"{row['moved_pct']:+.2f} %{' !' if moved else ''}",
            f"{row['error_pct']:.2f} %", f"{row['coverage_pct']:.1f} %{' !' if missed else ''}",
        )  # fmt: skip
    return table


def _show_growth(grown: Mapping[tuple[str, int], Measured]) -> Table:
    table = Table(
        title="Growth, each in a fresh process; to linear: CPU time a row against the size above",
        title_justify="left",
    )
    for heading in ("stage", "adverts", "rows", "seconds", "CPU µs a row", "to linear", "peak MB"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for stage in STAGES:
        before = None
        for (_, size), measured in ((key, each) for key, each in grown.items() if key[0] == stage):
            pace = 1e6 * measured["cpu"] / measured["rows"]
            to_linear = f"{pace / before:.2f}" if before else ""
            peak = measured["peak_mb"]
            table.add_row(
                "" if before else stage, f"{size:,}", f"{measured['rows']:,.0f}",
                _spell(measured["seconds"]), f"{pace:.1f}", to_linear,
                f"{peak:,.0f}{' !' if peak > MEMORY_LIMIT_MB else ''}",
            )  # fmt: skip
            before = pace
        table.add_section()
    return table


def _hold_against_targets(
    contenders: list[Contender],
    one_car_ms: float,
    file_seconds: float,
    grown: Mapping[tuple[str, int], Measured],
) -> dict[str, float]:
    ours, theirs = contenders[:2]
    small, large = (grown["train", size] for size in SIZES[:2])
    found = (
        ours.one_row_ms,
        one_car_ms,
        ours.one_row_ms / theirs.one_row_ms,
        ours.together_ms / ours.one_row_ms,
        file_seconds,
        (large["cpu"] / large["rows"]) / (small["cpu"] / small["rows"]),
    )
    return dict(zip(TARGETS, found, strict=True))


def _show_targets(found: Mapping[str, float]) -> Table:
    table = Table(title="Targets", title_justify="left")
    for heading in ("", "measured", "target"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, measured in found.items():
        table.add_row(name, _spell(measured), f"< {_spell(TARGETS[name])}")
    return table


def _spell(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    sys.exit(main(with_peers="--peers" in sys.argv))
