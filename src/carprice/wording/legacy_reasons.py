"""French of reasons stored as English sentences by earlier releases.

For versions and receipts already stored alone: reasons are now stored as codes with figures. This
module may go once no registry in use holds a version that release 0.1.0 evaluated.
"""

import re

from carprice.wording.messages import MESSAGES, translate

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


def say_legacy(english: str) -> str:
    """The French of one sentence, or of several joined in a tag."""
    return re.sub(r"(?<=\d)\.(?=\d)", ",", translate(english, REASONS | MESSAGES))
