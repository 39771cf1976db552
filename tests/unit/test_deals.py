"""Good deals: ranks, what is set apart, stocks."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.listings.reading import Upload
from carprice.pricing.price_model import PriceModel
from carprice.pricing.rank import PriceErrors
from carprice.progress import be_silent
from carprice.serving.deals import Advert, Deals, Wish, explain, rank_bounded, write_deals

FOLDS, MODELS = np.repeat(np.arange(5), 200), np.tile(np.arange(1, 41), 25).astype(float)


def draw_errors(shared: float, seed: int) -> PriceErrors:
    """Of normal errors of which cars of one model, held out together, share a part."""
    random = np.random.default_rng(seed)
    common = random.normal(size=(5, 41))[FOLDS, MODELS.astype(int)]
    ratios = np.sqrt(shared) * common + np.sqrt(1 - shared) * random.normal(size=1_000)
    return PriceErrors.measure(ratios, MODELS, FOLDS)


def test_a_rank_is_the_share_of_errors_as_low_on_its_own_side_of_the_estimate() -> None:
    errors = PriceErrors(np.linspace(-2, 2, 201), 0.0)
    estimates = np.array([[100, 80, 200.0]] * 4 + [[np.nan] * 3])
    ranks = errors.rank(np.array([80, 100, 200, 1, 90.0]), estimates)
    assert ranks[:4] == pytest.approx([0.25, 0.5, 0.75, 0])
    assert np.isnan(ranks[4])


def test_what_cars_of_one_model_share_is_found_and_widens_the_range_of_their_sum() -> None:
    found = [np.mean([draw_errors(each, seed).shared for seed in range(9)]) for each in (0.0, 0.3)]
    assert found == pytest.approx([0.01, 0.3], abs=0.05)
    estimates = np.tile([100.0, 85, 118], (50, 1))
    errors = draw_errors(0.3, 1)
    alike, apart = (
        errors.sum_up(estimates, models, 0.8) for models in (np.zeros(50, int), np.arange(50))
    )
    assert alike.high - alike.low > 2 * (apart.high - apart.low)
    assert apart.low < 5_000 < apart.high


def test_a_model_without_names_or_cars_alike_shares_nothing() -> None:
    assert PriceErrors.measure(np.arange(9.0), np.zeros(9), np.zeros(9, int)).shared == 0


@pytest.fixture(scope="module")
def deals(pipeline: Pipeline, unseen: pd.DataFrame) -> Deals:
    """Of drawn adverts, all of them twice but for a few kilometres, and one typed wrong."""
    adverts = unseen.drop(columns="simulated", errors="ignore").head(400)
    adverts = adverts.drop(columns="link")
    wrong = adverts.iloc[[0]].assign(price_mad=10_000.0)
    near = adverts.assign(mileage_km=adverts["mileage_km"] + 7)
    text = io.StringIO()
    pd.concat([adverts, near, wrong]).to_csv(text, index=False)
    upload = Upload("drawn.csv", text.getvalue().encode())
    return rank_bounded(PriceModel(pipeline), upload, be_silent)


def test_each_advert_is_a_deal_set_apart_or_neither_for_one_reason(deals: Deals) -> None:
    counts = deals.set_apart["aside"].value_counts()
    assert len(deals.table) == 801
    assert counts["near_copy"] > 300
    assert deals.table.loc[801, "aside"] == "too_low"
    every = deals.choose(Wish(rarest=1))
    assert not every.index.intersection(deals.set_apart.index).size
    assert (every["asked"] < every["price"]).all()
    assert every["rank"].is_monotonic_increasing


def test_wishes_leave_out_and_put_in_order(deals: Deals) -> None:
    every = deals.choose(Wish(rarest=1))
    assert (deals.choose(Wish(rarest=0.1))["rank"] <= 0.1).all()
    most = deals.choose(Wish(rarest=1, by_saving=True))
    assert sorted(most.index) == sorted(every.index)
    assert most["saved"].is_monotonic_decreasing
    made = every["make"].iloc[0]
    some = deals.choose(Wish(make=made.upper(), least_saved=5_000, rarest=1))
    assert set(some["make"]) == {made}
    assert some["saved"].min() >= 5_000


def test_a_deal_says_why_in_both_languages_and_in_the_list(deals: Deals) -> None:
    deal = Advert(
        7, "Dacia", None, 2018.0, None, "=1+1", 80_000.0, 100_000.0, 9e4, 1.1e5, 0.023, 2e4, 3.0,
        "", "",
    )  # fmt: skip
    assert explain(deal, "en") == [
        "3 adverts in 100 for cars like this one are as low",
        "20\u202f000\u00a0DH less than the estimate (20 %)",
        "rare model: fewer than 5 known adverts",
    ]
    assert explain(deal._replace(rank=0.001, seen=None))[0].startswith("1 annonce sur 100")
    assert len(explain(deal._replace(rank=None))) == 2
    table = pd.DataFrame([deal]).set_index("row")
    header, row, *_ = write_deals(table).decode("utf-8-sig").splitlines()
    assert header.startswith("ligne;marque;modele;")
    assert row.startswith("7;Dacia;;2018;;80000;100000;")
    assert row.endswith(";'=1+1")
