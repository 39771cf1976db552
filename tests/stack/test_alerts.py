"""Each alert fires where it shall and stays quiet where it shall; whom it reaches."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "monitoring" / "alerts.yml"
GROUPS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
CASES = yaml.safe_load(Path(__file__).with_name("alert_cases.yml").read_text(encoding="utf-8"))


def run_in_image(variable: str, entrypoint: str, *arguments: str, folder: Path) -> str:
    """What a program of an image of the stack printed, with a folder at /rules."""
    sample = (ROOT / ".env.example").read_text(encoding="utf-8")
    (image,) = re.findall(rf"^{variable}=(.+)$", sample, re.M)
    mount = f"{folder}:/rules:ro"
    done = subprocess.run(
        ["docker", "run", "--rm", "--volume", mount, "--entrypoint", entrypoint, image, *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write_test(alert: str, kind: str) -> dict[str, Any]:
    """A test of promtool: whether an alert fires by the series of a kind, fires or quiet."""
    case = CASES[alert]
    question = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    answer = {"labels": "{}", "value": int(kind == "fires")}
    return {
        "name": f"{alert} {kind}",
        "interval": f"1{case['at'][-1]}",
        "input_series": [{"series": name, "values": each} for name, each in case[kind].items()],
        "promql_expr_test": [{"expr": question, "eval_time": case["at"], "exp_samples": [answer]}],
    }


def test_all_alerts_have_cases() -> None:
    assert CASES.keys() == ALERTS.keys()


@pytest.mark.parametrize("step", ["m", "h"])
def test_each_alert_fires_where_it_shall_and_nowhere_else(tmp_path: Path, step: str) -> None:
    tests = [
        write_test(alert, kind)
        for alert, case in CASES.items()
        for kind in ("fires", "quiet")
        if case["at"].endswith(step) and (alert, kind) != ("Watchdog", "quiet")
    ]
    tmp_path.chmod(0o755)
    (tmp_path / "alerts.yml").write_text(RULES.read_text(encoding="utf-8"))
    told = {"rule_files": ["alerts.yml"], "evaluation_interval": f"1{step}", "tests": tests}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(told))
    run_in_image(
        "PROMETHEUS_IMAGE", "promtool", "test", "rules", "/rules/tests.yml", folder=tmp_path
    )


def test_prometheus_reads_its_configuration(tmp_path: Path) -> None:
    rules = run_in_image(
        "PROMETHEUS_IMAGE", "promtool", "check", "rules", "/rules/alerts.yml", folder=RULES.parent
    )
    assert "SUCCESS" in rules


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_its_first_step(alert: str) -> None:
    told = ALERTS[alert]["annotations"]
    assert told["runbook"] == f"docs/operations.md#{alert.lower()}"
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert re.search(rf"^#+ {alert}$\n\n\S", page, re.M), "its chapter, with what to do first"
    assert told["fr"] != told["en"]


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=SchedulerSilent", "severity=page"], "people"),
        (["alertname=ModelStale", "severity=ticket"], "people"),
        (["alertname=Watchdog", "severity=none"], "heartbeat"),
    ],
)
def test_alerts_reach_whom_they_are_for(labels: list[str], receiver: str) -> None:
    told = run_in_image(
        "ALERTMANAGER_IMAGE", "amtool", "config", "routes", "test",
        "--config.file=/rules/alertmanager.yml", *labels, folder=RULES.parent,
    )  # fmt: skip
    assert told.split() == [receiver]
