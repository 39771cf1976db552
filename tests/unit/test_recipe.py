import pytest

from carprice.params import Params
from carprice.pipeline import recipe
from carprice.pipeline.recipe import hash_recipe, hash_search


def test_a_recipe_is_another_where_anything_of_it_decides_other_prices(
    params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hash_recipe(params)
    gate = params.gate.model_copy(update={"min_holdout_rows": 7})
    assert hash_recipe(params.model_copy(update={"gate": gate})) == before
    for section, changed in (("model", {"seed": 7}), ("split", {"holdout_share": 0.3})):
        part = getattr(params, section).model_copy(update=changed)
        assert hash_recipe(params.model_copy(update={section: part})) != before
    for name, value in (("hash_code", lambda: "other"), ("find_libraries", dict), ("THIS_YEAR", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(recipe, name, value)
            assert hash_recipe(params) != before


def test_a_search_stays_the_same_whatever_value_of_its_space_is_in_force(params: Params) -> None:
    def of(**changed: float) -> Params:
        return params.model_copy(update={"model": params.model.model_copy(update=changed)})

    before = hash_search(params, "one table")
    assert hash_search(of(penalty=1.5, tail=0.3), "one table") == before
    assert hash_search(of(seed=7), "one table") != before, "the folds are others"
    assert hash_search(of(penalty=50.0), "one table") != before, "the space is wider"
    assert hash_search(params, "another table") != before
