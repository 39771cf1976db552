"""`carprice search` on a real store: stopped, gone on with, and its result a challenger."""

import json
import signal
from collections import Counter

import yaml
from tests.integration.conftest import LISTINGS, Desk

from carprice.pipeline.recipe import OF_SEARCH, SECTION
from carprice.pricing.estimators import read_model_params
from carprice.registry.searches import ERROR

FEW, TRIALS = 3, 8
COMMAND = ("search", "--data", LISTINGS, "--json", "--trials")


def test_a_search_killed_in_the_middle_goes_on_and_its_result_is_a_challenger(desk: Desk) -> None:
    params = yaml.safe_load((desk.home / "params.yaml").read_text())
    params["model"]["penalty"] = 4.0  # any other is better
    (desk.home / "params.yaml").write_text(yaml.safe_dump(params))
    first = desk.start(
        *COMMAND,
        str(FEW),
        pause={
            "where": "carprice.registry.client:Registry.start_trial",
            "matching": "2",
            "moment": "after",
        },
    )
    first.wait_for_pause()
    assert first.send(signal.SIGKILL).code == -signal.SIGKILL

    measured = {"where": "carprice.registry.client:Registry.end_run", "matching": "FINISHED"}
    second = desk.start(*COMMAND, str(FEW), pause=measured)
    second.wait_for_pause()
    (search,) = runs_of(desk, "search %")
    under_way = desk.registry.tried(search.info.run_id)
    assert [each.tried.ended for each in under_way.values()] == [True, True, False]
    assert second.send(signal.SIGINT).code == 130
    assert {each.info.status for each in runs_of(desk, "%")} == {"FINISHED", "KILLED"}

    assert desk.run(*COMMAND, str(FEW)).code == 0, "what has ended goes on by more trials"
    ended = desk.run(*COMMAND, str(TRIALS))
    assert ended.code == 0, ended.text
    assert f"{TRIALS}/{TRIALS} trial" in ended.err
    told = json.loads(ended.out)
    trials = desk.registry.tried(search.info.run_id)
    assert [*trials] == [*range(TRIALS)]
    assert len(runs_of(desk, "trial %")) == TRIALS, "none is lost, none is doubled"
    assert trials[2].run_id == under_way[2].run_id
    assert trials[2].tried.params == under_way[2].tried.params
    pruned = [each for each in trials.values() if each.tried.is_pruned]
    assert told["pruned"] == len(pruned) > 0
    assert told["median_error_pct"] < trials[0].tried.error == told["median_error_pct_in_force"]

    closed = desk.registry.client.get_run(search.info.run_id)
    assert closed.info.status == "FINISHED"
    assert closed.data.metrics[ERROR] == told["median_error_pct"]
    section = yaml.safe_load(desk.registry.read_text(search.info.run_id, SECTION))
    found = read_model_params(section["model"])
    assert found == desk.work.params.model.model_copy(update=told["params"])

    challenged = desk.run(*COMMAND, str(TRIALS), "--challenge")
    answer = json.loads(challenged.out)["challenge"]
    assert challenged.code == (3 if answer["refused"] else 0), challenged.text
    assert not answer["unchanged"]
    assert len(runs_of(desk, "trial %")) == TRIALS, "the search had ended"
    (run,) = desk.registry.runs(**{OF_SEARCH: search.info.run_id})
    logged = desk.registry.client.get_run(run.run_id).data.params
    assert {name: float(logged[name]) for name in told["params"]} == told["params"]
    assert desk.registry.version(int(run.tags["version"])).facts.decision


def runs_of(desk: Desk, name: str) -> list:
    """Runs of searches whose name is like this."""
    registry = desk.registry
    (experiment,) = registry.client.search_experiments(filter_string="name = 'car_price_search'")
    asked = f"attributes.run_name LIKE '{name}'"
    found = [*registry.client.search_runs([experiment.experiment_id], asked)]
    names = Counter(each.info.run_name for each in found)
    assert set(names.values()) == {1}
    return found
