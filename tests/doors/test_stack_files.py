"""The files of the stack themselves: scripts, .env.example, compose file."""

import os
import re

import pytest
from machine import BACKUP, RESET, RESTORE, ROOT, ROTATE, START, STOP


@pytest.mark.parametrize("script", [START, STOP, RESET, ROTATE, BACKUP, RESTORE])
def test_scripts_at_the_root_are_short_and_executable(script: str) -> None:
    assert len((ROOT / script).read_text().splitlines()) <= 80
    assert os.access(ROOT / script, os.X_OK)


def read_compose() -> str:
    """Both files: the one that is named, and the one that it extends."""
    names = ("docker-compose-full.yml", "deploy/forms.yml")
    return "".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def test_env_example_and_the_compose_file_agree() -> None:
    compose = read_compose()
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_][A-Z0-9_]*)", compose))
    used |= {name.upper() for name in re.findall(r"\{ file: \./.*/([a-z_]+) }", compose)}
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    of_others = {"COMPOSE_FILE", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"}
    assert used - offered == set()
    assert offered - used == of_others


def test_defaults_of_the_compose_file_are_those_of_env_example() -> None:
    compose = read_compose()
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    offered = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.M))
    defaults = set(re.findall(r"\$\{([A-Z_]+):-([^${}]*)\}", compose))
    # Which addresses do not tell, a part of a service's name, a mount of what is not started.
    defaults -= {("HTTPS_PORT", "443"), ("CARPRICE_SIGN_IN", "no")}
    defaults -= {("CARPRICE_JOURNAL_FOLDER", "./journal")}
    assert len(defaults) > 20
    assert [(name, default) for name, default in defaults if offered[name] != default] == []


def test_each_variable_has_its_sentence() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if "=" in line and not line.startswith("#"):
            assert re.fullmatch(r"# [A-Z0-9].*[.]", before) or before.startswith("# true:"), line


def test_the_images_share_one_layer_of_what_mlflow_needs() -> None:
    """The engine knows a layer again by the words that made it."""
    shared = {
        re.findall(r"^(FROM \S+ AS uv\n.*? AS mlflow\n.*?)^FROM ", path.read_text(), re.M | re.S)[0]
        for path in ROOT.glob("Dockerfile.*")
        if "AS mlflow" in path.read_text()
    }
    assert len(shared) == 1
    assert "--only-group=mlflow" in shared.pop()
