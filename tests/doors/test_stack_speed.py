"""The benchmark of the stack on one that is not there: what it leaves behind and how it ends."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from machine import ROOT


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("stack_speed")


class StackThatFails:
    """Its first start fails; what is asked of Compose is noted."""

    folder = Path("tuned")

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def run(self, *command: str, **_: float) -> str:
        raise AssertionError(f"{command} ended with 1")

    def compose(self, *words: str) -> str:
        self.asked.append(words)
        return ""


def test_a_first_start_that_fails_leaves_no_stack_up(benchmark: ModuleType) -> None:
    stack = StackThatFails()
    with pytest.raises(AssertionError, match="ended with 1"):
        benchmark.measure(stack)
    assert stack.asked == [("down", "--volumes")]


@pytest.mark.parametrize(("waiting", "code"), [(10.0, 1), (9.9, 0)])
def test_a_missed_target_is_named_after_the_table(
    benchmark: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    waiting: float,
    code: int,
) -> None:
    figures = dict.fromkeys((*benchmark.TARGETS, *benchmark.STEPS), 1.0)
    tuned, untuned = figures | {benchmark.WAITING: waiting}, figures | {benchmark.RUN: 900.0}
    monkeypatch.setattr(benchmark, "clone", lambda folder, _files: folder.name)
    monkeypatch.setattr(benchmark, "measure", {"tuned": tuned, "untuned": untuned}.get)
    assert benchmark.main() == code
    told = capsys.readouterr()
    assert f"| {benchmark.WAITING} | {waiting:.1f} | 1.0 |" in told.out
    missed = "target missed: of which waiting between tasks (s) is 10.0, not below 10\n"
    assert told.err == (missed if code else "")
