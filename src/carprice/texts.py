"""Every French sentence that an estimate carries; field labels come from `listing.py`."""

from carprice.listing import BY_NAME

COLUMNS = ("prix_estime", "prix_bas", "prix_haut", "remarque")
"""What is added to a file of cars, in this order."""

UNKNOWN_MAKE = "marque jamais vue : fourchette élargie"
UNKNOWN_MODEL = "modèle jamais vu pour cette marque : fourchette élargie"
RARE_MODEL = "modèle rare : moins de {least} annonces connues"
NOT_ESTIMATED = (
    "pas d'estimation : trop peu de renseignements ({given} sur {needed}, il en faut {least})"
)
MALFORMED = "pas d'estimation : {found} cellules au lieu de {expected}"
MISSING = "non renseigné : {labels}"

CORRECTIONS = {
    "mileage_km_in_thousands": "kilométrage lu en milliers de km",
    "mileage_km_placeholder": "kilométrage invraisemblable pour cet âge : ignoré",
}
PROBLEM_ENDINGS = {
    "_unreadable": "{label} illisible : ignoré",
    "_out_of_range": "{label} hors limites : ignoré",
}


def describe_problem(code: str) -> str:
    """The sentence for a problem code of `cleaning.Parsed`."""
    if code in CORRECTIONS:
        return CORRECTIONS[code]
    for ending, sentence in PROBLEM_ENDINGS.items():
        if code.endswith(ending):
            return sentence.format(label=label(code.removesuffix(ending)))
    raise KeyError(code)


def label(name: str) -> str:
    return BY_NAME[name].label.lower()
