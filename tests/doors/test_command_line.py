"""The command line as a person or a script meets it; few processes, as each takes seconds."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from rich.console import Console

from carprice.cli import app, context, terminal
from carprice.cli.terminal import print_either, print_outcome, print_versions, results
from carprice.errors import CarPriceError, QualityError
from carprice.market.listing import TARGET
from carprice.pricing.prediction import estimate_car
from carprice.registry.records import Version
from carprice.serving import production
from carprice.serving.deals import rank_texts
from carprice.serving.live_model import Serving
from carprice.serving.production import FileDeals, ProductionFacts
from carprice.wording.remarks import SIMULATED_WARNING

PROJECT = Path(__file__).parents[2]
COMMANDS = sorted(typer.main.get_command(app.app).commands)  # type: ignore[attr-defined]
HEADER = "Prix,Marque,Modèle,Année-Modèle,Kilométrage,Type de carburant,Boite de vitesses"
HEAVY = ["mlflow", "sklearn", "pandas", "scipy", "matplotlib", "skops", "carprice.registry"]
ASK_ALL = """
import json, sys
from unittest.mock import patch
from carprice.cli import app
codes = {}
for command in sys.argv[1:]:
    with patch.object(sys, "argv", ["carprice", *filter(None, [command]), "--help"]):
        print(f"== {command}", flush=True)
        try:
            app.main()
        except SystemExit as end:
            codes[command] = end.code
