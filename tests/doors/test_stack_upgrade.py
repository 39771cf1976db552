"""An upgrade: what it looks at, in which order it goes, and the way back from wherever it fails."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from machine import RESET, RESTORE, ROOT, ROTATE, START, UPGRADE, Machine, fill

HEADS = {"airflow": ["17dcde"], "mlflow": ["5b5abc"]}
OLD, STARTED, NEW = (f"2026-11-2{day}T10:00:00Z" for day in (1, 2, 3))
ADDED = (UPGRADE, "scripts/stack/upgrade.sh", "scripts/stack/ask_page.py")
MIGRATE_MLFLOW, MIGRATE_AIRFLOW = "mlflow db upgrade", "-T airflow-init"
KEPT_MLFLOW = "tag carprice-before-upgrade:2 carprice-mlflow:latest"
UNTOUCHED = ["build", "backup.py heads", "backup.py take"]
DONE = ["up --detach postgres redis", MIGRATE_MLFLOW, MIGRATE_AIRFLOW, "backup.py verify"]


def git(machine: Machine, *words: str, date: str = NEW) -> str:
    """What git answers; what it writes into its memory of where it stood is of that date."""
    who = {"EMAIL": "nobody@example.com", "GIT_COMMITTER_DATE": date}
    return subprocess.run(
        ["git", "-c", "user.name=nobody", *words],
        cwd=machine.project, env={**machine.environment, **who},
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


def commit(machine: Machine, code: str, date: str) -> None:
    fill(machine.project, "code")
    (machine.project / "code").write_text(code)
    git(machine, "add", "--all", date=date)
    git(machine, "commit", "--quiet", f"--message={code}", date=date)


@pytest.fixture
def used(machine: Machine) -> Machine:
    """A machine whose stack was started from the old commit; its clone stands at the new one."""
    kept = {name: (machine.project / name).read_bytes() for name in ADDED}
    for name in ADDED:
        (machine.project / name).unlink()
    git(machine, "init", "--quiet", date=OLD)
    (machine.project / ".gitignore").write_text(".env\nmodels/\ndata/\nmlflow/\nairflow/\n")
    (machine.project / "params.yaml").write_text("model: restored\n")
    commit(machine, "old", OLD)
    for name, content in kept.items():
        (machine.project / name).write_bytes(content)
    (machine.project / UPGRADE).chmod(0o755)
    shutil.copy(ROOT / ".gitignore", machine.project)
    commit(machine, "new", NEW)
    fill(machine.project, "mlflow/mlruns/1/run/model.skops", "models/a.skops", "data/raw/a.csv")
    machine.write_env()
    settings = machine.project / ".env"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(each for each in lines if "CARPRICE_BACKUP_KEY=" not in each))
    (machine.engine / "containers").write_text("postgres\nredis\nmlflow\nstreamlit\ndoors")
    (machine.engine / "volumes").write_text("carprice_postgres-db-volume\ncarprice_redis-data")
    machine.scenario(created=STARTED)
    return machine


def at(machine: Machine) -> str:
    return (machine.project / "code").read_text()


def receipt(machine: Machine) -> dict:
    (path,) = (machine.project / "models" / "upgrades").glob("*.json")
    return json.loads(path.read_text())


def find(machine: Machine, *words: str) -> list[int]:
    """The place of each of these among all that was asked of the engine."""
    calls = [" ".join(each) for each in machine.calls]
    return [next(at for at, each in enumerate(calls) if word in each) for word in words]


def settings(machine: Machine) -> Path:
    return machine.project / ".env"


def test_an_upgrade_goes_from_what_runs_to_what_is_checked_out(used: Machine) -> None:
    before = settings(used).read_text()
    ended = used.run(UPGRADE, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    order = find(
        used, ":8501", "tag id-of-postgres", "build", "task_instance", "stop redis streamlit doors",
        *UNTOUCHED[1:], "down", *DONE,
    )  # fmt: skip
    assert order == sorted(order)
    told = receipt(used)
    assert not told["failed_at"]
    old, new = git(used, "rev-parse", "HEAD~"), git(used, "rev-parse", "HEAD")
    assert (told["outcome"], told["from"], told["to"]) == ("upgraded", old, new)
    assert told["backup"] == "0123abcd"
    assert told["heads_before"] == told["heads_after"] == HEADS
    images = told["images"]["carprice-mlflow:latest"]
    assert images == ["id-of-mlflow", "new-carprice-mlflow:latest"]
    assert told["golden_cars"] == {"make=Dacia": ["84 000 DH"]}
    assert settings(used).read_text().startswith(before), "what was added stands at its end"
    assert not (used.project / ".upgrading").exists()
    assert ["image", "rm", "carprice-before-upgrade:1"] in used.calls


@pytest.mark.parametrize("trouble", UNTOUCHED)
def test_what_fails_before_the_switch_leaves_all_as_it_was(used: Machine, trouble: str) -> None:
    before = settings(used).read_text()
    used.scenario(created=STARTED, fails_at=trouble)
    ended = used.run(UPGRADE, "--yes")
    assert ended.returncode == 1
    assert "The stack of before goes on." in ended.stderr
    assert "down --remove-orphans" not in used.acts()
    assert ["start", "postgres", "redis", "mlflow", "streamlit", "doors"] in used.calls
    key = used.read_env()["CARPRICE_BACKUP_KEY"]
    assert settings(used).read_text() == f"{before}\nCARPRICE_BACKUP_KEY={key}\n"
    assert KEPT_MLFLOW.split() in used.calls
    assert not (used.project / ".upgrading").exists()


@pytest.mark.parametrize("trouble", [*DONE, "price"])
def test_what_fails_after_it_brings_everything_back(used: Machine, trouble: str) -> None:
    before = settings(used).read_text()
    failing = {"price": "1 DH"} if trouble == "price" else {"fails_once_at": trouble}
    used.scenario(created=STARTED, **failing)
    ended = used.run(UPGRADE, "--yes")
    assert ended.returncode == 1
    assert "The upgrade failed" in ended.stderr
    assert at(used) == "old"
    assert receipt(used)["outcome"] == "went back"
    key = used.read_env()["CARPRICE_BACKUP_KEY"]
    assert settings(used).read_text() == f"{before}\nCARPRICE_BACKUP_KEY={key}\n"
    order = find(
        used, "backup.py restore 0123abcd", "tag carprice-before-upgrade:2 carprice-mlflow"
    )
    assert order == sorted(order)
    asked = [at for at, call in enumerate(used.calls) if call[-1] == "doors:8501"]
    assert asked[-1] > order[-1], "the page of before is asked at the end"
    assert not git(used, "status", "--porcelain"), "the old commit offers no secret to git add"
    assert not (used.project / ".restoring").exists()
    assert not (used.project / ".upgrading").exists()


@pytest.mark.parametrize("moment", ["build", "backup.py take"])
def test_killed_before_the_switch_it_begins_again(used: Machine, moment: str) -> None:
    used.scenario(created=STARTED, dies_at=moment)
    assert used.run(UPGRADE, "--yes").returncode != 0
    used.scenario(created=STARTED)
    for script, *words in ((START,), (RESTORE, "latest"), (RESET, "--yes"), (ROTATE, "--all")):
        assert "An upgrade was ended in the middle" in used.run(script, *words).stderr
    ended = used.run(UPGRADE)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert receipt(used)["outcome"] == "upgraded"


@pytest.mark.parametrize("moment", [MIGRATE_AIRFLOW, "backup.py verify"])
def test_killed_after_it_goes_on(used: Machine, moment: str) -> None:
    used.scenario(created=STARTED, dies_at=moment)
    assert used.run(UPGRADE, "--yes").returncode != 0
    used.scenario(created=STARTED)
    (used.engine / "calls").unlink()
    ended = used.run(UPGRADE)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not [act for act in used.acts() if "backup.py take" in act]


def test_killed_on_the_way_back_it_goes_on_back(used: Machine) -> None:
    used.scenario(created=STARTED, fails_once_at=MIGRATE_MLFLOW, dies_at="backup.py restore")
    assert used.run(UPGRADE, "--yes").returncode != 0
    used.scenario(created=STARTED)
    ended = used.run(UPGRADE)
    assert ended.returncode == 1
    assert at(used) == "old"
    assert receipt(used)["outcome"] == "went back"


def test_it_asks_and_says_from_where_to_where(used: Machine) -> None:
    code, shown = used.run_on_terminal(UPGRADE, typed="no\n")
    assert code == 1
    assert f"from {git(used, 'rev-parse', '--short', 'HEAD~')} (" in shown
    assert "Nothing was upgraded." in shown
    assert not (used.project / ".upgrading").exists()


def test_what_cannot_be_upgraded_is_said_and_left_alone(used: Machine) -> None:
    (used.project / "code").write_text("mine")
    (used.tools / "df").unlink()
    used.fake("df", "echo Filesystem; echo /dev/a 9 9 4000000 9% /")
    state = {"states-mlflow": "running 0 unhealthy 0 false"}
    used.scenario(created=STARTED, **state, **{"image-carprice-airflow:latest": "here"})
    ended = used.run(UPGRADE, "--yes")
    assert ended.returncode == 1
    assert "Changed here and in no commit: code" in ended.stderr
    assert "mlflow is not well" in ended.stderr
    assert "The disk at / has 4 GB free; 6 GB are needed." in ended.stderr, "images and a backup"
    assert not (used.project / ".upgrading").exists()


@pytest.mark.parametrize(
    ("words", "created", "code", "told"),
    [
        ((), NEW, 0, "already"),
        ((), "2026-11-20T10:00:00Z", 1, "name it, with --from COMMIT"),
        (("--from", "nowhere"), STARTED, 1, "name it, with --from COMMIT"),
        (("--from",), STARTED, 2, "Unknown option: --from"),
        (("--force",), STARTED, 2, "Unknown option: --force"),
    ],
)
def test_commits_are_found_or_asked_for(
    used: Machine, words: tuple[str, ...], created: str, code: int, told: str
) -> None:
    used.scenario(created=created)
    ended = used.run(UPGRADE, *words)
    assert ended.returncode == code
    assert told in ended.stdout + ended.stderr


def test_databases_are_never_brought_backward(used: Machine) -> None:
    newer = git(used, "rev-parse", "HEAD")
    git(used, "checkout", "--quiet", "--detach", "HEAD~")
    git(used, "checkout", newer, "--", *ADDED)
    ended = used.run(UPGRADE, "--from", newer)
    assert ended.returncode == 1
    assert "is older than what runs" in ended.stderr
