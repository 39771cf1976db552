from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from carprice.errors import ConfigurationError
from carprice.params import PARAMS_FILE, Params, read_params

PROJECT = Path(__file__).parents[2]
NEEDED = [name for name, field in Params.model_fields.items() if field.is_required()]
LATER = {
    "gate": {
        "max_detectable_points",
        "max_level_shift_pct",
        "max_lost_share_pct",
        "max_copies_pct",
        "max_error_growth_pct",
        "max_effect_lost_pct",
        "max_fewer_pct",
        "max_years_back",
    },
    "model": {"estimator"},
}
"""Thresholds of the gate that earlier releases lack."""


@pytest.fixture
def entries() -> dict[str, Any]:
    return dict(yaml.safe_load((PROJECT / PARAMS_FILE).read_text(encoding="utf-8")))


def refusal(folder: Path, content: str | bytes | dict[str, Any]) -> str:
    text = yaml.safe_dump(content) if isinstance(content, dict) else content
    (folder / PARAMS_FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        read_params(folder)
    assert str(folder / PARAMS_FILE) in str(caught.value)
    return str(caught.value)


def test_the_params_of_the_project_are_valid() -> None:
    found = read_params(PROJECT)
    assert found.model.coverage == 0.8
    assert len(found.validation.golden_cars) == 5
    assert found.quality.max_missing_share["fuel"] == 0.5


def test_params_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_params(PROJECT).model.seed = 1  # type: ignore[misc]


def test_every_wrong_entry_is_named_at_once(tmp_path: Path, entries: dict[str, Any]) -> None:
    entries["split"]["holdout_share"] = 0.7
    entries["model"] |= {"penalty": 0, "coverage": "much"}
    entries["gate"]["max_median_error_pct"] = -1
    del entries["gate"]["bootstrap_rounds"]
    entries["validation"]["golden_cars"][1]["low_mad"] = None
    entries["quality"]["max_missing_share"] = {"makes": 0.1}
    said = refusal(tmp_path, entries)
    assert "7 to mend" in said
    for place in (
        "split.holdout_share", "model.penalty", "model.coverage", "gate.max_median_error_pct",
        "gate.bootstrap_rounds", "validation.golden_cars.1.low_mad", "quality.max_missing_share",
    ):  # fmt: skip
        assert f"- {place}: " in said
    assert "(found 0.7)" in said
    assert "(found 'much')" in said


SECTIONS: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda entries: entries,
    *(lambda entries, name=name: entries[name] for name in Params.model_fields),
    lambda entries: entries["validation"]["golden_cars"][0],
]


@pytest.mark.parametrize("section", SECTIONS)
def test_an_unknown_entry_is_refused_in_every_section(
    tmp_path: Path, entries: dict[str, Any], section: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    section(entries)["typo"] = 1
    assert "typo: Extra inputs are not permitted (found 1)" in refusal(tmp_path, entries)


@pytest.mark.parametrize("name", NEEDED)
def test_every_section_is_needed(tmp_path: Path, entries: dict[str, Any], name: str) -> None:
    del entries[name]
    assert f"- {name}: Field required" in refusal(tmp_path, entries)


@pytest.mark.parametrize("section", NEEDED)
def test_every_entry_is_needed(tmp_path: Path, entries: dict[str, Any], section: str) -> None:
    names = entries[section].keys() - LATER.get(section, set())
    entries[section] = {}
    said = refusal(tmp_path, entries)
    assert all(f"- {section}.{name}: Field required" in said for name in names)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("split", "holdout_share", 0), ("split", "holdout_share", 0.5),
        ("model", "penalty", 0), ("model", "penalty", float("inf")),
        ("model", "penalty", float("nan")), ("model", "tail", -0.1),
        ("model", "tail", float("inf")), ("model", "seed", 1.5), ("model", "coverage", 1.1),
        ("model", "coverage", 0.5), ("model", "coverage", 1),
        ("gate", "min_holdout_rows", 1), ("gate", "min_within_20_pct", 101),
        ("gate", "coverage_tolerance_points", 0), ("gate", "large_slice_rows", 19),
        ("gate", "max_level_shift_pct", 0), ("gate", "max_lost_share_pct", 101),
        ("gate", "slice_tolerance_points", -1), ("gate", "bootstrap_rounds", 99),
        ("validation", "golden_cars", []), ("validation", "max_latency_ms", 0),
        ("validation", "max_wrong_direction_pct", 101),
    ],
)  # fmt: skip
def test_a_value_outside_its_range_is_refused(
    tmp_path: Path, entries: dict[str, Any], section: str, name: str, value: object
) -> None:
    entries[section][name] = value
    said = refusal(tmp_path, entries)
    assert "1 to mend" in said
    assert f"- {section}.{name}: " in said


def test_a_golden_car_with_a_field_that_does_not_exist_is_refused(
    tmp_path: Path, entries: dict[str, Any]
) -> None:
    entries["validation"]["golden_cars"][2]["car"]["milage"] = 1
    said = refusal(tmp_path, entries)
    assert "validation.golden_cars.2.car" in said
    assert "no feature is named ['milage']" in said


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file") as caught:
        read_params(tmp_path)
    assert str(tmp_path / PARAMS_FILE) in str(caught.value)
    assert "CARPRICE_HOME" in str(caught.value)


@pytest.mark.parametrize("content", ["split: [", "a: b: c", "\tsplit: 1", b"split: \xff\xfe"])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, content: str | bytes) -> None:
    assert "is not valid YAML" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", ["", "- 1\n- 2\n", "just a text", "# nothing yet\n"])
def test_a_file_without_sections_is_refused(tmp_path: Path, content: str) -> None:
    assert "1 to mend" in refusal(tmp_path, content)


def test_yaml_cannot_run_code(tmp_path: Path) -> None:
    assert "not valid YAML" in refusal(tmp_path, "split: !!python/object/apply:os.getcwd []")


def test_params_of_an_earlier_release_lack_a_section_and_thresholds(
    tmp_path: Path, entries: dict[str, Any]
) -> None:
    del entries["monitoring"]
    for section, names in LATER.items():
        for name in names:
            del entries[section][name]
    (tmp_path / PARAMS_FILE).write_text(yaml.safe_dump(entries))
    assert read_params(tmp_path) == read_params(PROJECT)  # what is written there are the defaults
