"""Remarks on an estimate, in each language."""

from carprice.language import Language, Text
from carprice.market.listing import HOME
from carprice.market.problems import Problem, ProblemKind
from carprice.wording.spell import label, limits

ADDED = (
    Text("prix_estime", "estimated_price"),
    Text("prix_bas", "low_price"),
    Text("prix_haut", "high_price"),
    Text("prix_bas_large", "wide_low_price"),
    Text("prix_haut_large", "wide_high_price"),
    Text("remarque", "remark"),
)
COLUMNS = tuple(each.say(HOME) for each in ADDED)
"""What is added to a file of cars, in this order."""

BETWEEN = Text("entre {low} et {high}", "between {low} and {high}")
WIDELY = Text("au plus large, entre {low} et {high}", "at the widest, between {low} and {high}")

UNKNOWN_MAKE = Text("marque jamais vue : fourchette élargie", "make never seen: the range is wider")
UNKNOWN_MODEL = Text(
    "modèle jamais vu pour cette marque : fourchette élargie",
    "model never seen for this make: the range is wider",
)
RARE_MODEL = Text(
    "modèle rare : moins de {least} annonces connues",
    "rare model: fewer than {least} known adverts",
)
NOT_ESTIMATED = Text(
    "pas d'estimation : trop peu de renseignements ({given} sur {needed}, il en faut {least})",
    "no estimate: too little is known ({given} of {needed}, {least} are needed)",
)
MISSING = Text("non renseigné : {labels}", "not given: {labels}")
PROBLEMS = {
    ProblemKind.UNREADABLE: Text(
        "{label} illisible : valeur ignorée", "{label} cannot be read: ignored"
    ),
    ProblemKind.OUT_OF_RANGE: Text(
        "{label} hors limites ({limits}) : valeur ignorée",
        "{label} out of range ({limits}): ignored",
    ),
    ProblemKind.IN_THOUSANDS: Text(
        "kilométrage lu en milliers de km", "kilometres read as thousands of km"
    ),
    ProblemKind.PLACEHOLDER: Text(
        "kilométrage invraisemblable pour cet âge : valeur ignorée",
        "kilometres not plausible at this age: ignored",
    ),
}


def describe_problem(problem: Problem, language: Language = HOME) -> str:
    """The sentence for a problem with a feature of a car."""
    return PROBLEMS[problem.kind].say(
        language, label=label(problem.field, language), limits=limits(problem.field, language)
    )


SIMULATED_WARNING = (
    "These listings are simulated: the figures compare models with each other "
    "and say nothing about accuracy on real adverts."
)
