"""Sentences of a model card."""

from carprice.language import Text
from carprice.market.chosen import MARKET
from carprice.wording.spell import DESCRIPTION

TITLE = Text("Fiche de la version {number}", "Card of version {number}")
NOT_ON_RECORD = Text("non enregistré", "not on record")
REAL, SIMULATED = Text("réelles", "real"), Text("simulées", "simulated")
ONLY_SIMULATED = Text(
    "Ces annonces sont simulées : les chiffres comparent des modèles entre eux et ne disent rien "
    "de l'exactitude sur de vraies annonces.",
    "These listings are simulated: the figures compare models with each other and say nothing "
    "about accuracy on real adverts.",
)

CAME_IN = Text(
    "**Ce qui est arrivé.** {rows} annonces {kind} exploitables, du fichier {source}. {learnt} "
    "ont servi à l'apprentissage ; {scored} voitures, mises de côté, à la mesure.",
    "**What came in.** {rows} usable {kind} adverts, from the file {source}. {learnt} were trained "
    "on; {scored} cars were held out to measure.",
)
LEARNT = Text(
    "**Ce qui a été appris.** Sur ces voitures jamais vues, l'estimation s'écarte du prix demandé "
    "de {error} % en médiane ; {near} fois sur cent, de 20 % au plus. La fourchette contient le "
    "prix {coverage} fois sur cent.",
    "**What was learnt.** On those cars, never seen, half of all estimates lie within {error} % of "
    "the asking price, and {near} in a hundred within 20 %. The range holds the price {coverage} "
    "times in a hundred.",
)
BESIDE_PLAIN = Text(
    "Le prix médian de la marque et du modèle, sans rien de plus, s'en écarterait de {median} %, "
    "une simple droite de {line} %.",
    "The median price of make and model, and nothing more, would lie {median} % off, a straight "
    "line {line} %.",
)
WORST = Text(
    "C'est sur les voitures de ce groupe que la version se trompe le plus : {name}, {error} % "
    "({rows} voitures).",
    "It is least accurate on this group of cars: {name}, {error} % ({rows} cars).",
)
DECIDED = Text("**Ce qui a été décidé.** {sentence}", "**What was decided.** {sentence}")
TO_DO = Text("**Ce qu'il faut faire.** {sentence}", "**What to do.** {sentence}")

