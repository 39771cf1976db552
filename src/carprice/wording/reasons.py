"""The reasons of gate and validation, and the slices of an evaluation, in words."""

import re
from functools import partial

from carprice.language import Language, Text
from carprice.wording.spell import number, word_choice

REASONS = {
    r"([+-]\S+) points against version (\d+), worse beyond noise "
    r"\(90 % interval (\S+) to (\S+)\)": (
        "{} point face à la version {}, pire au-delà du hasard (intervalle à 90 % : de {} à {})"
    ),
    r"([+-]\S+) points against the champion on the same rows \(90 % interval (\S+) to (\S+)\); "
    r"a worsening of (\S+) points would have been noticed 8 times in 10": (
        "{} point face à la production sur les mêmes voitures (intervalle à 90 % : de {} à {}) ; "
        "une dégradation de {} point aurait été remarquée 8 fois sur 10"
    ),
    r": median error ([+-]\S+) points on (\d+) rows; at most (\S+) is tolerated on a large slice": (
        " : erreur médiane {} point sur {} voitures ; au plus {} est toléré sur un grand groupe"
    ),
    r"(\S+) % within 20 %, interval holds (\S+) % on (\d+) held-out rows": (
        "{} % à moins de 20 % du prix, la fourchette contient {} % des prix, sur {} voitures "
        "mises de côté"
    ),
    r"(\d+) held-out rows; at least (\d+) are needed": (
        "{} voitures mises de côté ; il en faut au moins {}"
    ),
    r"(\S+) %; at most (\S+) % is allowed": "{} % ; au plus {} % sont admis",
    r"(\S+) % of estimates within 20 % of the price; at least (\S+) % are needed": (
        "{} % des estimations à moins de 20 % du prix ; il en faut au moins {} %"
    ),
    r"the interval holds (\S+) % of prices; at least (\S+) % are needed": (
        "la fourchette contient {} % des prix ; il en faut au moins {} %"
    ),
    r"it gives the same (\d+) prices as version (\d+)": (
        "elle donne les mêmes {} prix que la version {}"
    ),
    r"it was trained on simulated listings, version (\d+) on real ones": (
        "elle a appris d'annonces simulées, la version {} d'annonces réelles"
    ),
    "there is no model in production to compare with": (
        "aucun modèle en production à qui la comparer"
    ),
    "the champion cannot be compared with:": "la version en production ne peut être comparée :",
    r"CarPricePredictor version (\d+)": "la version {}",
    r" has no file hashes: it was not registered by this pipeline and is not opened\. "
    r"Train it with (\S+ run`) or (\S+ train`)": (
        " n'a pas d'empreintes de fichiers : elle n'a pas été enregistrée par ce pipeline et n'est "
        "pas ouverte. Entraînez-la par {} ou {}"
    ),
    r" has another signature than this release of carprice expects\. Train again with this "
    "release, or go back to the release that made it": (
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
    " is not fit for production:": " n'est pas prête pour la production :",
    r" could not be validated; its process ended with (-?\d+):": (
        " n'a pas pu être validée ; son processus s'est terminé par le code {} :"
    ),
    r"(\S+) % of steps to a newer car or fewer kilometres lower the price; "
    r"at most (\S+) % are allowed": (
        "{} % des pas vers une voiture plus récente ou moins de kilomètres baissent le prix ; "
        "au plus {} % sont admis"
    ),
    r"one estimate takes (\S+) ms; at most (\S+) ms is allowed": (
        "une estimation prend {} ms ; au plus {} ms sont admis"
    ),
    r" at (\S+) DH with (.+?) left open; by what that could be, between (\S+) and (\S+) DH": (
        " à {} DH avec {} laissé ouvert ; selon ce que cela peut être, entre {} et {} DH"
    ),
    r" at (\S+) DH; between (\S+) and (\S+) DH was expected": (
        " à {} DH ; un prix entre {} et {} DH était attendu"
    ),
    "an estimate is not a positive number": "une estimation n'est pas un nombre positif",
    "an estimate lies outside its own interval": "une estimation sort de sa propre fourchette",
    "every golden car gets the same price": "toutes les voitures témoins ont le même prix",
    r"(?<=\d),(?=\d{3})": "\u202f",
    "median error": "erreur médiane",
    " and more :": " et plus :",
    r"\bmake (?=[^;]+ : erreur)": "marque ",
    r"\bfuel (?=[^;]+ : erreur)": "carburant ",
    r"\bprice (?=[^;]+ : erreur)": "prix ",
    r"\byear (?=[^;]+ : erreur)": "année ",
}
"""What gate and validation put on record in English, and its French; figures come in the same
order."""
SLICE_BELOW = Text("moins de {high}", "under {high}")
SLICE_ABOVE = Text("{low} et plus", "{low} and more")


def say_reasons(reasons: str, language: Language = "fr") -> str:
    """Reasons of the gate as they stand on record."""
    if language == "en":
        return reasons
    for english, french in REASONS.items():
        reasons = re.sub(english, partial(_put_figures, french), reasons)
    reasons = re.sub(r"(?<! ); ", " ; ", reasons)
    return re.sub(r"(?<=\d)\.(?=\d)", ",", reasons)


def _put_figures(french: str, found: re.Match[str]) -> str:
    return french.format(*found.groups())


def name_slice(family: str, name: str, language: Language = "fr") -> str:
    """A slice of an evaluation: a choice by its wording, a band by its ends."""
    if family == "fuel":
        return word_choice("fuel", name, language)
    ends = [int(each) for each in re.findall(r"\d+", name)]
    spell = number if family == "price" else str
    if len(ends) == 1:
        return SLICE_ABOVE.say(language, low=spell(ends[0]))
    if not ends[0]:
        return SLICE_BELOW.say(language, high=spell(ends[1] + 1))
    return f"{spell(ends[0])} – {spell(ends[1])}"