print("==", json.dumps({"codes": codes, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(PROJECT / "params.yaml", folder)
    return folder


def start(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The environment of a person's shell, with another home.
    environment = {**os.environ, "CARPRICE_HOME": str(home), "COLUMNS": "100"}  # noqa: TID251
    environment.pop("MLFLOW_TRACKING_URI", None)
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def run_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """The command line in this process: exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["carprice", *arguments])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as caught:
            app.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    code = caught.value.code
    return (code if isinstance(code, int) else 0, *capsys.readouterr())


@pytest.fixture(scope="module")
def helps(home: Path) -> tuple[dict[str, str], dict[str, object]]:
    """What `--help` of each command says, and what answering made the process import."""
    asked = start(home, "-c", ASK_ALL, "", *COMMANDS)
    assert asked.returncode == 0, asked.stderr
    assert asked.stderr == ""
    _, *parts, facts = re.split(r"^== ", asked.stdout, flags=re.M)
    texts = dict(part.split("\n", 1) for part in parts)
    return texts, json.loads(facts)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(
    helps: tuple[dict[str, str], dict[str, object]], command: str
) -> None:
    text = " ".join(helps[0][command].split())
    assert f"Example: carprice {command}" in text.replace("`", "")
    assert f"Usage: carprice {command}" in text


def test_help_ends_well_and_tells_every_command_and_exit_code(
    helps: tuple[dict[str, str], dict[str, object]],
) -> None:
    texts, facts = helps
    assert facts["codes"] == dict.fromkeys(["", *COMMANDS], 0)
    assert all(re.search(rf"\b{command}\b", texts[""]) for command in COMMANDS)
    told = " ".join(texts[""].replace("│", " ").split())
    assert "3 refused by the gate" in told
    assert "130 interrupted" in told


def test_help_answers_at_once_because_nothing_heavy_is_imported(
    helps: tuple[dict[str, str], dict[str, object]],
) -> None:
    modules = helps[1]["modules"]
    assert isinstance(modules, list)
    assert not set(HEAVY) & set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ("predikt",), ("check",), ("check", "a", "b"), ("predict", "a"), ("promote", "three"),
        ("run", "--dat", "x"), ("sample", "--rows", "0", "x.csv"), ("sample", "--form", "3", "x"),
        ("--version-of-what",),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_2_and_says_what_was_wrong_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out, err = run_here(monkeypatch, capsys, *arguments)
    assert code == 2
    assert out == ""
    assert re.search("Error|No such|Missing|unexpected|Input should", err)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CarPriceError("what went wrong"), 1),
        (QualityError("what went wrong"), 5),
        (typer.BadParameter("what went wrong"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_end_has_its_code_and_one_message(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(context, "read_settings", fail)
    found, out, err = run_here(monkeypatch, capsys, "status")
    assert (found, out) == (code, "")
    assert "Traceback" not in err
    assert ("interrupted" if code == 130 else "what went wrong") in err


def test_an_interruption_by_the_system_ends_like_one_by_hand() -> None:
    with pytest.raises(KeyboardInterrupt):
        app._interrupt(signal.SIGTERM, None)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_result_is_for_a_script_or_for_a_person(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    print_either(as_json, {"modèle": 1}, "modèle 1")
    out = capsys.readouterr().out
    assert (json.loads(out) == {"modèle": 1}) if as_json else (out == "modèle 1\n")


def test_a_process_on_another_host_may_live_and_one_that_ended_here_does_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = socket.gethostname()
    assert context.is_alive(f"{here}:{os.getpid()}")
    assert not context.is_alive(f"{here}:{ended.pid}")
    assert context.is_alive(f"elsewhere:{ended.pid}")


def test_a_missing_file_ends_with_4_and_one_clear_message(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARPRICE_HOME", str(home))
    code, out, err = run_here(monkeypatch, capsys, "check", "no_such_file.csv")
    assert (code, out) == (4, "")
    assert "Traceback" not in err
    assert err[err.index("carprice: ") :] == (
        "carprice: cannot read no_such_file.csv: No such file or directory. "
        "Give the path of a CSV file of listings.\n"
    )


def test_params_that_cannot_be_used_end_with_2_and_name_every_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listings = tmp_path / "cars.csv"
    listings.write_text(f"{HEADER}\n80000,Dacia,Logan,2018,120000,Diesel,Manuelle\n", "utf-8")
    text = (PROJECT / "params.yaml").read_text(encoding="utf-8")
    wrong = text.replace("holdout_share: 0.2", "holdout_share: 2").replace(
        "penalty: 0.45", "penalty: 0"
    )
    (tmp_path / "params.yaml").write_text(wrong, encoding="utf-8")
    monkeypatch.setenv("CARPRICE_HOME", str(tmp_path))
    code, out, err = run_here(monkeypatch, capsys, "check", str(listings))
    assert (code, out) == (2, "")
    assert "split.holdout_share" in err
    assert "model.penalty" in err


@pytest.mark.filterwarnings("ignore")  # of MLflow, when it makes a store
def test_a_bad_file_ends_with_5_and_every_broken_rule_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also: the result is alone on stdout and can be parsed, progress and message on stderr."""
    rows = ["80000,Dacia,Logan,2018,120000,,Manuelle"] * 30 + ["1,2"] * 10
    (home / "bad.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    monkeypatch.setenv("CARPRICE_HOME", str(home))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # where MLflow writes down which store it uses
    code, out, err = run_here(monkeypatch, capsys, "check", str(home / "bad.csv"), "--json")
    assert code == 5, err
    report = json.loads(out)
    assert (report["rows_read"], report["rows_malformed"], report["rows_kept"]) == (40, 10, 1)
    assert "Traceback" not in err
    assert "check_data_quality: 1 of 40 rows kept" in err
    said = err[err.index("carprice: ") :]
    assert len(report["failures"]) >= 3
    assert all(failure in said for failure in report["failures"])
    for broken in ("500", "25", "fuel|carburant"):
        assert any(re.search(broken, failure) for failure in report["failures"]), broken


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_its_result_as_json_where_asked(name: str) -> None:
    command = typer.main.get_command(app.app).commands[name]  # type: ignore[attr-defined]
    assert "--json" in [option for each in command.params for option in each.opts]


def test_versions_fit_a_terminal_of_80_columns_and_a_run_is_told_beside_the_version_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = {
        "source": "avito_2026_listings_of_november.csv", "decision": "accepted",
        "median_error_pct": "8.04", "within_20_pct": "82.6", "coverage_pct": "80.1",
    }  # fmt: skip
    made = datetime(2026, 11, 28, tzinfo=UTC)
    monkeypatch.setattr(terminal, "results", Console(width=80, soft_wrap=True, force_terminal=True))
    print_versions([Version(1234, "run", tags, made, ("production", "staging"))])
    figures = {"median_error_pct": 8.04, "within_10_pct": 57.0, "coverage_pct": 80.1}
    example = "Dacia Logan 2018: 108,000 DH"
    print_outcome(ProductionFacts(2, figures, SIMULATED_WARNING, example, 1, figures), None)
    shown = re.sub("\x1b.*?m", "", capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) <= 80
    for told in ("1234", "production", "2026-11-28", "avito_2026_listings…", "8.0 %", "accepted"):
        assert told in shown
    assert re.search(r"Median error \(%\) +8\.0 +8\.0", shown)


def test_deals_fit_a_terminal_and_stand_in_the_file_that_is_named(
    serving: Serving,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    car = {"make": "Mercedes-Benz", "model": "Classe E", "model_year": "2014", "fuel": "Diesel"}
    price = estimate_car(serving.model, car | {"mileage_km": "90000"}).price or 0
    asked = [0.9 * price, 0.8 * price, 0.1 * price, 1.1 * price]
    adverts = [
        car | {TARGET: f"{each:.0f}", "mileage_km": str(90_000 + 600 * at)}
        for at, each in enumerate(asked)
    ]
    found = FileDeals(Path("new.csv"), rank_texts(serving.model, adverts), "version 3")
    monkeypatch.setattr(production, "rank_file", lambda _work, _source: found)
    monkeypatch.setattr(results, "width", 80)
    monkeypatch.setenv("CARPRICE_HOME", str(tmp_path))
    target = tmp_path / "deals.csv"
    wished = ("deals", "new.csv", str(target), "--rarest", "100")
    code, out, _ = run_here(monkeypatch, capsys, *wished)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert re.search(r"1 Mercedes-Benz Cla… 2014 +90,600 .*\n +0 Mercedes-Benz Cla… 2014", out)
    assert "too cheap to be believed" in out
    assert "The 3 cars not set apart would be asked for at" in out
    assert [line[:2] for line in target.read_text("utf-8-sig").splitlines()] == ["li", "1;", "0;"]
    _, out, _ = run_here(monkeypatch, capsys, *wished, "--least-saved", str(price), "--json")
    told = json.loads(out)
    assert (told["source"], told["deals"]) == ("new.csv", [])
    assert [each["code"] for each in told["set_apart"]] == ["too_low"]
