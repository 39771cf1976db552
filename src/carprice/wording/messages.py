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
    "Untrusted types found in the file:": "types du fichier :",
    r"Where it is a model of your own and they run no code when it is opened, add them to HOLDS of "
    r"its estimator, a class in (\S+pricing)": (
        "Si le modèle est de vous et qu'ils n'exécutent rien à l'ouverture, ajoutez-les à HOLDS de "
        "son estimateur, une classe de {}"
    ),
    " cannot be read:": " ne peut pas être lue :",
    r" has a description that cannot be read:": " a une description qui ne peut pas être lue :",
    r" has no files any more where they were registered": (
        " n'a plus de fichiers là où ils étaient enregistrés"
    ),
    r" was changed while it was read": " a changé pendant sa lecture",
    r" is not opened: ": " n'est pas ouverte : ",
    r"it has ([\d,]+) (\w[\w ]*), and at most ([\d,]+) are admitted": (
        "{} {}, alors que {} au plus sont admis"
    ),
    "unpacked bytes for a packed one": "octets déballés pour un emballé",
    "unpacked bytes": "octets déballés",
    "bytes of files": "octets de fichiers",
    "bytes of schema": "octets de schéma",
    r"(\d) members": "{} éléments",
    r"(\d) files": "{} fichiers",
    "it has two members of one name": "elle a deux éléments de même nom",
    r"it holds (\S+), which is no array": "elle contient {}, qui n'est pas un tableau",
    r"it holds an array of ([\d,]+) bytes in ([\d,]+)": (
        "elle contient un tableau de {} octets en {}"
    ),
    r"it was not open within (\d+) seconds": "elle n'était pas ouverte en {} secondes",
    r"the process that tried it was ended with (-?\d+) ": (
        "le processus qui l'essayait a fini par {} "
    ),
    r"it takes more than (\d+) seconds of a processor": "elle prend plus de {} s de processeur",
    r"it takes more than (\d+) MB of memory": "elle prend plus de {} Mo de mémoire",
    r"it estimates no car:": "elle n'estime aucune voiture :",
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