FATES = {
    "production": Text(
        "Mise en production{forced}{when}{who}.", "It went into production{forced}{when}{who}."
    ),
    "withdrawn": Text("Reconnue fausse et retirée.", "It was found to be wrong and withdrawn."),
    "taken_back": Text(
        "Mise en production, puis retirée au profit d'une version antérieure.",
        "It went into production, and was taken back for an earlier version.",
    ),
    "replaced": Text(
        "Mise en production{forced}{when}{who}, puis remplacée par une autre.",
        "It went into production{forced}{when}{who}, and another took its place since.",
    ),
    "invalid": Text(
        "Acceptée par la comparaison, refusée par la validation : elle n'est pas en production.",
        "Accepted by the comparison, refused by the validation: it is not in production.",
    ),
    "held": Text(
        "Retenue : rien ne la condamne, mais une personne doit se prononcer. Elle n'est pas en "
        "production.",
        "Held: nothing condemns it, but a person has to say. It is not in production.",
    ),
    "refused": Text(
        "Refusée par la comparaison : elle n'est pas en production.",
        "Refused by the comparison: it is not in production.",
    ),
    "waiting": Text(
        "Acceptée par la comparaison ; pas encore en production.",
        "Accepted by the comparison; not in production yet.",
    ),
    "unjudged": Text("Rien encore.", "Nothing yet."),
}
"""By fate of a version, `registry.history.Fate`."""
FORCED = Text(" sur décision d'une personne", " by a person's decision")
WHEN, WHO = Text(" le {date}", " on {date}"), Text(" par le compte {who}", " by the account {who}")
ACTIONS = {
    "production": Text(
        'Rien. Si ses prix se révèlent faux : `carprice withdraw {number} --because "…"`.',
        'Nothing. Should its prices turn out wrong: `carprice withdraw {number} --because "…"`.',
    ),
    "withdrawn": Text(
        "Rien avec elle. Corriger les données, puis entraîner de nouveau.",
        "Nothing with it. Correct the data, then train again.",
    ),
    "taken_back": Text(
        "Rien ; pour y revenir : `carprice rollback --to {number}`.",
        "Nothing; to go back to it: `carprice rollback --to {number}`.",
    ),
    "replaced": Text(
        "Rien ; pour y revenir : `carprice rollback --to {number}`.",
        "Nothing; to go back to it: `carprice rollback --to {number}`.",
    ),
    "invalid": Text(
        "Lire les motifs ci-dessous, corriger les données ou `params.yaml`, entraîner de nouveau.",
        "Read the reasons below, correct the data or `params.yaml`, train again.",
    ),
    "held": Text(
        "Lire les motifs. S'ils s'expliquent : `carprice promote {number} --force` ; sinon, "
        "corriger le fichier.",
        "Read the reasons. If they can be explained: `carprice promote {number} --force`; else "
        "correct the file.",
    ),
    "refused": Text(
        "Rien : la version en production reste. De meilleures annonces, ou plus récentes, feront "
        "mieux.",
        "Nothing: production stays as it is. Better or newer adverts will do better.",
    ),
    "waiting": Text(
        "Attendre la fin de l'exécution ; sinon `carprice promote {number}`.",
        "Wait for the run to end; else `carprice promote {number}`.",
    ),
    "unjudged": Text("`carprice evaluate {number}`.", "`carprice evaluate {number}`."),
}

DATA = Text("Données", "Data")
FILE, FILE_HASH = Text("Fichier", "File"), Text("SHA-256 du fichier", "SHA-256 of the file")
CONTENT_HASH = Text("Empreinte du contenu", "Hash of the content")
MARKETS = Text("Marché", "Market")
PERIOD = Text("Période", "Period")
PERIOD_KNOWN = Text(
    "fichier modifié le {changed}, modèle entraîné le {learnt} ; les annonces ne portent pas de "
    "date",
    "file changed on {changed}, model trained on {learnt}; the adverts carry no date",
)
PERIOD_UNKNOWN = Text(
    "modèle entraîné le {learnt} ; ni les annonces ni cette version ne disent de quand elles "
    "datent",
    "model trained on {learnt}; neither the adverts nor this version say when they date from",
)
ADVERTS = Text("Annonces exploitables", "Usable adverts")
SIDES = Text("D'apprentissage · mises de côté", "Trained on · held out")
NAMES = Text("Marques · modèles", "Makes · models")
COPIES = Text("Annonces presque répétées", "Near-repeated adverts")

PROTOCOL = Text("Protocole", "Protocol")
HOW_MEASURED = Text(
    "{share} % des voitures sont mises de côté par une empreinte de la voiture, la même à chaque "
    "entraînement ; des annonces presque semblables d'une voiture tombent du même côté et "
    "comptent une fois. Rien n'est appris d'elles. L'erreur est l'écart absolu au prix demandé, "
    "en pour cent de celui-ci.",
    "{share} % of cars are held out by a hash of the car, the same at every training; "
    "near-copies of a car fall on one side and count once. Nothing is learnt from them. The error "
    "is the absolute distance to the asking price, in percent of it.",
)

