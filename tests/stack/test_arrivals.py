"""Files that land in `data/raw` beside the running stack: each is read by one run, or named."""

import json
import os
import time
from pathlib import Path

import pytest
from stack import Stack, wait_until

from carprice.listings.arrivals import LOOK_SECONDS

HEADER = "Marque,Modèle,Année,Kilométrage,Carburant,Boîte,Prix"
ROW = "Dacia,Logan,2016,120000,Diesel,Manuelle,{price}"
ELSEWHERE = "root:x:0:0"
REFUSAL = "is refused: it is a link that leads out of the folder"


def write_listings(path: Path, price: int) -> None:
    """Too few for a model: a run fails in a few seconds, and names its file."""
    path.write_text("\n".join([HEADER, *[ROW.format(price=price + row) for row in range(20)], ""]))


def triggerer_log(stack: Stack) -> str:
    return stack.compose("logs", "--no-log-prefix", "airflow-triggerer")


def arrivals(stack: Stack) -> dict[str, dict[str, str]]:
    marker = stack.folder / "data" / "processed" / "arrivals.json"
    return json.loads(marker.read_bytes())["files"]


def test_two_files_that_land_in_the_same_second_are_each_read_by_a_run(started: Stack) -> None:
    before, raw = started.mlflow.production(), started.folder / "data" / "raw"
    known = {each["dag_run_id"] for each in started.airflow.runs()}
    names = ["midi.csv", "minuit.csv"]
    for at, name in enumerate(names):
        write_listings(raw / name, 50_000 + at)
        os.utime(raw / name, (1, 1))

    def new_runs() -> list[str]:
        runs = [each["dag_run_id"] for each in started.airflow.runs()]
        return [each for each in runs if each not in known]

    wait_until("two runs start", lambda: len(new_runs()) == 2)
    runs = new_runs()
    assert [started.airflow.wait_for_end(run) for run in runs] == ["failed", "failed"]
    found = [started.mlflow.run_of(run)["tags"] for run in runs]
    assert [tags["source"] for tags in found] == names
    assert all("quality rules" in tags["mlflow.note.content"] for tags in found)
    on_record = arrivals(started)
    assert [on_record[name]["run"] for name in names] == runs
    assert {on_record[name]["state"] for name in names} == {"read"}
    os.utime(raw / "midi.csv")
    wait_until("the touch is seen", lambda: "'midi.csv' was touched" in triggerer_log(started))
    assert new_runs() == runs
    assert started.mlflow.production() == before


def test_a_run_that_nothing_waits_for_is_skipped_and_says_so(started: Stack) -> None:
    known = len(started.airflow.runs())
    (asset,) = started.airflow.call("GET", "/assets?name_pattern=new_listings")["assets"]
    started.airflow.call("POST", "/assets/events", asset_id=asset["id"])
    wait_until("a run starts", lambda: len(started.airflow.runs()) > known)
    run = started.airflow.runs()[-1]["dag_run_id"]
    assert started.airflow.wait_for_end(run) == "success"
    assert set(started.airflow.states(run).values()) == {"skipped"}
    assert "no file of data/raw waits" in str(started.airflow.log(run, "check_data_quality"))


def test_what_cannot_be_recorded_starts_no_run_until_it_can(started: Stack) -> None:
    processed, known = started.folder / "data" / "processed", len(started.airflow.runs())
    mode, said = processed.stat().st_mode, "no run is started for new listings: cannot write"
    processed.chmod(0o555)
    try:
        write_listings(started.folder / "data" / "raw" / "sans_place.csv", 70_000)
        wait_until("it is said", lambda: said in triggerer_log(started))
        time.sleep(3 * LOOK_SECONDS)
        assert triggerer_log(started).count(said) == 1
        assert len(started.airflow.runs()) == known
    finally:
        processed.chmod(mode)
    wait_until("a run starts", lambda: len(started.airflow.runs()) > known)
    run = started.airflow.runs()[-1]["dag_run_id"]
    assert started.airflow.wait_for_end(run) == "failed"
    assert started.mlflow.run_of(run)["tags"]["source"] == "sans_place.csv"


@pytest.fixture
def link(started: Stack) -> Path:
    """One that a container can follow."""
    path = started.folder / "data" / "raw" / "lien.csv"
    path.symlink_to("/etc/passwd")
    return path


def test_a_link_out_of_the_folder_is_refused_with_no_word_of_what_it_leads_to(
    started: Stack, link: Path
) -> None:
    os.mkfifo(link.with_name("tube.csv"))
    known = len(started.airflow.runs())
    wait_until("the link is refused", lambda: REFUSAL in triggerer_log(started))
    wait_until("the pipe is refused", lambda: "it is a pipe, not a file" in triggerer_log(started))
    assert len(started.airflow.runs()) == known
    run = started.airflow.trigger(data=link.name)
    assert started.airflow.wait_for_end(run) == "failed"
    log = str(started.airflow.log(run, "check_data_quality"))
    report = str(started.airflow.log(run, "send_pipeline_report"))
    link.unlink()
    link.with_name("tube.csv").unlink()
    assert REFUSAL in log
    for told in (log, report, triggerer_log(started), json.dumps(arrivals(started))):
        assert ELSEWHERE not in told
        assert "passwd" not in told
