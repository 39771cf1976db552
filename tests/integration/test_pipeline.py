import hashlib
import json
from pathlib import Path

import numpy as np
import yaml
from tests.integration.conftest import LISTINGS, Desk, TwoRuns

from carprice.promotion.ledger import tickets
from carprice.promotion.receipt import read_receipt
from carprice.registry.client import Registry
from carprice.registry.models import SIGNATURE, Model

ENDINGS = ("skops", "json")


def list_artifacts(registry: Registry, run_id: str, folder: str | None = None) -> set[str]:
    found: set[str] = set()
    for each in registry.client.list_artifacts(run_id, folder):
        found |= list_artifacts(registry, run_id, each.path) if each.is_dir else {each.path}
    return found


def versions(desk: Desk) -> dict[int, dict[str, object]]:
    ended = desk.run("status", "--json")
    assert ended.code == 0, ended.text
    return {each["number"]: each for each in json.loads(ended.out)}


def test_one_command_in_a_fresh_folder_ends_with_a_model_in_production(
    two_runs: TwoRuns, desk: Desk
) -> None:
    ended = two_runs.first
    assert "In production: CarPricePredictor version 1" in ended.out
    assert "simulated" in ended.out
    assert "Traceback" not in ended.text
    version = desk.production
    assert version
    assert version.aliases == ("production",)
    assert version.tags.items() >= {
        "decision": "accepted", "validation": "passed", "replaced_version": "none",
        "simulated": "true", "source": LISTINGS,
    }.items()  # fmt: skip
    assert desk.copies() == {"CarPricePredictor-v1.skops", "CarPricePredictor-v1.json"}


def test_the_run_holds_what_was_read_learnt_and_decided(desk: Desk) -> None:
    registry = desk.registry
    version = registry.version(1)
    assert list_artifacts(registry, version.run_id) == {
        "quality/report.html", "quality/profile.json",
        "evaluation/evaluation.json", "evaluation/coverage.json", "evaluation/decision.json",
        "evaluation/importance.png", "evaluation/predicted_against_real.png",
        "evaluation/residuals.png", "evaluation/slices.png", "validation.json",
        "receipts/promotion-1.json", "report.md", "card.md",
    }  # fmt: skip
    assert "- Outcome: promoted" in registry.read_text(version.run_id, "report.md")
    metrics = registry.run(version.run_id).metrics
    assert 0 < metrics["median_error_pct"] < 15
    assert metrics["latency_ms"] > 0
    assert any(name.startswith("fuel/") for name in metrics)
    run = registry.client.get_run(version.run_id)
    assert run.info.status == "FINISHED"


def test_a_run_is_told_from_others_by_its_name_data_choices_and_figures(desk: Desk) -> None:
    version, client = desk.registry.version(1), desk.registry.client
    run = client.get_run(version.run_id)
    error = f"{run.data.metrics['median_error_pct']:.1f}"
    assert run.info.run_name == f"v1 · promoted · {error} % · {LISTINGS}"
    assert run.data.params == {
        "estimator": "market", "penalty": "0.45", "tail": "0.2", "coverage": "0.8", "seed": "0",
        "holdout_share": "0.2",
    }  # fmt: skip
    assert run.data.tags["library.scikit-learn"]
    metrics = run.data.metrics
    assert metrics["trained_rows"] == version.facts.rows_trained
    assert metrics["plain/median_of_model/median_error_pct"] > metrics["median_error_pct"]
    (learnt,) = run.inputs.dataset_inputs
    assert (learnt.dataset.name, learnt.dataset.digest) == (LISTINGS, version.facts.data_hash)
    assert json.loads(learnt.dataset.profile) == {"num_rows": version.facts.rows}
    columns = json.loads(learnt.dataset.schema)["mlflow_colspec"]
    assert {"make", "mileage_km", "price_mad"} <= {each["name"] for each in columns}


def test_the_card_is_complete_with_the_run_and_beside_the_version(desk: Desk) -> None:
    registry = desk.registry
    for number, told, to_do in (
        (1, "Mise en production le ", "carprice withdraw 1"),
        (2, "Refusée par la comparaison", "la version en production reste"),
    ):
        card = registry.read_text(registry.version(number).run_id, "card.md")
        described = registry.client.get_model_version("CarPricePredictor", str(number)).description
        for text in (card, described):
            assert told in text
            assert to_do in text
            assert "What came in" in text
        assert "## Intended use" in card
    assert "Against version 1" in card


def test_the_stored_model_carries_signature_example_and_requirements(desk: Desk) -> None:
    registry = desk.registry
    with registry.checked_files(registry.version(1)) as folder:
        stored = Model.load(folder)
        assert stored.signature == SIGNATURE
        assert len(stored.load_input_example(str(folder))) == 3
        pinned = (folder / "requirements.txt").read_text().split()
    assert all("==" in line for line in pinned)
    assert not any("carprice" in line for line in pinned)


def test_the_copy_in_models_is_the_stored_model_with_its_receipt(desk: Desk) -> None:
    registry = desk.registry
    copy = desk.home / "models" / "CarPricePredictor-v1.skops"
    assert copy.read_bytes() == registry.read_model(registry.version(1))
    receipt, text = read_receipt(copy.with_suffix(".json"))
    assert (receipt.version, receipt.replaces, receipt.gate.forced) == (1, None, False)
    assert registry.read_text(registry.version(1).run_id, "receipts/promotion-1.json") == text


