"""The benchmark of the gate in short: what is broken is stopped, what is honest passes."""

from pathlib import Path

import gate_attack
import pytest
from gate_attack import Ended, go_on, retrain


@pytest.mark.parametrize(
    ("fault", "stopped"),
    [
        ("honest, truly better by some 3 %", ""),
        ("all a quarter cheaper", "gate"),
        ("all a quarter dearer", "gate"),
    ],
)
def test_a_retraining_goes_the_way_of_a_run(fault: str, stopped: str) -> None:
    ended = retrain(fault, 3)
    assert ended.stopped == stopped, ended
    assert (ended.gain > 0) == (not stopped)


def test_what_has_ended_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def note(name: str, seed: int) -> Ended:
        asked.append(seed)
        return Ended(name, seed, 0.0, "", "accepted", [])

    monkeypatch.setattr(gate_attack, "retrain", note)
    first = go_on(tmp_path / "ended.json", 2)
    assert go_on(tmp_path / "ended.json", 5)[:2] == first
    assert asked == [0, 1, 2, 3, 4]
