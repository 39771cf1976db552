"""What `make stack-test` does before its tests, with a `docker` that only notes its calls."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
EXAMPLE = (PROJECT / ".env.example").read_text(encoding="utf-8")
IMAGES = re.findall(r"^(?:PYTHON|POSTGRES|REDIS)_IMAGE=(.+)$", EXAMPLE, re.M)
NOTING_DOCKER = """#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case "$1 $2" in
    "info ") [ -z "$NO_ENGINE" ] ;;
    "image inspect") [[ " $PRESENT " == *" $3 "* ]] ;;
    "pull --quiet") echo "$ANSWER"; [ "$ANSWER" = pulled ] ;;
esac
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


class Machine:
    """Runs a script of tests/stack where programs are what the test says."""

    def __init__(self, folder: Path) -> None:
        self.calls_file = folder / "calls"
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.calls_file.touch()
        self.put("docker", NOTING_DOCKER)

    def put(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text, encoding="utf-8")
        (self.programs / name).chmod(0o755)

    def run(self, script: str, **state: str) -> subprocess.CompletedProcess[str]:
        inherited = dict(os.environ)  # noqa: TID251
        defaults = {"CALLS": str(self.calls_file), "PRESENT": "", "ANSWER": "", "NO_ENGINE": ""}
        path = {"PATH": f"{self.programs}{os.pathsep}{inherited['PATH']}"}
        return subprocess.run(
            ["bash", str(PROJECT / "tests" / "stack" / script)],
            env=inherited | defaults | state | path,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def calls(self, first: str) -> list[str]:
        lines = self.calls_file.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.startswith(first)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_images_that_are_present_are_neither_pulled_nor_built(machine: Machine) -> None:
    ended = machine.run("stand_ins.sh", PRESENT=" ".join(IMAGES))
    assert ended.returncode == 0, ended.stderr
    assert not machine.calls("pull")
    assert not machine.calls("build")


def test_where_a_registry_answers_nothing_is_built(machine: Machine) -> None:
    ended = machine.run("stand_ins.sh", ANSWER="pulled")
    assert ended.returncode == 0, ended.stderr
    assert machine.calls("pull") == [f"pull --quiet {image}" for image in IMAGES]
    assert not machine.calls("build")


@pytest.mark.parametrize(
    "answer",
    [
        "manifest for redis:9 not found: manifest unknown: manifest unknown",
        'failed to resolve reference "docker.io/x/y:9": docker.io/x/y:9: not found',
        "pull access denied for rediss, repository does not exist or may require 'docker login'",
        "toomanyrequests: You have reached your pull rate limit.",
    ],
)
def test_a_registry_that_refuses_ends_it_with_its_answer(machine: Machine, answer: str) -> None:
    ended = machine.run("stand_ins.sh", ANSWER=answer, PRESENT="debian:trixie-slim")
    assert ended.returncode == 1
    assert answer in ended.stderr
    assert not machine.calls("build")


@pytest.mark.parametrize(
    "answer",
    [
        "dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host",
        "net/http: request canceled while waiting for connection (Client.Timeout exceeded)",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ],
)
def test_where_no_registry_answers_stand_ins_take_the_names(machine: Machine, answer: str) -> None:
    ended = machine.run(
        "stand_ins.sh", ANSWER=answer, PRESENT="debian:trixie-slim", SSL_CERT_FILE=__file__
    )
    assert ended.returncode == 0, ended.stderr
    named = {re.findall(r"--tag (\S+)", call)[0] for call in machine.calls("build")}
    assert named == set(IMAGES)


def test_a_running_engine_is_left_alone(machine: Machine) -> None:
    ended = machine.run("engine.sh")
    assert ended.returncode == 0, ended.stderr
    assert machine.calls("") == ["info", "compose version", "buildx version"]


def test_who_may_not_install_an_engine_is_told_what_to_install(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 1000\n")
    ended = machine.run("engine.sh", NO_ENGINE="yes")
    assert ended.returncode == 1
    assert "https://docs.docker.com/engine/install/" in ended.stderr
