"""What is told of a DAG, a task and a parameter, and how Airflow shows it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from carprice.language import LANGUAGES, Language, Text

COLON = Text(" :", ":")
HEADS = {
    "reads": Text("Lit", "Reads"),
    "writes": Text("Écrit", "Writes"),
    "refuses": Text("Refuse", "Refuses"),
    "red": Text("Si elle est rouge", "If it is red"),
}


class TaskGuide(NamedTuple):
    """What a task does, and what to do when it failed."""

    does: Text
    reads: Text
    writes: Text
    refuses: Text
    red: Text

    @property
    def markdown(self) -> str:
        return _join(self._write)

    def _write(self, language: Language) -> str:
        told = (
            f"- **{head.say(language)}{COLON.say(language)}** {getattr(self, name).say(language)}"
            for name, head in HEADS.items()
        )
        return "\n".join([self.does.say(language), "", *told])


class ParamGuide(NamedTuple):
    """Title and help of a parameter in the form of a run."""

    name: Text
    help: Text

    @property
    def words(self) -> dict[str, str]:
        """As Airflow's `Param` takes them, one language beside the other."""
        return {"title": " / ".join(self.name), "description": " / ".join(self.help)}


class DagGuide(NamedTuple):
    """What a DAG is for, with its tasks and parameters by their names."""

    about: Text
    tasks: Mapping[str, TaskGuide]
    params: Mapping[str, ParamGuide] = MappingProxyType({})

    @property
    def markdown(self) -> str:
        return _join(self.about.say)


def _join(write: Callable[[Language], str]) -> str:
    return "\n\n---\n\n".join(map(write, LANGUAGES))


NOTHING = Text("rien", "nothing")
RETRIED = Text(
    "Airflow réessaie trois fois. Lisez le journal : il dit ce qui manque et quoi faire. Réparez, "
    "puis « Clear » sur cette tâche : elle reprend où elle en était.",
    "Airflow tries three times. Read the log: it says what is missing and what to do. Mend it, "
    "then “Clear” this task: it goes on where it was.",
)
DATA = ParamGuide(
    Text("Fichier", "File"),
    Text(
        "Nom d'un fichier de data/raw ; vide : le plus récent, sinon l'échantillon simulé.",
        "Name of a file of data/raw; empty: the newest, else the simulated sample.",
    ),
)
