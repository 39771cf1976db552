"""What is said of a run of the pipeline."""

from carprice.language import Text

UNCHANGED = Text(
    "rien à apprendre : la version {version}, en production, a été entraînée sur les mêmes "
    "annonces avec le même code, les mêmes bibliothèques et les mêmes paramètres ; pour entraîner "
    "quand même : --again, ou again dans Airflow",
    "nothing to learn: version {version}, which is in production, was trained on the same listings "
    "with the same code, libraries and parameters; to train all the same: --again, or again in "
    "Airflow",
)
