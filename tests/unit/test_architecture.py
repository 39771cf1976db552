"""What the linter cannot hold: who imports whom, and how large things may grow."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import quantiles

import pytest

from carprice import errors
from carprice.cli import app
from carprice.errors import CarPriceError

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "carprice"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
}
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
ERRORS = [
    each for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, CarPriceError)
]  # fmt: skip


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> set[str]:
    """Dotted names of everything imported anywhere in a module, but for type checking."""
    typing_only = {
        inner
        for node in ast.walk(tree(module))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            found |= {f"{node.module}.{each.name}" for each in node.names}
    return found


@cache
def own_imports(module: str) -> set[str]:
    """Modules of this package that a module imports."""
    named = {name.removeprefix("carprice.") for name in imports(module)}
    return (named | {name.rpartition(".")[0] for name in named}) & set(MODULES)


@cache
def reachable(module: str) -> set[str]:
    seen: set[str] = set()
    waiting = {module}
    while waiting:
        seen |= waiting
        waiting = {inner for each in waiting for inner in own_imports(each)} - seen
    return seen - {module}


def function_lengths() -> Iterator[tuple[str, int]]:
    """Lines of each function's body, its docstring not counted."""
    for module in MODULES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[ast.get_docstring(node) is not None :]
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
                yield f"{module}.{node.name}", lines


def test_folders_of_data_are_no_packages() -> None:
    assert MODULES
    for folder in ("mlflow", "airflow", "airflow/dags"):
        assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_in_one_sentence_what_it_is_for_and_hands_nothing_on(room: str) -> None:
    module = tree(f"{room}.__init__")
    assert re.fullmatch(r"[A-Z][^.]+\.", ast.get_docstring(module) or "")
    assert len(module.body) == 1


def test_the_page_of_the_architecture_names_every_room_and_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (?:`(\w+)`|the ground) \| (.+) \|$", page, re.M))
    assert sorted(filter(None, rows)) == ROOMS
    for module in MODULES:
        room, _, name = module.rpartition(".")
        assert name in {"__init__", "__main__"} or f"`{name}.py`" in rows[room], module


def test_only_settings_and_the_choice_of_a_market_read_the_environment() -> None:
    readers = set()
    for module in MODULES:
        attributes = (node for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute))
        used = {ast.unparse(node) for node in attributes} | imports(module)
        if used & {"os.environ", "os.getenv", "os.environb"}:
            readers.add(module)
    assert readers == {"settings", "market.chosen"}


def test_of_what_reads_the_sample_takes_no_function() -> None:
    taken = {
        each
        for module in MODULES
        if module.startswith("simulation.")
        for each in imports(module)
        if each.startswith("carprice.listings.")
    }
    assert not [each for each in taken if each.islower()]


def test_what_watches_for_arrivals_imports_nothing_heavy() -> None:
    loaded = {"listings.arrivals", *reachable("listings.arrivals")}
    own = {name for module in loaded for name in imports(module)}
    foreign = {name.split(".")[0] for name in own} - {"carprice"}
    assert foreign <= sys.stdlib_module_names


def test_functions_stay_short() -> None:
    lengths = dict(function_lengths())
    assert {name: lines for name, lines in lengths.items() if lines > 50} == {}
    assert quantiles(lengths.values(), n=10)[-1] <= 25


def test_modules_stay_small() -> None:
    sizes = {
        module: len(path.read_text(encoding="utf-8").splitlines())
        for module, path in MODULES.items()
    }
    assert {module: lines for module, lines in sizes.items() if lines > 400} == {}


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_stands_in_the_drawing_with_its_exit_code(error: type[CarPriceError]) -> None:
    row = rf"^\W*{error.__name__} +(↻?) ?exit code (\d+): \S"
    drawn = re.findall(row, errors.__doc__ or "", re.M)
    assert drawn == [("↻" if error.retryable else "", str(error.exit_code))]


def test_every_exit_code_is_told_by_the_command_line_and_is_one_error_only() -> None:
    codes = [error.exit_code for error in ERRORS]
    assert len(set(codes)) == len(codes)
    told = {int(each) for each in re.findall(r"\b(\d+) (?=[a-z])", app.EXIT_CODES)}
    assert told == {0, 130, *codes}
