"""A peer of carprice on its folds, in an environment of its own: `peers.py NAME FOLDER`.

Reads listings.parquet: clean fields, price_mad, fold and car. Writes NAME.parquet, the price of
each listing by a model that has not seen its fold. What is chosen is chosen anew for each fold, by
the others alone. Last it writes NAME.json: median seconds of a fold's training, milliseconds of one
estimate, rows a second of many, megabytes of the stored model.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import optuna
import pandas as pd
from autogluon.tabular import TabularPredictor
from catboost import CatBoostRegressor
from lightgbm import LGBMRegressor
from sklearn.model_selection import GroupKFold

NOT_CARS = ["price_mad", "fold", "car"]
TRIALS = {"lightgbm": 30, "catboost": 6}
INNER_FOLDS = 3
AUTOGLUON_SECONDS = 600
AUTOGLUON_FOLDS = 8
CORES = 1
"""For each peer, whatever the machine has: the same seconds mean the same."""
ONE_ROW_TRIES = 50
BULK_ROWS = 50_000

Params = Mapping[str, float | str]


class Learnt(NamedTuple):
    """A fitted peer: predict(cars) -> log prices; save(path) stores it."""

    predict: Callable[[pd.DataFrame], np.ndarray]
    save: Callable[[Path], object]


class Tuned(NamedTuple):
    """A peer whose parameters are searched: space(trial) -> one try; fit(cars, target, try)."""

    space: Callable[[optuna.Trial], Params]
    fit: Callable[[pd.DataFrame, pd.Series, Params], Learnt]


def space_of_lightgbm(trial: optuna.Trial) -> Params:
    return {
        "n_estimators": trial.suggest_int("n_estimators", 200, 1500, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 8, 64, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 50, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1),
        "subsample": trial.suggest_float("subsample", 0.5, 1),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.01, 30, log=True),
        "cat_smooth": trial.suggest_float("cat_smooth", 1, 50, log=True),
        "objective": trial.suggest_categorical("objective", ["l1", "l2", "huber"]),
    }


def fit_lightgbm(cars: pd.DataFrame, target: pd.Series, params: Params) -> Learnt:
    fixed = {"subsample_freq": 1, "n_jobs": CORES, "verbose": -1, "random_state": 0}
    model = LGBMRegressor(**params, **fixed).fit(cars, target)
    return Learnt(model.predict, model.booster_.save_model)


def space_of_catboost(trial: optuna.Trial) -> Params:
    return {
        "iterations": trial.suggest_int("iterations", 300, 1200, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "depth": trial.suggest_int("depth", 4, 8),
        "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 0.3, 30, log=True),
        "random_strength": trial.suggest_float("random_strength", 0.1, 10, log=True),
        "loss_function": trial.suggest_categorical("loss_function", ["MAE", "RMSE"]),
    }


def fit_catboost(cars: pd.DataFrame, target: pd.Series, params: Params) -> Learnt:
    textual = [*cars.select_dtypes("category")]

    def read(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{name: table[name].astype(object).fillna("") for name in textual})

    fixed = {"thread_count": CORES, "verbose": False, "allow_writing_files": False}
    model = CatBoostRegressor(**params, **fixed, cat_features=textual, random_seed=0)
    model.fit(read(cars), target)
    return Learnt(lambda table: model.predict(read(table)), model.save_model)


TUNED = {
    "lightgbm": Tuned(space_of_lightgbm, fit_lightgbm),
    "catboost": Tuned(space_of_catboost, fit_catboost),
}


def train_tuned(name: str, known: pd.DataFrame, _: Path) -> Learnt:
    """The best of some tries by cross-validation over cars, fitted on all that is known."""
    space, fit = TUNED[name]
    cars, target = known.drop(columns=NOT_CARS), np.log(known["price_mad"])
    parts = [*GroupKFold(INNER_FOLDS).split(cars, groups=known["car"])]

    def measure(trial: optuna.Trial) -> float:
        params = space(trial)
        errors = []
        for train, test in parts:
            guess = fit(cars.iloc[train], target.iloc[train], params).predict(cars.iloc[test])
            errors.append(np.median(np.abs(np.expm1(guess - target.iloc[test]))))
        return float(np.mean(errors))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(measure, TRIALS[name])
    return fit(cars, target, study.best_params)


def train_autogluon(_: str, known: pd.DataFrame, folder: Path) -> Learnt:
    """AutoGluon's best in ten minutes; its own folds split no car either."""
    inner = known["car"].rank(method="dense").astype(int) % AUTOGLUON_FOLDS
    table = known.drop(columns=NOT_CARS).assign(
        log_price=np.log(known["price_mad"]), inner=inner.to_numpy()
    )
    predictor = TabularPredictor(
        "log_price", eval_metric="mean_absolute_error", groups="inner", verbosity=0, path=folder
    ).fit(
        table, presets="best_quality", time_limit=AUTOGLUON_SECONDS, num_cpus=CORES,
        dynamic_stacking=False,
    )  # fmt: skip
    return Learnt(
        lambda cars: predictor.predict(cars).to_numpy(),
        lambda path: predictor.clone_for_deployment(str(path)),
    )


def main(name: str, folder: Path) -> None:
    train = train_autogluon if name == "autogluon" else train_tuned
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    listings = pd.read_parquet(folder / "listings.parquet")
    cars, seconds, prices = listings.drop(columns=NOT_CARS), [], []
    for fold, rows in listings.groupby("fold").groups.items():
        print(f"{name}: fold {fold} …", file=sys.stderr, flush=True)
        started = time.perf_counter()
        learnt = train(name, listings.drop(index=rows), folder / f"{name}-{fold}")
        seconds.append(time.perf_counter() - started)
        prices.append(pd.Series(np.exp(learnt.predict(cars.loc[rows])), rows))
    pd.concat(prices).sort_index().to_frame("price_mad").to_parquet(folder / f"{name}.parquet")
    found = {"training_seconds": float(np.median(seconds))}
    (folder / f"{name}.json").write_text(json.dumps(found | measure(name, learnt, cars, folder)))


def measure(name: str, learnt: Learnt, cars: pd.DataFrame, folder: Path) -> dict[str, float]:
    many = cars.sample(BULK_ROWS, replace=True, random_state=0, ignore_index=True)
    path = folder / f"{name}-stored"
    learnt.save(path)
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return {
        "one_row_ms": 1e3 * float(np.median([*clock(learnt, [cars[:1]] * ONE_ROW_TRIES)])),
        "bulk_rows_per_second": BULK_ROWS / min(clock(learnt, [many] * 2)),
        "file_mb": sum(each.stat().st_size for each in files) / 1e6,
    }


def clock(learnt: Learnt, tables: list[pd.DataFrame]) -> Iterator[float]:
    """Seconds that each table takes."""
    for table in tables:
        started = time.perf_counter()
        learnt.predict(table)
        yield time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
