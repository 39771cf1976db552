"""What must come back of a backup: held against a registry, losses and damages are named."""

import json

import pytest
from tests.integration.conftest import Desk

from carprice.registry.records import MODEL_NAME

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow


def test_what_is_lost_or_damaged_is_named(desk: Desk) -> None:
    listed = desk.run("inventory").out
    promised = desk.home / "inventory.json"
    promised.write_text(listed)
    told = json.loads(listed)
    assert told["production"] == 1
    assert all(each["files"] for each in told["versions"].values())
    assert desk.run("inventory", "--against", str(promised)).code == 0

    car, price = next(iter(told["estimates"].items()))
    told["estimates"][car] = price + 1
    promised.write_text(json.dumps(told))
    ended = desk.run("inventory", "--against", str(promised))
    assert ended.code == 8
    assert f"prices {car} at" in ended.err

    told["runs"].append("f" * 32)
    told["versions"]["7"] = told["versions"]["1"]
    promised.write_text(json.dumps(told))
    ended = desk.run("inventory", "--against", str(promised), "--entries")
    assert ended.code == 8
    assert f"{MODEL_NAME} version 7 is missing" in ended.err
    assert "1 runs are missing" in ended.err
    assert "prices" not in ended.err, "no file is read"
