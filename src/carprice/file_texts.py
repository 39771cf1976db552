"""Sentences on files that people bring: why one cannot be read, and the page that estimates it."""

from carprice.texts import Text

# Files that cannot be read as listings

FILE_UNREADABLE = Text(
    "impossible de lire {file} : {reason}. Donnez le chemin d'un fichier CSV d'annonces.",
    "cannot read {file}: {reason}. Give the path of a CSV file of listings.",
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
FILE_WITH_TWINS = Text(
    "{file} : plusieurs colonnes pour un même renseignement ({columns}). N'en gardez qu'une "
    "de chaque.",
    "{file}: several columns for one field ({columns}). Keep one of each.",
)
FILE_LACKS_COLUMNS = Text(
    "{file} : il manque {count} colonne(s) dont le modèle a besoin :\n{columns}\n"
    "Trouvé : {found}{more}.\n"
    "Majuscules, accents et espaces ne comptent pas. Ajoutez ou renommez ces colonnes, puis "
    "recommencez.",
    "{file}: {count} column(s) that the model needs are missing:\n{columns}\n"
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

# « Estimer un fichier »

ESTIMATED_FILE = "{stem}-estimations.csv"
FILE_INTRO = Text(
    "Un fichier d'annonces ou de voitures, une par ligne, revient avec quatre colonnes de plus : "
    "prix estimé, bas et haut de la fourchette, et une remarque. Rien n'en est gardé : il reste "
    "en mémoire le temps de votre visite, jamais sur un disque.",
    "A file of adverts or cars, one a row, comes back with four more columns: estimated price, "
    "low and high end of the range, and a remark. Nothing of it is kept: it stays in memory for "
    "the time of your visit, never on a disk.",
)
FILE_LABEL = Text("Fichier CSV ou Excel (.xlsx)", "CSV or Excel file (.xlsx)")
FILE_HELP = Text(
    "Colonnes nécessaires, sous ces noms ou leurs variantes : {labels}. Les autres renseignements "
    "connus affinent l'estimation ; toute autre colonne est recopiée telle quelle.",
    "Columns that are needed, by these names or their variants: {labels}. Other details that are "
    "known sharpen the estimate; any other column is copied as it is.",
)
FILE_READING = Text("Lecture du fichier…", "Reading the file…")
FILE_ESTIMATING = Text("Estimation : {percent} %", "Estimating: {percent} %")
FILE_WAITING = Text(
    "Un autre fichier est en cours ; le vôtre suit.", "Another file is at work; yours is next."
)
FILE_REFUSED = Text("Ce fichier ne peut pas être estimé.", "This file cannot be estimated.")
FILE_WITHOUT_ROWS = Text(
    "Ce fichier a des titres, et aucune voiture en dessous.",
    "This file has a header and no car under it.",
)
FILE_ROWS = Text("Lignes", "Rows")
FILE_ESTIMATED = Text("Estimées", "Estimated")
FILE_REMARKED = Text("Avec une remarque", "With a remark")
FILE_DOWNLOAD = Text("Télécharger le fichier complété (CSV)", "Download the completed file (CSV)")
FILE_SHOWN = {
    "all": Text("Toutes", "All"),
    "remarked": Text("Avec une remarque", "With a remark"),
    "unestimated": Text("Sans estimation", "Without an estimate"),
}
FILE_SHOWN_LABEL = Text("Lignes à montrer", "Rows to show")
FILE_SEARCH = Text("Chercher une marque", "Search a make")
FILE_TABLE_CUT = Text(
    "Les {shown} premières de {rows} lignes ; le fichier les contient toutes.",
    "The first {shown} of {rows} rows; the file holds them all.",
)
FILE_TABLE_EMPTY = Text("Aucune ligne de cette sorte.", "There is no such row.")
ROW = Text("Ligne", "Row")
LOW, HIGH = Text("Bas", "Low"), Text("Haut", "High")
REMARK = Text("Remarque", "Remark")
