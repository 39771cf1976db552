"""What Airflow's page says of each DAG, read from its files: Airflow itself is not installed."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from carprice.wording.dags import MONITORING, PIPELINE, SEARCH
from carprice.wording.guides import DagGuide

Node = TypeVar("Node", bound=ast.AST)
FOLDER = Path(__file__).parents[2] / "airflow" / "dags"
GUIDES = {
    "car_price_predictor_pipeline": PIPELINE,
    "car_price_monitoring": MONITORING,
    "car_price_search": SEARCH,
}


def test_every_dag_has_a_guide() -> None:
    assert {each.stem for each in FOLDER.glob("*.py")} == set(GUIDES)


@pytest.mark.parametrize("name", GUIDES)
def test_every_task_and_parameter_of_a_dag_is_explained(name: str) -> None:
    tree, guide = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8")), GUIDES[name]
    assert find_tasks(tree) == set(guide.tasks)
    assert find_params(tree) == set(guide.params)


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_everything_is_told_in_both_languages(guide: DagGuide) -> None:
    told = [guide.about, *(text for each in guide.tasks.values() for text in each),
            *(text for each in guide.params.values() for text in each)]  # fmt: skip
    assert all(each.fr and each.en and each.fr != each.en for each in told)
    for task in guide.tasks.values():
        french, english = task.markdown.split("\n\n---\n\n")
        assert [french.count("\n- **"), english.count("\n- **")] == [4, 4]
        assert "**Si elle est rouge :**" in french
        assert "**If it is red:**" in english


def find_tasks(tree: ast.Module) -> set[str]:
    """Ids of the tasks: decorated functions, operators, and what the steps are named."""
    found = {
        each.name
        for each in walk(tree, ast.FunctionDef)
        if "task" in map(name_of, each.decorator_list)
    }
    found |= {
        ast.literal_eval(word.value)
        for call in walk(tree, ast.Call)
        for word in call.keywords
        if word.arg == "task_id" and isinstance(word.value, ast.Constant)
    }
    for each in walk(tree, ast.Assign):
        if [name_of(target) for target in each.targets] == ["steps"]:
            found |= set(ast.literal_eval(each.value))
    return found - {"in_run"}  # it stands for the steps


def find_params(tree: ast.Module) -> set[str]:
    words = [word for call in walk(tree, ast.Call) for word in call.keywords]
    tables = [each.value for each in words if each.arg == "params"]
    return {
        str(ast.literal_eval(key))
        for table in tables
        if isinstance(table, ast.Dict)
        for key in table.keys
        if key
    }


def walk(tree: ast.AST, kind: type[Node]) -> Iterator[Node]:
    return (each for each in ast.walk(tree) if isinstance(each, kind))


def name_of(node: ast.expr) -> str:
    """The name of a decorator or a target, called or not."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else ""
