"""Sentences for files that cannot be read, in each language."""

from carprice.language import Text

MALFORMED = Text(
    "pas d'estimation : {found} cellules au lieu de {expected}",
    "no estimate: {found} cells instead of {expected}",
)


FILE_UNREADABLE = Text(
    "impossible de lire {file} : {reason}. Donnez le chemin d'un fichier CSV d'annonces.",
    "cannot read {file}: {reason}. Give the path of a CSV file of listings.",
)
FILE_IRREGULAR = Text(
    "{file} : ce n'est pas un fichier mais un tube ou un périphérique. "
    "Donnez le chemin d'un fichier CSV d'annonces.",
    "{file}: a pipe or a device, not a file. Give the path of a CSV file of listings.",
)
FILE_CHANGED = Text(
    "{file} : le fichier a changé pendant sa lecture. Recommencez une fois qu'il est complet.",
    "{file}: the file changed while it was read. Run again once it is whole.",
)
FILE_OF_OTHER_KIND = Text(
    "{file} : c'est {what}, pas un fichier CSV. Exportez-le en CSV (UTF-8).",
    "{file}: this is {what}, not a CSV file. Export it as CSV (UTF-8).",
)
ZIP_ARCHIVE = Text("une archive zip ou un classeur Excel", "a zip archive or an Excel workbook")
OLD_WORKBOOK = Text(
    "un ancien classeur Excel, ou un classeur protégé", "an old Excel workbook, or a protected one"
)
GZIP_ARCHIVE = Text("une archive gzip", "a gzip archive")
PARQUET_TABLE = Text("une table Parquet", "a Parquet table")
PDF = Text("un PDF", "a PDF")
MARKUP = Text("une page web ou un document XML", "a web page or an XML document")
FILE_BINARY = Text(
    "{file} : un fichier binaire (il contient des octets nuls) ; un fichier CSV était attendu. "
    "Exportez-le en CSV (UTF-8).",
    "{file}: a binary file (it holds zero bytes); expected a CSV file. Export it as CSV (UTF-8).",
)
FILE_EMPTY = Text(
    "{file} : le fichier est vide ; un fichier CSV avec une ligne de titres était attendu.",
    "{file}: the file is empty; a CSV file with a header was expected.",
)
FILE_WITHOUT_HEADER = Text(
    "{file} : sa première ligne ne peut pas être lue comme une ligne de titres ; le plus souvent, "
    "un guillemet y est ouvert et jamais fermé. Mettez les noms des colonnes en première ligne.",
    "{file}: its first line cannot be read as a CSV header; a quote that is opened there and "
    "never closed is the usual cause. Put the names of the columns in the first line.",
)
FILE_WITH_OPEN_QUOTE = Text(
    "{file} : à la ligne {row} sous les titres, un guillemet n'est pas fermé là où finit sa "
    "cellule ({error}). Fermez-le ou retirez-le : les lignes suivantes seraient perdues.",
    "{file}: row {row} under the header has a quote that is not closed where its cell ends "
    "({error}). Close or remove it: rows after it would be lost.",
)
FILE_WITH_LONG_CELL = Text(
    "{file} : à la ligne {row} sous les titres, une cellule compte plus de {most} caractères ; "
    "aucune annonce n'est si longue. Retirez-la, ou réexportez le fichier.",
    "{file}: row {row} under the header has a cell of more than {most} letters; no advert is that "
    "long. Remove it, or export the file again.",
)
FILE_WITH_LONG_LINE = Text(
    "{file} : la ligne {line} compte plus de {most} caractères ; aucune annonce n'est si longue. "
    "Le plus souvent, ce n'est pas un fichier CSV, ou ses retours à la ligne ont été perdus. "
    "Réexportez-le en CSV (UTF-8).",
    "{file}: line {line} has more than {most} letters; no advert is that long. It is no CSV file, "
    "or its line breaks were lost. Export it as CSV (UTF-8).",
)
FILE_WITHOUT_LISTINGS = Text(
    "{file} : une ligne de titres, et aucune annonce en dessous. Le fichier est-il complet ?",
    "{file}: a header and no listing under it. Is this the whole file?",
)
FILE_BEYOND_MEMORY = Text(
    "{file} : environ {found} lignes ; la mémoire de ce conteneur en permet {most}. Augmentez "
    "{variable} dans .env (le fichier dit combien pour combien de lignes) et redémarrez la pile, "
    "ou apportez moins d'annonces.",
    "{file}: about {found} rows; the memory of this container takes {most}. Raise {variable} in "
    ".env (it says there how much for how many rows) and start the stack again, or bring fewer "
    "listings.",
)
FILE_TOO_LONG = Text(
    "{file} : environ {found} lignes ; {most} au plus sont estimées ici. Découpez le fichier, ou "
    "tapez `carprice {command}` dans un terminal, où il peut être plus long.",
    "{file}: about {found} rows; {most} at most are estimated here. Split the file, or type "
    "`carprice {command}` in a terminal, where it may be longer.",
)
NO_ARRIVAL = Text(
    "aucun fichier d'annonces entier dans {folder} : copiez-y un fichier CSV, ou donnez-en un.",
    "no whole file of listings in {folder}: copy a CSV file there, or name one.",
)
FILE_WITH_TWINS = Text(
    "{file} : plusieurs colonnes pour un même renseignement ({columns}). N'en gardez qu'une "
    "de chaque.",
    "{file}: several columns for one field ({columns}). Keep one of each.",
)
FILE_LACKS_COLUMN = Text(
    "{file} : il manque une colonne dont le modèle a besoin :\n{columns}\n"
    "Trouvé : {found}{more}.\n"
    "Majuscules, accents et espaces ne comptent pas. Ajoutez ou renommez cette colonne, puis "
    "recommencez.",
    "{file}: a column that the model needs is missing:\n{columns}\n"
    "Found: {found}{more}.\n"
    "Case, accents and spaces do not matter. Add or rename the column and run again.",
)
FILE_LACKS_COLUMNS = Text(
    "{file} : il manque {count} colonnes dont le modèle a besoin :\n{columns}\n"
    "Trouvé : {found}{more}.\n"
    "Majuscules, accents et espaces ne comptent pas. Ajoutez ou renommez ces colonnes, puis "
    "recommencez.",
    "{file}: {count} columns that the model needs are missing:\n{columns}\n"
    "Found: {found}{more}.\n"
    "Case, accents and spaces do not matter. Add or rename the columns and run again.",
)
MISSING_COLUMN = Text(
    "  - {label} : une colonne nommée {names}", "  - {label}: a column named {names}"
)
COLUMN_NAME = Text("« {name} »", "“{name}”")
OR = Text(" ou ", " or ")
UNNAMED = Text("(sans nom)", "(unnamed)")
AND_MORE = Text(" … et {count} autres", " … and {count} more")
WORKBOOK_REFUSALS = {
    "unreadable": Text(
        "{file} : ce classeur ne peut pas être lu ; il est abîmé, protégé, ou demande trop de "
        "mémoire. Enregistrez sa première feuille en CSV (UTF-8).",
        "{file}: this workbook cannot be read; it is damaged, protected, or asks for too much "
        "memory. Save its first sheet as CSV (UTF-8).",
    ),
    "other_kind": Text(
        "{file} : une archive, mais pas un classeur Excel (.xlsx). Enregistrez-le en .xlsx ou en "
        "CSV (UTF-8).",
        "{file}: an archive, but no Excel workbook (.xlsx). Save it as .xlsx or as CSV (UTF-8).",
    ),
    "macros": Text(
        "{file} : ce classeur contient des macros. Enregistrez-le en .xlsx, sans macros, ou en "
        "CSV (UTF-8).",
        "{file}: this workbook holds macros. Save it as .xlsx, without macros, or as CSV (UTF-8).",
    ),
    "too_large": Text(
        "{file} : ce classeur est trop grand une fois décompressé (plus de {unpacked} Mo, "
        "ou de {table} Mo de texte). "
        "Découpez-le, ou enregistrez-le en CSV (UTF-8).",
        "{file}: this workbook is too large once unpacked (more than {unpacked} MB, or "
        "{table} MB of text). Split it, "
        "or save it as CSV (UTF-8).",
    ),
}

ESTIMATED_FILE = Text("{stem}-estimations.csv", "{stem}-estimates.csv")