def test_the_same_listings_again_are_refused_and_production_stays(
    two_runs: TwoRuns, desk: Desk
) -> None:
    assert two_runs.second.code == 3
    assert "it gives the same" in two_runs.second.text
    assert "Traceback" not in two_runs.second.text
    both = versions(desk)
    assert both[1]["aliases"] == ["production"]
    assert both[2]["aliases"] == []
    assert both[2]["tags"]["decision"] == "refused"
    assert "it gives the same" in both[2]["tags"]["decision_reasons"]
    run_id = both[2]["run_id"]
    assert desk.registry.client.get_run(run_id).info.status == "FINISHED"
    assert "- Outcome: refused" in desk.registry.read_text(run_id, "report.md")
    assert desk.copies() == {"CarPricePredictor-v1.skops", "CarPricePredictor-v1.json"}


def test_a_run_trains_nothing_until_data_code_or_parameters_change(desk: Desk) -> None:
    ended = desk.run("run", "--data", LISTINGS, "--json")
    assert ended.code == 0, ended.text
    told = json.loads(ended.out)
    assert (told["unchanged"], told["refused"], told["version"]) == (True, False, 1)
    assert "Unchanged: nothing to learn: version 1" in desk.run("run", "--data", LISTINGS).out
    (run, *_), registry = desk.registry.runs(), desk.registry
    assert (run.status, run.tags["outcome"], "version" in run.tags) == (
        "FINISHED", "unchanged", False,
    )  # fmt: skip
    report = registry.read_text(run.run_id, "report.md")
    assert "- Reason: nothing to learn: version 1, which" in report
    assert "- Raison: rien à apprendre : la version 1, en production" in report
    assert set(versions(desk)) == {1, 2}
    params = desk.home / "params.yaml"
    said = yaml.safe_load(params.read_text())
    said["model"]["seed"] += 1
    params.write_text(yaml.safe_dump(said, allow_unicode=True))
    desk.run("run", "--data", LISTINGS)
    assert set(versions(desk)) == {1, 2, 3}


def test_force_promotes_on_record_and_rollbacks_go_back_one_by_one(desk: Desk) -> None:
    promoted = desk.run("promote", "2", "--force", "--json")
    assert promoted.code == 0, promoted.text
    receipt, _ = read_receipt(desk.home / "models" / "CarPricePredictor-v2.json")
    assert receipt.gate.forced
    assert receipt.replaces == 1
    assert any("it gives the same" in reason.text for reason in receipt.gate.reasons)
    ended = desk.run("run", "--data", LISTINGS, "--force", "--json")
    assert ended.code == 0, ended.text
    assert json.loads(ended.out)["version"] == 3
    for left, back in ((3, 2), (2, 1)):
        ended = desk.run("rollback", "--json")
        assert ended.code == 0, ended.text
        assert json.loads(ended.out) == {"from": left, "to": back}
        assert desk.production.number == back
    refused = desk.run("rollback")
    assert refused.code == 3
    assert "version 1 replaced no earlier version" in refused.err
    assert desk.production.number == 1
    tags = versions(desk)[2]["tags"]
    assert tags.items() >= {"restored_from": "3", "rolled_back_to": "1"}.items()
    ledger = tickets(desk.registry)
    assert [(each.tags["action"], each.tags["to"], each.tags["state"]) for each in ledger] == [
        ("promote", "1", "done"), ("promote", "2", "done"), ("promote", "3", "done"),
        ("rollback", "2", "done"), ("rollback", "1", "done"),
    ]  # fmt: skip


def test_copies_of_another_registry_are_set_aside(desk: Desk) -> None:
    """Such as the stack's, which begins at version 1 as well and shares `models/`."""
    copies = {name: desk.home / "models" / f"CarPricePredictor-v2.{name}" for name in ENDINGS}
    for name, path in copies.items():
        path.write_text(f"{name} of elsewhere")
    assert desk.run("promote", "2", "--force").code == 0
    assert desk.run("verify", str(copies["json"])).code == 0
    digest = hashlib.sha256(b"skops of elsewhere").hexdigest()[:8]
    for name, path in copies.items():
        aside = path.with_name(f"CarPricePredictor-v2-{digest}.{name}")
        assert aside.read_text() == f"{name} of elsewhere"
    assert desk.run("rollback").code == 0


def test_a_run_may_be_followed_by_one_in_another_order_of_commands(desk: Desk) -> None:
    """`train`, `evaluate` and `promote` are the steps of `run`, one by one."""
    trained = desk.run("train", "--data", LISTINGS, "--json")
    assert trained.code == 0, trained.text
    number = str(json.loads(trained.out)["version"])
    assert (desk.home / "models" / f"CarPricePredictor-v{number}.skops").stat().st_size
    assert desk.run("promote", number).code != 0  # nothing was evaluated
    evaluated = desk.run("evaluate", number, "--json")
    assert evaluated.code == 3
    assert json.loads(evaluated.out)["champion"] == 1
    assert desk.run("promote", number).code == 3
    assert desk.production.number == 1


def test_predict_copies_a_file_with_estimates_of_the_version_in_production(desk: Desk) -> None:
    target = desk.home / "estimates.csv"
    ended = desk.run("predict", LISTINGS, str(target), "--json")
    assert ended.code == 0, ended.text
    counts = json.loads(ended.out)
    assert counts["model"] == "CarPricePredictor version 1"
    assert counts["rows"] >= counts["estimated"] > 0.9 * counts["rows"]
    rows = (line for line in Path(target).read_text(encoding="utf-8").splitlines())
    assert next(rows).endswith(",prix_haut,prix_bas_large,prix_haut_large,remarque")
    assert np.isclose(sum(1 for _ in rows), counts["rows"], atol=1)
