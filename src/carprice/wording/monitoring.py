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
    "aucune version n’est en production : il n’y a rien à quoi comparer le fichier",
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
    "il n’y a pas de fichier d’annonces dans data/raw", "there is no file of listings in data/raw"
)