FIGURES = Text("Chiffres", "Figures")
FIGURE, VALUE = Text("Chiffre", "Figure"), Text("Valeur", "Value")
LABELS = {
    "rows": Text("Voitures mesurées", "Cars measured"),
    "median_error_pct": Text("Erreur médiane (%)", "Median error (%)"),
    "mean_error_pct": Text("Erreur moyenne (%)", "Mean error (%)"),
    "within_10_pct": Text("À moins de 10 % du prix (%)", "Within 10 % of the price (%)"),
    "within_20_pct": Text("À moins de 20 % du prix (%)", "Within 20 % of the price (%)"),
    "coverage_pct": Text("Prix dans la fourchette (%)", "Prices inside the range (%)"),
    "width_pct": Text("Largeur médiane de la fourchette (%)", "Median width of the range (%)"),
    "wide_coverage_pct": Text(
        "Prix dans la fourchette large (%)", "Prices inside the wide range (%)"
    ),
    "wide_width_pct": Text(
        "Largeur médiane de la fourchette large (%)", "Median width of the wide range (%)"
    ),
}
"""By stored name of a score; one without a label is told by that name."""
PROMISED = Text(
    "La fourchette promet {promised} % ; le groupe le moins bien couvert est {name} : {found} %.",
    "The range promises {promised} %; the group that it covers least is {name}: {found} %.",
)

BY_SLICE, SLICE = Text("Par groupe", "By group"), Text("Groupe", "Group")

COMPARED = Text("Comparaison", "Comparison")
WAY = Text("Façon d'estimer", "Way to estimate")
THIS_VERSION = Text("Cette version", "This version")
PLAIN_WAYS = {
    "median_of_model": Text(
        "Prix médian de la marque et du modèle", "Median price of make and model"
    ),
    "straight_line": Text(
        "Droite : marque, année, kilométrage", "Straight line: make, year, kilometres"
    ),
}
"""By stored name, `evaluation.plain`."""
AGAINST = Text(
    "Contre la version {champion}, sur les mêmes {rows} voitures : {points} points d'erreur "
    "médiane (intervalle à 90 % : {low} à {high} ; négatif = mieux). Une perte de {detectable} "
    "points aurait été vue 8 fois sur 10.",
    "Against version {champion}, on the same {rows} cars: {points} points of median error (90 % "
    "interval: {low} to {high}; negative is better). A loss of {detectable} points would have been "
    "noticed 8 times in 10.",
)
LEVEL = Text(
    "Niveau des prix contre celui de cette version : {shift} %.",
    "Level of prices against that version's: {shift} %.",
)
NO_CHAMPION = Text("Aucune version avant elle à comparer.", "No version before it to compare.")

REASONS = Text("Motifs", "Reasons")
LIMITS = Text("Limites", "Limits")
KNOWN_LIMITS = Text(
    "- Ce sont des prix demandés, non des prix de vente.\n"
    "- Les annonces ne disent ni l'état réel, ni les accidents, ni l'entretien.\n"
    "- Une marque ou un modèle jamais vus élargissent la fourchette ; les modèles rares sont moins "
    "sûrs.\n"
    "- Le modèle ne suit le marché que s'il est entraîné de nouveau.",
    "- These are asking prices, not prices of sales.\n"
    "- Adverts tell neither the true condition, nor accidents, nor upkeep.\n"
    "- A make or model never seen widens the range; rare models are less certain.\n"
    "- The model follows the market only where it is trained anew.",
)
USE = Text("Usage prévu", "Intended use")
INTENDED = Text(
    f"{DESCRIPTION.fr} : aider une personne à situer le prix d'une voiture d'occasion. Pas pour "
    "décider seul d'un crédit, d'une assurance, d'un impôt ou d'une expertise, ni hors de ce "
    f"marché ({MARKET.code}).",
    f"{DESCRIPTION.en}: to help a person place the price of a used car. Not to decide alone on "
    f"credit, insurance, tax or an appraisal, nor outside this market ({MARKET.code}).",
)
LICENCE = Text("Licence", "Licence")
LICENSED = Text(
    "Code : {licence} (fichier `LICENSE`), sans garantie. Les annonces appartiennent à ceux qui "
    "les ont publiées.",
    "Code: {licence} (file `LICENSE`), without warranty. The adverts remain those of whoever "
    "published them.",
)
WHOLE_CARD = Text(
    "Fiche entière : `{path}`, parmi les artefacts de l'exécution.",
    "The whole card: `{path}`, among the artifacts of the run.",
)
