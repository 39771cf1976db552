from itertools import islice
from statistics import fmean

import numpy as np
import pandas as pd
import pytest

from carprice.params import Params
from carprice.pricing.search import Folds, begin
from carprice.pricing.space import FOLDS, Range, Tried, read_space

SPACE = {"penalty": Range(0.05, 5, log=True), "depth": Range(2, 9)}


def tried(number: int, *errors: float, penalty: float = 1.0) -> Tried:
    return Tried(number, {"penalty": penalty, "depth": 3}, errors, ended=True)


def test_the_values_in_force_lie_in_the_space_and_widen_it_where_they_must(params: Params) -> None:
    space = read_space(params.model)
    assert space == {"penalty": Range(0.05, 5, log=True), "tail": Range(0.05, 1, log=True)}
    wide = read_space(params.model.model_copy(update={"penalty": 12.0}))
    assert wide == {**space, "penalty": Range(0.05, 12.0, log=True)}


def test_each_fold_is_priced_by_curves_that_have_not_seen_its_cars(
    known: pd.DataFrame, params: Params
) -> None:
    twice = pd.concat([known, known.assign(mileage_km=known["mileage_km"] + 1)], ignore_index=True)
    once, doubled = (
        fmean(Folds.of(each, params.model).measure(params.model)) for each in (known, twice)
    )
    assert doubled == pytest.approx(once, abs=0.5), "a copy of each car would be known by heart"
    rigid = params.model.model_copy(update={"penalty": 500.0})
    assert fmean(Folds.of(known, params.model).measure(rigid)) > once + 1


def test_a_trial_is_given_up_once_it_is_worse_than_half_of_the_others() -> None:
    folds = np.array([5.0, 9.0, 5.0, 7.0, 6.0])  # not equally hard
    others = [tried(number, *(folds + number / 10)) for number in range(7)]
    hopes = begin(SPACE, others, 7, {"penalty": 1.0, "depth": 3})
    worse, better = folds + 0.5, folds + 0.1
    assert [hopes.is_hopeless(worse[:count]) for count in (1, 2)] == [False, True]
    hopes = begin(SPACE, others, 8, {"penalty": 1.0, "depth": 3})
    assert not any(hopes.is_hopeless(better[: count + 1]) for count in range(FOLDS))


def test_what_is_chosen_comes_near_to_what_is_best_beside_trials_of_every_state() -> None:
    state = [
        Tried(0, {"penalty": 3.0, "depth": 8}, [9.0] * FOLDS, ended=True),
        Tried(1, {"penalty": 0.1, "depth": 2}, [20.0, 20.0], ended=True),
        Tried(2, {"penalty": 1.0, "depth": 5}, [9.5], ended=False),
        Tried(3, {}, [], ended=False),
    ]
    assert (state[0].is_whole, state[1].is_pruned, state[2].is_pruned) == (True, True, False)
    for number in range(4, 40):
        chosen = begin(SPACE, state, number, {}).params
        error = 8 + abs(np.log(chosen["penalty"] / 0.4)) + abs(chosen["depth"] - 4)
        state.append(Tried(number, chosen, [error] * FOLDS, ended=True))
    best = min(islice(state, 4, None), key=lambda each: each.error).params
    assert best["depth"] == 4
    assert best["penalty"] == pytest.approx(0.4, rel=0.5)
    assert best["penalty"] == float(f"{best['penalty']:.3g}"), "as it will be printed"
