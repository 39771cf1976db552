"""The market of this process: Morocco, or the module in CARPRICE_MARKET.

It is read here and at import: tables, signature, form and API are all shaped by the fields, and
`settings.py`, which reads all else, is too heavy for what must start fast.
"""

import os
from importlib import import_module

from carprice.errors import ConfigurationError
from carprice.market.definition import Market

VARIABLE = "CARPRICE_MARKET"
MOROCCO = "carprice.market.morocco"


def load_market(module: str) -> Market:
    """The market of a module; raises ConfigurationError without one.

    module: its dotted name, such as `carprice.market.morocco`.
    """
    try:
        market = getattr(import_module(module), "MARKET", None)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{VARIABLE} names no module that can be imported: {module!r} ({error}). Name "
            f"one such as {MOROCCO}."
        ) from error
    if not isinstance(market, Market):
        raise ConfigurationError(
            f"{VARIABLE} names {module!r}, which has no MARKET of the type "
            f"{Market.__name__} (found {type(market).__name__}); see docs/another-market.md."
        )
    return market


MARKET = load_market(os.environ.get(VARIABLE) or MOROCCO)
