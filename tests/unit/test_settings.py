import getpass
import os
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from carprice.errors import ConfigurationError
from carprice.settings import Settings, explain, prepare_process, process_environment, read_settings

VARIABLES = (
    "CARPRICE_HOME", "CARPRICE_USER_NAME", "MLFLOW_TRACKING_URI",
    "CARPRICE_WEBHOOK_URL", "CARPRICE_MAIL_TO", "CARPRICE_SMTP_URL",
    "CARPRICE_MLFLOW_PAGE", "CARPRICE_AIRFLOW_PAGE",
    "CARPRICE_API_HOSTS", "CARPRICE_API_REQUESTS_PER_MINUTE", "CARPRICE_KEEP_REQUESTS_DAYS",
    "CARPRICE_HEARTBEAT_URL", "CARPRICE_LOG_FORMAT", "CARPRICE_MONITORING",
    "CARPRICE_SIGNING_KEY",
)  # fmt: skip
PREPARED = ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_HTTP_REQUEST_TIMEOUT", "OMP_WAIT_POLICY")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *PREPARED):
        monkeypatch.setenv(name, "")  # so that it is put back even where a test sets it
        monkeypatch.delenv(name)


def test_without_variables_everything_lies_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_settings()
    assert found.home == tmp_path
    assert found.processed_data == tmp_path / "data" / "processed"
    assert found.exported_models == tmp_path / "models"
    assert found.embedded_store == tmp_path / "mlflow"
    assert found.user_name == getpass.getuser()


def test_without_a_server_the_embedded_store_is_used(tmp_path: Path) -> None:
    found = Settings(home=tmp_path)
    assert found.registry_uri == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert found.artifact_root == (tmp_path / "mlflow" / "mlruns").as_uri()


def test_there_is_a_registry_once_a_run_has_made_it_or_a_server_is_named(tmp_path: Path) -> None:
    found = Settings(home=tmp_path)
    assert not found.has_registry
    assert found.model_copy(update={"tracking_uri": "http://mlflow:5000"}).has_registry
    found.embedded_store.mkdir()
    (found.embedded_store / "mlflow.db").touch()
    assert found.has_registry


def test_a_relative_home_gives_absolute_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(home=Path()).registry_uri == f"sqlite:///{tmp_path}/mlflow/mlflow.db"


def test_the_environment_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARPRICE_HOME", str(tmp_path))
    monkeypatch.setenv("CARPRICE_USER_NAME", "amina")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    found = read_settings()
    assert (found.home, found.user_name) == (tmp_path, "amina")
    assert found.registry_uri == "http://mlflow:5000"
    assert found.artifact_root is None


def test_what_is_mounted_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carprice.settings.MOUNTED", tmp_path)
    (tmp_path / "carprice_smtp_url").write_text("smtps://u:p@example.com:465")
    (tmp_path / "carprice_webhook_url").write_text("")
    settings = read_settings()
    assert settings.smtp_url == "smtps://u:p@example.com:465"
    assert settings.webhook_url == ""
    monkeypatch.setenv("CARPRICE_SMTP_URL", "smtp://example.com:25")
    assert read_settings().smtp_url == "smtp://example.com:25"


def test_a_key_is_long_and_earlier_ones_may_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().signing_keys == []
    new, old = "n" * 32, "o" * 44
    monkeypatch.setenv("CARPRICE_SIGNING_KEY", f" {new}, {old}\n")
    assert read_settings().signing_keys == [new, old]
    assert new not in repr(read_settings())
    monkeypatch.setenv("CARPRICE_SIGNING_KEY", f"{new},short")
    with pytest.raises(ConfigurationError, match="fewer than 32 characters") as caught:
        read_settings()
    assert new not in str(caught.value)


def test_settings_cannot_be_changed_once_read(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings(home=tmp_path).user_name = "x"  # type: ignore[misc]


def test_settings_that_cannot_be_used_are_a_matter_of_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Settings):
        def __init__(self, **_: object) -> None:
            super().__init__(home=3)  # type: ignore[arg-type]

    monkeypatch.setattr("carprice.settings.Settings", Broken)
    with pytest.raises(ConfigurationError, match="the environment cannot be used; 1 to mend"):
        read_settings()


