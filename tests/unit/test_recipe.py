import pytest

from carprice.params import Params
from carprice.pipeline import recipe
from carprice.pipeline.recipe import hash_recipe


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
