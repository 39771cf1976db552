"""One stage of the way from a file to estimates, in a process of its own: seconds and memory.

`growth.py STAGE ROWS FOLDER` does one stage for a sample of that many adverts; each stage leaves
in the folder what the next one needs. Its answer is one line of JSON.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import skops.io as sio

from carprice.listings.cleaning import Cleaned, clean
from carprice.listings.quality import check
from carprice.listings.reading import read_listings
from carprice.market.listing import FEATURES
from carprice.params import read_params
from carprice.pricing.training import fit
from carprice.registry.stored_model import open_pipeline
from carprice.simulation.dirt import write_sample

SIZES = (10_000, 100_000, 1_000_000)
PARAMS = read_params(Path(__file__).parents[1])
WARM_ROWS = 1_000
"""Fitted before the clock starts: the first fit also loads what scikit-learn loads late."""

Measured = dict[str, float]
"""rows, seconds, cpu (seconds of processor time) and peak_mb of the process."""


def run_stages(folder: Path) -> Iterator[tuple[str, int, Measured]]:
    """Run every stage for every size, each in a fresh process; yield what it took.

    Call it early: a process counts the peak memory of the one that started it as its own.
    """
    for size in SIZES:
        for stage in STAGES:
            command = [sys.executable, __file__, stage, str(size), str(folder)]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.returncode:
                raise SystemExit(f"{stage} of {size} rows failed:\n{answer.stderr}")
            yield stage, size, json.loads(answer.stdout)


def _write(folder: Path, size: int) -> Measured:
    return _measure(lambda: write_sample(_raw(folder, size), size, seed=0), size)


def _read(folder: Path, size: int) -> Measured:
    return _measure(lambda: read_listings(_raw(folder, size)), size)


def _check(folder: Path, size: int) -> Measured:
    raw = read_listings(_raw(folder, size))
    done: list[Cleaned] = []

    def clean_and_check() -> None:
        done.append(clean(raw))
        check(done[0], PARAMS.quality, None)

    measured = _measure(clean_and_check, size)
    done[0].kept.to_parquet(_clean(folder, size))
    return measured


def _train(folder: Path, size: int) -> Measured:
    clean = pd.read_parquet(_clean(folder, size))
    fit(clean[:WARM_ROWS], PARAMS.model)
    models = []
    measured = _measure(lambda: models.append(fit(clean, PARAMS.model)), len(clean))
    sio.dump(models[0], _model(folder, size))
    return measured


def _estimate(folder: Path, size: int) -> Measured:
    clean = pd.read_parquet(_clean(folder, size))[list(FEATURES)]
    pipeline = open_pipeline(_model(folder, size), "the model")
    pipeline.predict(clean[:WARM_ROWS])
    return _measure(lambda: pipeline.predict(clean), len(clean))


def _measure(work: Callable[[], object], rows: int) -> Measured:
    started, processor = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - started, time.process_time() - processor
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"rows": rows, "seconds": seconds, "cpu": cpu, "peak_mb": peak}


def _raw(folder: Path, size: int) -> Path:
    return folder / f"{size}.csv"


def _clean(folder: Path, size: int) -> Path:
    return folder / f"{size}.parquet"


def _model(folder: Path, size: int) -> Path:
    return folder / f"{size}.skops"


STAGES = {
    "write": _write,
    "read": _read,
    "check and clean": _check,
    "train": _train,
    "estimate": _estimate,
}

if __name__ == "__main__":
    print(json.dumps(STAGES[sys.argv[1]](Path(sys.argv[3]), int(sys.argv[2]))))
