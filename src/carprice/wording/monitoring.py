"""What is said of monitoring: verdicts, and why nothing was looked at."""

from carprice.language import Text

VERDICTS = {
    "none": Text("Rien à signaler", "Nothing stands out"),
    "watch": Text("À surveiller", "To be watched"),
    "act": Text(
        "À reprendre : les estimations ont perdu en qualité", "To act on: estimates got worse"
    ),
}
NO_PRODUCTION = Text(
    "aucune version n'est en production : il n'y a rien à quoi comparer le fichier",
    "no version is in production: there is nothing to compare the file with",
)
LEARNT_FROM = Text(
    "chaque version passée en production a appris de {file} : un fichier nouveau est attendu",
    "every version that was in production has learnt from {file}: a new file is awaited",
)
TABLE_GONE = Text(
    "les données dont la version {version} a appris ont été supprimées : la comparaison reprendra "
    "avec la prochaine version",
    "the data that version {version} learnt from were pruned: comparing goes on with the next "
    "version",
)
NO_FILE = Text(
    "il n'y a pas de fichier d'annonces dans data/raw", "there is no file of listings in data/raw"
)
SUBJECT = Text(
    "carprice : les estimations ont perdu en qualité sur {source}",
    "carprice: estimates got worse on {source}",
)
NO_CALL = Text("rien n'appelle à agir", "nothing calls to act")
REPLACED = Text(
    "la version mesurée n'est plus en production", "the version that was measured was replaced"
)
ALERTS_TELL = Text(
    "l'alerte MarketShifted le dit : la surveillance est active",
    "the alert MarketShifted tells of it: monitoring is on",
)
TOLD_BEFORE = Text("l'équipe en est déjà prévenue", "people were told already")
NOT_ALLOWED = Text(
    "params.yaml ne le permet pas : monitoring.retrain est à false",
    "params.yaml does not allow it: monitoring.retrain is false",
)
REFUSED_ANYWAY = Text(
    "les règles de qualité refuseraient le fichier : il faut d'abord le corriger",
    "the quality rules would refuse the file: it has to be mended first",
)
HAS_LEARNT = Text(
    "une exécution du pipeline a déjà jugé ce fichier : de nouvelles annonces sont attendues",
    "a run of the pipeline has decided on this file already: newer listings are awaited",
)
COOLING_DOWN = Text(
    "un réentraînement a été lancé il y a peu (monitoring.cool_down_days)",
    "a retraining was started a short time ago (monitoring.cool_down_days)",
)
