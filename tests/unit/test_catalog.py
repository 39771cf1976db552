"""The names that a form offers."""

import pandas as pd

from carprice.insight.catalog import Catalog

LISTINGS = pd.DataFrame(
    {
        "make": ["Dacia", "DACIA", "Dacia", "Citroën", "Kia", None, "BMW"],
        "model": ["Logan", "logan", "Logan", "C3", None, "Clio", "X5"],
        "model_year": [2015.0, 2018.0, 2015.0, 2020.0, 2019.0, 2011.0, float("nan")],
    }
).astype({"make": "str", "model": "str"})


def test_names_stand_in_their_most_common_spelling_and_in_order() -> None:
    catalog = Catalog.from_listings(LISTINGS)
    assert dict(catalog.names) == {"BMW": ("X5",), "Citroën": ("C3",), "Dacia": ("Logan",)}


def test_years_are_those_in_which_a_model_was_seen_the_newest_first() -> None:
    catalog = Catalog.from_listings(LISTINGS)
    assert catalog.years_of("dacia", "LOGAN") == (2018, 2015)
    assert catalog.years_of("BMW", "X5") == ()
    assert catalog.years_of("Dacia", "Zyx") == ()


def test_a_make_is_found_however_it_is_spelt() -> None:
    catalog = Catalog.from_listings(LISTINGS)
    assert catalog.models_of("citroen") == ("C3",)
    assert catalog.models_of("Zyx") == ()
    assert catalog.models_of("") == ()
