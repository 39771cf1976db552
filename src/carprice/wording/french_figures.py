"""Figures and texts of a reason as a French sentence has them."""

from collections.abc import Callable, Mapping

from carprice.market.listing import FEATURES, VERSIONS
from carprice.wording.legacy_reasons import say_legacy
from carprice.wording.messages import translate
from carprice.wording.spell import THIN_SPACE, capital, label

FAMILIES = {
    **{name: label(name, "fr") for name in VERSIONS},
    "make": "marque",
    "model": "modèle",
    "fuel": "carburant",
    "price": "prix",
    "year": "année",
    "estimate": "prix estimé",
    "adverts": "annonces de son modèle",
    "missing": "sans",
}
LABELS = {name: label(name, "fr") for name in FEATURES}
KINDS = {
    "unreadable": "illisible",
    "out_of_range": "hors limites",
    "placeholder": "fictif",
    "in_thousands": "en milliers",
}
TEXTS_IN_FRENCH: Mapping[str, Callable[[str], str]] = {
    "family": lambda name: FAMILIES.get(name, name),
    "slice": lambda name: LABELS.get(name, name).replace(" and more", " et plus"),
    "names": lambda names: names.replace(" and more", " et plus"),
    "field": lambda name: capital(label(name, "fr")),
    "kind": lambda name: KINDS.get(name, name),
    "message": translate,
    "sentence": say_legacy,
}
"""Name of a figure to the French of its English text; other texts are names."""
FRENCH_MARKS = str.maketrans({",": THIN_SPACE, ".": ","})


class _French:
    """A number that formats with French marks."""

    def __init__(self, figure: float) -> None:
        self.figure = figure

    def __format__(self, spec: str) -> str:
        return format(self.figure, spec).translate(FRENCH_MARKS)


def in_french(name: str, figure: float | str) -> object:
    """A figure of a sentence, by its name, so that it formats in French."""
    if not isinstance(figure, str):
        return _French(figure)
    return TEXTS_IN_FRENCH[name](figure) if name in TEXTS_IN_FRENCH else figure
