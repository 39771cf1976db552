"""How benchmarks end, and what that of the stack leaves behind: one that is not there is shown."""

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
    figures |= dict.fromkeys(benchmark.WATCHED, 0.0)
    tuned, untuned = figures | {benchmark.WAITING: waiting}, figures | {benchmark.RUN: 900.0}
    monkeypatch.setattr(benchmark, "clone", lambda folder, _files: folder.name)
    monkeypatch.setattr(benchmark, "measure", {"tuned": tuned, "untuned": untuned}.get)
    assert benchmark.main() == code
    told = capsys.readouterr()
    assert f"| {benchmark.WAITING} | {waiting:.1f} | 1.0 |" in told.out
    missed = "target missed: of which waiting between tasks (s) is 10, not below 10\n"
    assert told.err == (missed if code else "")


@pytest.mark.parametrize(("one_row_ms", "told"), [
    (24.9, ""),
    (25.0, "target missed: one estimate of a table (ms) is 25, not below 25\n"),
    (float("nan"), "target missed: one estimate of a table (ms) is nan, not below 25\n"),
])  # fmt: skip
def test_the_benchmark_of_the_model_has_targets_too(
    benchmark: ModuleType, capsys: pytest.CaptureFixture[str], one_row_ms: float, told: str
) -> None:
    model = importlib.import_module("compare")
    ours = model.Contender("ours", one_row_ms=one_row_ms, together_ms=0.1)
    forest = model.Contender("forest", one_row_ms=100.0)
    grown = {("train", size): {"cpu": 3.0 * size, "rows": size} for size in model.SIZES}
    found = model._hold_against_targets([ours, forest], 2.0, 5.0, grown)
    if not told:
        assert list(found.values()) == pytest.approx([24.9, 2.0, 0.249, 0.1 / 24.9, 5.0, 1.0])
    assert model.tell_missed(found, model.TARGETS) == bool(told)
    assert told in capsys.readouterr().err
