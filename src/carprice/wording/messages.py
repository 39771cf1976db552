"""French of error messages about stored models, quoted by reasons."""

import re
from collections.abc import Mapping
from functools import partial

MESSAGES = {
    r"CarPricePredictor version (\d+)": "la version {}",
    r" has no file hashes: it was not registered by this pipeline and is not opened\. "
    r"Train it with (\S+ run`) or (\S+ train`)": (
        " n'a pas d'empreintes de fichiers : elle n'a pas été enregistrée par ce pipeline et n'est "
        "pas ouverte. Entraînez-la par {} ou {}"
    ),
    r" has another signature than this release of carprice expects\. Train again with this "
    r"release, or go back to the release that made it": (
        " a une autre signature que celle qu'attend cette édition de carprice. Entraînez de "
        "nouveau avec cette édition, ou revenez à celle qui l'a faite"
    ),
    r" is not what was registered and is not opened \(": (
        " n'est pas ce qui a été enregistré et n'est pas ouverte ("
    ),
    r": found (no such file|\w+), registered (no such file|\w+)": " : trouvé {}, enregistré {}",
    "no such file": "aucun fichier",
    "Roll back to an intact version, or train again": (
        "Revenez à une version intacte, ou entraînez de nouveau"
    ),
    " holds types that are not trusted:": " contient des types qui ne sont pas admis :",
    " cannot be read:": " ne peut pas être lue :",
    r" holds a (\S+); a scikit-learn Pipeline was expected": (
        " contient un objet {} ; un Pipeline de scikit-learn était attendu"
    ),
}


def translate(english: str, sentences: Mapping[str, str] = MESSAGES) -> str:
    """The French of a text; parts without a pattern stay as they are.

    sentences: pattern of the English to its French, with the same figures in the same order.
    """
    for pattern, french in sentences.items():
        english = re.sub(pattern, partial(_put_figures, french), english)
    return re.sub(r"(?<! ); ", " ; ", english)


def _put_figures(french: str, found: re.Match[str]) -> str:
    return french.format(*found.groups())
