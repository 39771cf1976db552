"""What Airflow's page says of the DAGs, their tasks and their parameters, in both languages."""

from carprice.language import Text
from carprice.wording.guides import DATA, NOTHING, RETRIED, DagGuide, ParamGuide, TaskGuide

PIPELINE = DagGuide(
    Text(
        "Un fichier d'annonces entre, un modèle de prix sort en production, ou un refus avec ses "
        "raisons.\n\n"
        "Part le lundi à 3 h, à l'arrivée d'un fichier dans `data/raw`, ou à la main. Les tâches "
        "ne se passent que l'identifiant de l'exécution MLflow, où se trouvent tous les résultats. "
        "**Une tâche sautée (rose)** n'est pas une panne : la comparaison a refusé la version, ou "
        "rien n'avait changé. **Une tâche rouge** en est une ; `send_pipeline_report` dit dans les "
        "deux cas ce qui s'est passé. Tant que `promote_to_production` n'est pas vert, la "
        "production reste telle qu'elle était.",
        "A file of adverts comes in, a price model goes into production, or a refusal with its "
        "reasons comes out.\n\n"
        "Starts on Mondays at 3 a.m., when a file lands in `data/raw`, or by hand. Tasks hand each "
        "other the id of the MLflow run alone, which holds all results. **A skipped task (pink)** "
        "is no failure: the comparison refused the version, or nothing had changed. **A red task** "
        "is one; `send_pipeline_report` tells in both cases what happened. Until "
        "`promote_to_production` is green, production stays as it was.",
    ),
    {
        "check_data_quality": TaskGuide(
            Text(
                "Lit le fichier, le nettoie, le contrôle et ouvre l'exécution MLflow.",
                "Reads the file, cleans and checks it, and opens the MLflow run.",
            ),
            Text(
                "le fichier de `data/raw` et la section `quality` de `params.yaml`",
                "the file in `data/raw` and the section `quality` of `params.yaml`",
            ),
            Text(
                "la table propre dans `data/processed`, le rapport de qualité dans MLflow",
                "the clean table in `data/processed`, the quality report in MLflow",
            ),
            Text(
                "un fichier illisible, sans les colonnes nécessaires, ou qui enfreint une règle de "
                "qualité ; est sautée si une autre exécution a déjà lu le fichier",
                "a file that cannot be read, lacks columns or breaks a quality rule; is skipped "
                "where another run has read the file",
            ),
            Text(
                "Le journal nomme chaque règle enfreinte. Corrigez le fichier et déposez-le de "
                "nouveau dans `data/raw` : une exécution part d'elle-même.",
                "The log names each broken rule. Correct the file and put it into `data/raw` "
                "again: a run starts by itself.",
            ),
        ),
        "train_model": TaskGuide(
            Text(
                "Entraîne le modèle et l'enregistre comme nouvelle version.",
                "Trains the model and registers it as a new version.",
            ),
            Text(
                "la table propre, sans les voitures mises de côté, et la section `model` de "
                "`params.yaml`",
                "the clean table without the held-out cars, and the section `model` of "
                "`params.yaml`",
            ),
            Text(
                "une version de `CarPricePredictor` dans MLflow",
                "a version of `CarPricePredictor` in MLflow",
            ),
            Text(
                "d'entraîner une seconde fois la même chose : sautée si données, code et "
                "paramètres sont ceux de la production",
                "to train the same a second time: skipped where data, code and parameters are "
                "those of production",
            ),
            RETRIED,
        ),
        "evaluate_model": TaskGuide(
            Text(
                "Mesure la version sur des voitures jamais vues et la compare avec la production.",
                "Measures the version on cars never seen and compares it with production.",
            ),
            Text(
                "les voitures mises de côté, la version, celle en production et la section `gate` "
                "de `params.yaml`",
                "the held-out cars, the version, the one in production and the section `gate` of "
                "`params.yaml`",
            ),
            Text(
                "la précision, la comparaison, la décision et la fiche dans MLflow",
                "accuracy, comparison, decision and card in MLflow",
            ),
            Text(
                "rien encore : la tâche suivante applique la décision",
                "nothing yet: the next task carries the decision out",
            ),
            RETRIED,
        ),
        "promote_to_staging": TaskGuide(
            Text(
                "Applique la décision : l'alias `staging` va à la version acceptée.",
                "Carries the decision out: the alias `staging` moves to the accepted version.",
            ),
            Text("la décision dans MLflow", "the decision in MLflow"),
            Text("l'alias `staging`", "the alias `staging`"),
            Text(
                "une version moins bonne, ou qu'une personne doit regarder : elle est sautée, et "
                "le journal donne les raisons",
                "a version that is worse, or that a person has to look at: it is skipped, and the "
                "log gives the reasons",
            ),
            RETRIED,
        ),
        "validate_staging_model": TaskGuide(
            Text(
                "Ouvre la version dans un processus neuf et vérifie comment elle répond.",
                "Opens the version in a fresh process and checks how it answers.",
            ),
            Text(
                "la version de l'alias `staging` et la section `validation` de `params.yaml`",
                "the version of the alias `staging` and the section `validation` of `params.yaml`",
            ),
            Text("le rapport de validation dans MLflow", "the validation report in MLflow"),
            Text(
                "une version qui répond mal, trop lentement ou autrement qu'elle a été mesurée ; "
                "l'alias est alors retiré",
                "a version that answers wrongly, too slowly or otherwise than it was measured; the "
                "alias is then cleared",
            ),
            Text(
                "La production n'a pas bougé. Lisez les motifs dans le journal ou sur la page « Le "
                "modèle », corrigez les données ou `params.yaml`, puis relancez le DAG.",
                "Production has not moved. Read the reasons in the log or on the page “The "
                "model”, correct the data or `params.yaml`, then start the DAG again.",
            ),
        ),
        "promote_to_production": TaskGuide(
            Text(
                "Met la version en production ; page et API la servent en quelques secondes.",
                "Brings the version to production; page and API serve it within seconds.",
            ),
            Text(
                "la décision, la validation et le registre des mises en production",
                "the decision, the validation and the ledger of promotions",
            ),
            Text(
                "l'alias `production`, le reçu, une copie dans `models/`",
                "the alias `production`, the receipt, a copy in `models/`",
            ),
            Text(
                "si la production a changé depuis la comparaison",
                "where production has changed since the comparison",
            ),
            Text(
                "La production est soit l'ancienne version, soit la nouvelle, jamais entre les "
                "deux : `carprice status` dit laquelle. Réparez ce que dit le journal, puis "
                "« Clear » sur cette tâche.",
                "Production is either the old version or the new one, never between the two: "
                "`carprice status` says which. Mend what the log says, then “Clear” this task.",
            ),
        ),
        "send_pipeline_report": TaskGuide(
            Text(
                "Clôt l'exécution et envoie son rapport, quoi qu'il soit arrivé avant.",
                "Closes the run and sends its report, whatever happened before.",
            ),
            Text(
                "l'exécution MLflow et l'état des autres tâches",
                "the MLflow run and the states of the other tasks",
            ),
            Text(
                "le rapport dans MLflow, puis par courrier ou webhook si l'un est réglé",
                "the report in MLflow, then by mail or webhook where one is set",
            ),
            NOTHING,
            Text(
                "Le rapport est dans MLflow mais n'a pas pu partir : vérifiez "
                "`CARPRICE_WEBHOOK_URL`, `CARPRICE_MAIL_TO` et `CARPRICE_SMTP_URL`, puis « Clear » "
                "sur cette tâche.",
                "The report is in MLflow but could not be sent: check `CARPRICE_WEBHOOK_URL`, "
                "`CARPRICE_MAIL_TO` and `CARPRICE_SMTP_URL`, then “Clear” this task.",
            ),
        ),
    },
    {
        "data": DATA,
        "search": ParamGuide(
            Text("Recherche", "Search"),
            Text(
                "Identifiant de l'exécution MLflow d'une recherche, dont le résultat remplace la "
                "section model ; vide : params.yaml.",
                "Id of the MLflow run of a search, whose result replaces the section model; empty: "
                "params.yaml.",
            ),
        ),
        "force": ParamGuide(
            Text("Forcer", "Force"),
            Text(
                "Passer outre un refus de la comparaison ; le reçu le dira.",
                "Override a refusal by the comparison; the receipt will say so.",
            ),
        ),
        "again": ParamGuide(
            Text("Réentraîner", "Train again"),
            Text(
                "Entraîner même si données, code et paramètres sont ceux de la production.",
                "Train even where data, code and parameters are those of production.",
            ),
        ),
    },
)

