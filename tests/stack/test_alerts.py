"""Each alert fires where it shall and stays quiet where it shall, by promtool; whom it reaches, by amtool.

Series are written as promtool reads them: `0x10` is ten times 0, `0+1x10` counts up. What goes on for days has
a value an hour, all else one a minute.
"""

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
DAY = 24
UP, DOWN = "1x30", "1x5 0x25"
ERRORS = 'carprice_api_requests_total{route="/v1/estimate",status="503"}'
ANSWERS = 'carprice_api_requests_total{route="/v1/estimate",status="200"}'
SECONDS = "carprice_api_request_seconds_bucket"
DISK = 'node_filesystem_{}_bytes{{device="/dev/sda",mountpoint="/stack/{}"}}'
EXPORTER = 'up{job="airflow"}'

Series = dict[str, str]
CASES: dict[str, tuple[int, Series, Series]] = {
    "ServiceDown": (20, {'up{job="api"}': DOWN}, {'up{job="api"}': "1x15 0 1x20", 'up{job="redis"}': DOWN}),
    "PageDown": (20, {'probe_success{job="pages"}': DOWN}, {'probe_success{job="pages"}': UP}),
    "DatabaseDown": (20, {"pg_up": UP, "redis_up": DOWN}, {"pg_up": UP, "redis_up": UP}),
    "ApiErrorsFast": (
        60,
        {ANSWERS: "0+90x60", ERRORS: "0+10x60"},
        {ANSWERS: "0+90x50 4590+80x10", ERRORS: "0x50 0+10x5 50x5"},  # over again within five minutes
    ),
    "ApiErrorsSlow": (
        4 * DAY,
        {ANSWERS: f"0+99x{4 * DAY}", ERRORS: f"0+1x{4 * DAY}"},
        {ANSWERS: f"0+999x{4 * DAY}", ERRORS: f"0+1x{4 * DAY}"},
    ),
    "ApiSlow": (
        30,
        {f'{SECONDS}{{route="/v1/estimate",le="{end}"}}': f"0+{n}x30" for end, n in (("0.5", 5), ("1", 10), ("+Inf", 10))},
        {f'{SECONDS}{{route="/v1/estimate",le="{end}"}}': f"0+{n}x30" for end, n in (("0.5", 10), ("1", 10), ("+Inf", 10))},
    ),
    "PageErrors": (20, {"carprice_page_errors_total": "0+1x30"}, {"carprice_page_errors_total": "0x10 1x20"}),
    "MlflowErrors": (
        30,
        {'mlflow_http_request_total{status="500"}': "0+1x30", 'mlflow_http_request_total{status="200"}': "0+9x30"},
        {'mlflow_http_request_total{status="404"}': "0+1x30", 'mlflow_http_request_total{status="200"}': "0+9x30"},
    ),
    "CertificateEnding": (
        90,
        {'probe_ssl_earliest_cert_expiry{job="certificate"}': f"{13 * 86400}x90"},
        {'probe_ssl_earliest_cert_expiry{job="certificate"}': f"{20 * 86400}x90"},
    ),
    "CertificateEnded": (
        20,
        {'probe_ssl_earliest_cert_expiry{job="certificate"}': "600x20"},
        {'probe_ssl_earliest_cert_expiry{job="certificate"}': f"{5 * 86400}x20"},
    ),
    "SchedulerSilent": (
        20,
        {"airflow_scheduler_heartbeat": "0+12x10 120x20", EXPORTER: UP},
        {"airflow_scheduler_heartbeat": "0+12x10 0+12x20", EXPORTER: "1x9 0 1x20"},  # the exporter made anew
    ),
    "DagProcessorSilent": (
        30,
        {"airflow_dag_processor_heartbeat": "0+12x10 120x20", EXPORTER: UP},
        {"airflow_dag_processor_heartbeat": "0+12x10 120x20", EXPORTER: DOWN},  # nothing is known
    ),
    "TriggererSilent": (
        30, {EXPORTER: UP}, {"airflow_triggerer_heartbeat": "0+12x30", EXPORTER: UP},
    ),
    "DagImportErrors": (
        20, {"airflow_dag_processing_import_errors": "1x20"}, {"airflow_dag_processing_import_errors": "0x20"},
    ),
    "QueueNotDrained": (
        30, {'redis_key_size{key="default"}': "3x30"}, {'redis_key_size{key="default"}': "3x8 0 4x8 0 2x12"},
    ),
    "PipelineFailed": (
        20,
        {"carprice_last_pipeline_timestamp_seconds": "900x20", "carprice_last_pipeline_success_timestamp_seconds": "600x20"},
        {"carprice_last_pipeline_timestamp_seconds": "900x20", "carprice_last_pipeline_success_timestamp_seconds": "900x20"},
    ),
    "PipelineLate": (
        10 * DAY,
        {"carprice_last_pipeline_success_timestamp_seconds": f"0x{10 * DAY}"},
        {"carprice_last_pipeline_success_timestamp_seconds": f"0x{7 * DAY} {7 * 86400}x{3 * DAY}"},
    ),
    "TasksKilled": (
        40,
        {'airflow_task_instances_without_heartbeats_killed{dag_id="d"}': "_x30 1x20"},
        {'airflow_task_instances_without_heartbeats_killed{dag_id="d"}': "1x60"},
    ),
    "NoProductionModel": (
        20, {"carprice_production_version": "0x20"}, {'carprice_production_version{job="api"}': "0x5 1x20"},
    ),
    "VersionsDisagree": (
        20,
        {'carprice_production_version{job="api"}': "2x20", 'carprice_production_version{job="page"}': "1x20"},
        {'carprice_production_version{job="api"}': "1x9 2x20", 'carprice_production_version{job="page"}': "1x12 2x20"},
    ),
    "ModelStale": (
        47 * DAY,
        {"carprice_production_promoted_timestamp_seconds": f"0x{47 * DAY}"},
        {"carprice_production_promoted_timestamp_seconds": f"0x{20 * DAY} {20 * 86400}x{27 * DAY}"},
    ),
    "CoverageLost": (
        20,
        {"carprice_interval_coverage_ratio": "0.7x20", "carprice_interval_coverage_asked_ratio": "0.8x20", "carprice_late_prices": "500x20"},
        {"carprice_interval_coverage_ratio": "0.7x20", "carprice_interval_coverage_asked_ratio": "0.8x20", "carprice_late_prices": "30x20"},
    ),
    "MarketShifted": (
        20, {"carprice_monitoring_verdict": "2x20"}, {"carprice_monitoring_verdict": "1x20"},
    ),
    "UnknownNames": (
        2 * DAY,
        {'carprice_unknown_names_total{field="make"}': f"0+1x{2 * DAY}", 'carprice_estimates_total{version="1"}': f"0+5x{2 * DAY}"},
        {'carprice_unknown_names_total{field="make"}': f"0+1x{2 * DAY}", 'carprice_estimates_total{version="1"}': f"0+50x{2 * DAY}"},
    ),
    "MonitoringLate": (
        10 * DAY,
        {"carprice_monitoring_timestamp_seconds": f"0x{10 * DAY}"},
        {"carprice_monitoring_timestamp_seconds": f"0x{7 * DAY} {7 * 86400}x{3 * DAY}"},
    ),
    "BackupTooOld": (
        2 * DAY,
        {"carprice_backup_last_success_timestamp_seconds": f"0x{2 * DAY}"},
        {"carprice_backup_last_success_timestamp_seconds": f"0x{DAY} 86400x{DAY}"},
    ),
    "RestoreDrillTooOld": (
        10 * DAY,
        {"carprice_restore_drill_last_success_timestamp_seconds": f"0x{10 * DAY}"},
        {"carprice_restore_drill_last_success_timestamp_seconds": f"0x{7 * DAY} {7 * 86400}x{3 * DAY}"},
    ),
    "DiskFull": (
        20,
        {DISK.format("avail", "logs"): "5x20", DISK.format("size", "logs"): "100x20"},
        {DISK.format("avail", "logs"): "5x4 50x20", DISK.format("size", "logs"): "100x30"},
    ),
    "DiskFilling": (
        6 * 60,
        {DISK.format("avail", "logs"): "100-0.2x400", DISK.format("size", "logs"): "120x400"},
        {DISK.format("avail", "logs"): "100-0.001x400", DISK.format("size", "logs"): "120x400"},
    ),
    "MemoryShort": (
        20,
        {"node_memory_MemAvailable_bytes": "4x20", "node_memory_MemTotal_bytes": "100x20"},
        {"node_memory_MemAvailable_bytes": "40x20", "node_memory_MemTotal_bytes": "100x20"},
    ),
    "OutOfMemory": (20, {"node_vmstat_oom_kill": "3x10 4x20"}, {"node_vmstat_oom_kill": "3x30"}),
    "DatabaseCrowded": (
        20,
        {"pg_stat_activity_count": "90x20", "pg_settings_max_connections": "100x20"},
        {"pg_stat_activity_count": "20x20", "pg_settings_max_connections": "100x20"},
    ),
    "DatabaseHeld": (20, {"pg_stat_activity_max_tx_duration": "7200x20"}, {"pg_stat_activity_max_tx_duration": "60x20"}),
    "QueueNotKept": (20, {"redis_aof_last_write_status": "0x20"}, {"redis_aof_last_write_status": "1x20"}),
    "Watchdog": (5, {}, {}),
    "WatcherDown": (20, {'up{job="redis"}': DOWN}, {'up{job="redis"}': "1x15 0x4 1x9"}),
    "NoticesFailing": (
        40,
        {"alertmanager_notifications_failed_total": "0+1x40"},
        {"alertmanager_notifications_failed_total": "0x10 3x30"},
    ),
    "RulesFailing": (
        40,
        {"prometheus_rule_evaluation_failures_total": "0+1x40"},
        {"prometheus_rule_evaluation_failures_total": "0x40"},
    ),
}  # fmt: skip
"""By alert: when it is asked, series that make it fire, series with which it stays quiet."""
SLOW = {
    "ApiErrorsSlow", "PipelineLate", "ModelStale", "UnknownNames", "MonitoringLate", "BackupTooOld",
    "RestoreDrillTooOld",
}  # fmt: skip
"""What goes on for days."""


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


def write_test(alert: str, step: str, at: int, series: Series, *, fires: bool) -> dict[str, Any]:
    return {
        "name": f"{alert} {'fires' if fires else 'stays quiet'}",
        "interval": f"1{step}",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
                "eval_time": f"{at}{step}",
                "exp_samples": [{"labels": "{}", "value": int(fires)}],
            }
        ],
    }


def test_all_alerts_have_cases() -> None:
    assert CASES.keys() == ALERTS.keys()


@pytest.mark.parametrize("step", ["m", "h"])
def test_each_alert_fires_where_it_shall_and_nowhere_else(tmp_path: Path, step: str) -> None:
    tests = [
        write_test(alert, step, at, series, fires=fires)
        for alert, (at, firing, quiet) in CASES.items()
        for fires, series in ((True, firing), (False, quiet))
        if (alert in SLOW) is (step == "h") and (fires or alert != "Watchdog")
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