def test_explain_names_each_entry_and_cuts_what_is_long() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"home": 3, "user_name": ["x" * 500]})
    lines = explain(caught.value, "this").splitlines()
    assert lines[0] == "this cannot be used; 2 to mend:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["- home", "- user_name"]
    assert all(len(line) < 200 for line in lines)


def test_libraries_are_prepared_but_what_the_environment_says_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    prepare_process()
    found = [os.environ[name] for name in PREPARED]  # noqa: TID251 - what was set is looked at
    assert found == ["true", "7", "passive"]


@pytest.mark.parametrize(
    ("uri", "given"), [("", None), ("http://mlflow:5000", "http://mlflow:5000")]
)
def test_another_process_works_under_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, given: str | None
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///left/behind/by/mlflow.db")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    settings = Settings(home=tmp_path).model_copy(update={"tracking_uri": uri})
    environment = process_environment(settings)
    assert environment["CARPRICE_HOME"] == str(tmp_path)
    assert environment.get("MLFLOW_TRACKING_URI") == given
    assert [environment[name] for name in PREPARED] == ["true", "7", "passive"]


def test_empty_variables_of_notices_mean_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES[3:]:
        monkeypatch.setenv(name, "")
    found = read_settings()
    assert (found.webhook_url, found.mail_to, found.smtp_url) == ("", "", "")


def test_notices_go_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARPRICE_WEBHOOK_URL", "https://hooks.example.com/T0/B0/hush?a=b")
    monkeypatch.setenv("CARPRICE_MAIL_TO", " a@example.com, b@example.com ")
    monkeypatch.setenv("CARPRICE_SMTP_URL", "smtps://me%40example.com:p%3Aw@mail.example.com:465")
    found = read_settings()
    assert found.recipients == ["a@example.com", "b@example.com"]
    assert "hush" not in repr(found)
    assert "p%3Aw" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CARPRICE_WEBHOOK_URL", "hooks.example.com/hush"),
        ("CARPRICE_WEBHOOK_URL", "ftp://hooks.example.com/hush"),
        ("CARPRICE_WEBHOOK_URL", "https:///hush"),
        ("CARPRICE_WEBHOOK_URL", "https://hooks.example.com:hush/"),
        ("CARPRICE_WEBHOOK_URL", "https://[::1/hush"),
        ("CARPRICE_WEBHOOK_URL", "https://hooks.example.com/hush with spaces"),
        ("CARPRICE_WEBHOOK_URL", "https://hooks.example.com/hush\r\nX: y"),
        ("CARPRICE_SMTP_URL", "mail.example.com:hush"),
        ("CARPRICE_SMTP_URL", "https://me:hush@mail.example.com"),
        ("CARPRICE_SMTP_URL", "smtp://me:hush@:25"),
        ("CARPRICE_MAIL_TO", "nobody"),
        ("CARPRICE_MAIL_TO", "a@example.com, b"),
        ("CARPRICE_MAIL_TO", "a@example.com\nBcc: b@example.com"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_the_start_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("CARPRICE_SMTP_URL", "smtp://example.com")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is no ") as caught:
        read_settings()
    told = "".join(traceback.format_exception(caught.value))
    assert "hush" not in told


def test_mail_without_a_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARPRICE_MAIL_TO", "a@example.com")
    with pytest.raises(ConfigurationError, match="needs a mail server in CARPRICE_SMTP_URL"):
        read_settings()


def test_links_lead_to_this_machine_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().mlflow_page == "http://localhost:5000"
    monkeypatch.setenv("CARPRICE_MLFLOW_PAGE", "")
    assert read_settings().mlflow_page == "http://localhost:5000"
    monkeypatch.setenv("CARPRICE_AIRFLOW_PAGE", "")
    assert not read_settings().airflow_page  # it may not run at all
    monkeypatch.setenv("CARPRICE_MLFLOW_PAGE", "https://mlflow.example.com/")
    assert read_settings().mlflow_page == "https://mlflow.example.com"


@pytest.mark.parametrize("name", ["CARPRICE_MLFLOW_PAGE", "CARPRICE_AIRFLOW_PAGE"])
@pytest.mark.parametrize("address", ["localhost:5000", "javascript:alert(1)", "http://"])
def test_what_a_browser_cannot_open_is_no_page(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(ConfigurationError, match=name):
        read_settings()
