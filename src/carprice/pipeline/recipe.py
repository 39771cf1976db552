"""What decides how a version prices, beside the listings that it learns from."""

import hashlib
import json
from collections.abc import Mapping

import yaml
from pydantic import ValidationError

from carprice.errors import ConfigurationError
from carprice.market.chosen import MARKET
from carprice.market.fields import THIS_YEAR
from carprice.params import Params
from carprice.pricing.estimators import read_model_params
from carprice.pricing.space import read_space
from carprice.promotion.receipt import hash_code
from carprice.registry.client import find_libraries
from carprice.registry.records import Run
from carprice.settings import explain
from carprice.workspace import Workspace

SECTION = "search/params.yaml"
"""Artifact of a search: its result, as a section of params.yaml."""
OF_SEARCH = "of_search"
"""Tag of a run that trains with the result of a search: the id of the search's run."""


def choose_params(work: Workspace, run: Run) -> Params:
    """The params of a run: those of params.yaml, or with the section that a search came to."""
    search = run.tags.get(OF_SEARCH)
    if not search:
        return work.params
    section = yaml.safe_load(work.registry.read_text(search, SECTION))["model"]
    try:
        model = read_model_params(section)
    except ValidationError as error:
        raise ConfigurationError(explain(error, f"{SECTION} of search {search}")) from error
    return work.params.model_copy(update={"model": model})


def hash_recipe(params: Params) -> str:
    """SHA-256 of code, libraries, market, year and parameters of a fit: trained again by the same
    ones, the same listings give the same prices.

    Thresholds of gate and validation are none of it: they change no price.
    """
    return _hash(params, {"model": params.model.model_dump()})


def hash_search(params: Params, data_hash: str) -> str:
    """SHA-256 of all that decides what a search finds: listings, space, and what stays the same
    in all trials.
    """
    space = read_space(params.model)
    fixed = params.model.model_dump(exclude=set(space))
    ranges = {name: (each.low, each.high, each.log) for name, each in space.items()}
    return _hash(params, {"data": data_hash, "space": ranges, "model": fixed})


def _hash(params: Params, decided: Mapping[str, object]) -> str:
    told = {
        "code": hash_code(),
        "libraries": find_libraries(),
        "market": MARKET.code,
        "year": THIS_YEAR,  # ages are counted from it
        "split": params.split.model_dump(),
        **decided,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
