"""What decides how a version prices, beside the listings that it learns from."""

import hashlib
import json

from carprice.market.chosen import MARKET
from carprice.market.fields import THIS_YEAR
from carprice.params import Params
from carprice.promotion.receipt import hash_code
from carprice.registry.client import find_libraries


def hash_recipe(params: Params) -> str:
    """SHA-256 of code, libraries, market, year and parameters of a fit: trained again by the same
    ones, the same listings give the same prices.

    Thresholds of gate and validation are none of it: they change no price.
    """
    told = {
        "code": hash_code(),
        "libraries": find_libraries(),
        "market": MARKET.code,
        "year": THIS_YEAR,  # ages are counted from it
        "model": params.model.model_dump(),
        "split": params.split.model_dump(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