MONITORING = DagGuide(
    Text(
        "Les nouvelles annonces, comparées aux annonces d'apprentissage de la version en "
        "production : les voitures, leurs prix, l'erreur sur des prix qu'elle n'a jamais vus.\n\n"
        "Part chaque nuit à 5 h, et à la fin de chaque exécution du pipeline, sur le fichier dont "
        "elle traitait. **Sautée (rose)** : il n'y a rien à comparer, ou rien n'appelle à agir. Si "
        "les estimations se sont dégradées sur un fichier qu'aucune exécution n'a jugé, le "
        "pipeline part sur ce fichier.",
        "New adverts, compared with the training adverts of the version in production: cars, their "
        "prices, the error on prices that it never saw.\n\n"
        "Starts each night at 5 a.m., and when a run of the pipeline has ended, on the file that "
        "it was about. **Skipped (pink)**: there is nothing to compare, or nothing calls to act. "
        "Where estimates got worse on a file that no run has decided on, the pipeline starts on "
        "it.",
    ),
    {
        "look_at_listings": TaskGuide(
            Text(
                "Compare le fichier avec ce dont la version en production a appris.",
                "Holds the file against what the version in production learnt from.",
            ),
            Text(
                "le fichier de `data/raw`, la table propre et la version en production",
                "the file in `data/raw`, the clean table and the version in production",
            ),
            Text(
                "un rapport dans MLflow, montré par la page « Surveillance »",
                "a report in MLflow, shown by the page “Monitoring”",
            ),
            Text(
                "rien : sautée sans fichier, ou si la version l'a appris",
                "nothing: skipped without a file, or where the version has learnt from it",
            ),
            RETRIED,
        ),
        "tell_people": TaskGuide(
            Text(
                "Prévient une fois, par courrier ou webhook, quand il faut agir.",
                "Tells people once, by mail or webhook, where something is to be done.",
            ),
            Text("le rapport dans MLflow", "the report in MLflow"),
            Text("un message", "a message"),
            Text(
                "rien : sautée si rien n'appelle à agir ou si c'est déjà dit",
                "nothing: skipped where nothing calls to act, or people were told",
            ),
            Text(
                "Le message n'est pas parti : vérifiez `CARPRICE_WEBHOOK_URL`, `CARPRICE_MAIL_TO` "
                "et `CARPRICE_SMTP_URL`, puis « Clear » sur cette tâche.",
                "The message was not sent: check `CARPRICE_WEBHOOK_URL`, `CARPRICE_MAIL_TO` and "
                "`CARPRICE_SMTP_URL`, then “Clear” this task.",
            ),
        ),
        "choose_file": TaskGuide(
            Text(
                "Dit sur quel fichier une nouvelle version doit être entraînée.",
                "Says on which file a new version is to be trained.",
            ),
            Text(
                "le rapport et les exécutions du pipeline dans MLflow",
                "the report and the runs of the pipeline in MLflow",
            ),
            Text("ce choix, avec le rapport", "that choice, with the report"),
            Text(
                "rien : sautée si rien n'appelle à agir ou si une exécution a jugé ce fichier",
                "nothing: skipped where nothing calls to act, or a run has decided on the file",
            ),
            RETRIED,
        ),
        "retrain": TaskGuide(
            Text("Lance le pipeline sur ce fichier.", "Starts the pipeline on that file."),
            Text("le choix de `choose_file`", "the choice of `choose_file`"),
            Text(
                "une exécution de `car_price_predictor_pipeline`",
                "a run of `car_price_predictor_pipeline`",
            ),
            Text(
                "d'en lancer une seconde pour un même rapport",
                "to start a second one for one report",
            ),
            Text(
                "Lancez `car_price_predictor_pipeline` à la main, avec ce fichier.",
                "Start `car_price_predictor_pipeline` by hand, with that file.",
            ),
        ),
    },
)

SEARCH = DagGuide(
    Text(
        "Une recherche de meilleurs hyperparamètres : ses essais se répartissent sur tous les "
        "workers, et son résultat devient candidat.\n\n"
        "Part à la main. Mêmes annonces et même code : c'est la même recherche, qui reprend où "
        "elle en était. À la fin, le pipeline part avec le résultat et le compare avec la "
        "production.",
        "A search for better hyperparameters: its trials spread over all workers, and its result "
        "becomes a candidate.\n\n"
        "Started by hand. Same adverts and same code: it is the same search, which goes on where "
        "it was left. In the end the pipeline starts with the result and compares it with "
        "production.",
    ),
    {
        "open_search": TaskGuide(
            Text(
                "Contrôle le fichier et ouvre la recherche.",
                "Checks the file and opens the search.",
            ),
            Text(
                "le fichier de `data/raw` et `params.yaml`",
                "the file in `data/raw` and `params.yaml`",
            ),
            Text(
                "la table propre et une exécution MLflow, celle de la recherche",
                "the clean table and an MLflow run, that of the search",
            ),
            Text("ce que refuse `check_data_quality`", "what `check_data_quality` refuses"),
            Text(
                "Le journal nomme chaque règle enfreinte. Corrigez le fichier, puis relancez ce "
                "DAG.",
                "The log names each broken rule. Correct the file, then start this DAG again.",
            ),
        ),
        "list_trials": TaskGuide(
            Text("Numérote les essais.", "Numbers the trials."),
            Text("le paramètre `trials`", "the parameter `trials`"),
            NOTHING,
            NOTHING,
            RETRIED,
        ),
        "run_trial": TaskGuide(
            Text(
                "Essaie un jeu d'hyperparamètres, par validation croisée.",
                "Tries one set of hyperparameters, by cross-validation.",
            ),
            Text(
                "la table propre, sans les voitures mises de côté, et les essais d'avant",
                "the clean table without the held-out cars, and the trials before",
            ),
            Text("une exécution MLflow par essai", "one MLflow run for each trial"),
            NOTHING,
            Text(
                "« Clear » sur l'essai : il reprend les mêmes hyperparamètres.",
                "“Clear” the trial: it takes the same hyperparameters up again.",
            ),
        ),
        "close_search": TaskGuide(
            Text("Garde le meilleur essai.", "Keeps the best trial."),
            Text("tous les essais dans MLflow", "all trials in MLflow"),
            Text(
                "`search/params.yaml` dans l'exécution de la recherche",
                "`search/params.yaml` in the run of the search",
            ),
            NOTHING,
            RETRIED,
        ),
        "challenge": TaskGuide(
            Text(
                "Lance le pipeline avec le résultat de la recherche.",
                "Starts the pipeline with the result of the search.",
            ),
            Text("la recherche et son fichier", "the search and its file"),
            Text(
                "une exécution de `car_price_predictor_pipeline`",
                "a run of `car_price_predictor_pipeline`",
            ),
            Text(
                "d'en lancer une seconde pour une même recherche",
                "to start a second one for one search",
            ),
            Text(
                "Lancez `car_price_predictor_pipeline` à la main, avec l'identifiant de la "
                "recherche.",
                "Start `car_price_predictor_pipeline` by hand, with the id of the search.",
            ),
        ),
    },
    {
        "data": DATA,
        "trials": ParamGuide(
            Text("Essais", "Trials"),
            Text(
                "Nombre d'essais de la recherche, ceux d'avant compris.",
                "Number of trials of the search, those before included.",
            ),
        ),
    },
)
