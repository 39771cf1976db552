"""Settings from the environment; light, since variables are set before heavy imports."""

import getpass
import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from carprice.errors import ConfigurationError

MAIL_ADDRESS = re.compile(r"[^@\s,<>\"]+@[^@\s,<>\"]+")
MOUNTED = Path("/run/secrets")
"""Folder in which a container finds secrets, each in a file named as its variable."""
SECRET = frozenset({"webhook_url", "smtp_url", "signing_key", "heartbeat_url"})
"""Names of settings whose values are never shown, not even wrong ones."""
_SECRETS = {f"carprice_{name}" for name in SECRET} | {"mlflow_tracking_uri"}
DEFAULTS = {
    # MLflow would otherwise report its use to its makers and draw progress bars over ours.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # A registry that is down is said so within seconds, not after minutes of retries.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    # Threads that spin while they wait starve each other on a busy machine.
    "OMP_WAIT_POLICY": "passive",
}
"""Variables read by libraries, set unless they are set already."""
SHORTEST_KEY = 32
"""Characters of a key that promotions are signed with."""
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Variable by which the library of the figures finds what several processes count together."""


class Settings(BaseSettings):
    """Places and addresses; the defaults are the embedded stores."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="CARPRICE_", hide_input_in_errors=True
    )

    home: Path = Field(default_factory=Path.cwd)
    """Folder of params.yaml, data, models and mlflow: CARPRICE_HOME, else the current one."""
    user_name: str = Field(default_factory=getpass.getuser)
    """Name of the person at work: CARPRICE_USER_NAME, else the operating system's user."""
    tracking_uri: str = Field(default="", validation_alias="MLFLOW_TRACKING_URI")
    """Address of an MLflow server; without one, the embedded store in `home` is used."""
    webhook_url: str = Field(default="", repr=False)
    """CARPRICE_WEBHOOK_URL: address that each report, and word of trouble with production, is
    posted to; empty: none."""
    mail_to: str = ""
    """CARPRICE_MAIL_TO: mail addresses that the same goes to, comma-separated; empty: none."""
    smtp_url: str = Field(default="", repr=False, validate_default=True)
    """CARPRICE_SMTP_URL: the mail server, such as smtps://user:password@host:465."""

    log_format: Literal["", "json"] = ""
    """CARPRICE_LOG_FORMAT: `json` has servers log a line of JSON an event, for programs."""
    monitoring: bool = False
    """CARPRICE_MONITORING: whether alerts run, which tell of estimates that got worse."""
    heartbeat_url: str = Field(default="", repr=False)
    """CARPRICE_HEARTBEAT_URL: address that hears now and then that monitoring runs; empty: none."""

    mlflow_page: str = "http://localhost:5000"
    """CARPRICE_MLFLOW_PAGE: where a browser finds MLflow, for links to it; empty: here."""
    airflow_page: str = ""
    """CARPRICE_AIRFLOW_PAGE: where a browser finds Airflow, for links to it; empty: no link."""

    signing_key: str = Field(default="", repr=False)
    """CARPRICE_SIGNING_KEY: the key that promotions are signed with, and after a comma earlier ones
    that are still believed; empty: nothing is signed."""

    api_hosts: str = ""
    """CARPRICE_API_HOSTS: further names of the API's machine, comma-separated; empty: none."""
    api_requests_per_minute: int = Field(default=0, ge=0)
    """CARPRICE_API_REQUESTS_PER_MINUTE: most that one client may ask; 0 or empty: no limit."""

    keep_requests_days: int = Field(default=0, ge=0)
    """CARPRICE_KEEP_REQUESTS_DAYS: days for which a sample of the cars that were asked for is kept;
    0 or empty: none is."""

    @field_validator("api_requests_per_minute", "keep_requests_days", "monitoring", mode="before")
    @classmethod
    def _read_empty(cls, given: object) -> object:
        return given or 0

    @field_validator("mlflow_page", "airflow_page")
    @classmethod
    def _ensure_page(cls, url: str, info: ValidationInfo) -> str:
        if not url:
            return str(cls.model_fields[str(info.field_name)].default)
        if not _is_address(url, {"http", "https"}):
            raise ValueError(
                f"CARPRICE_{str(info.field_name).upper()} is no address such as "
                "http://localhost:5000"
            )
        return url.rstrip("/")

    @field_validator("webhook_url", "heartbeat_url")
    @classmethod
    def _ensure_webhook(cls, url: str, info: ValidationInfo) -> str:
        if url and not _is_address(url, {"http", "https"}):
            raise ValueError(
                f"CARPRICE_{str(info.field_name).upper()} is no address such as "
                "https://example.com/hook"
            )
        return url

    @field_validator("mail_to")
    @classmethod
    def _ensure_recipients(cls, addresses: str) -> str:
        if addresses.strip() and not all(map(MAIL_ADDRESS.fullmatch, _split(addresses))):
            raise ValueError("CARPRICE_MAIL_TO is no mail address such as team@example.com")
        return addresses.strip()

    @field_validator("smtp_url")
    @classmethod
    def _ensure_mail_server(cls, url: str, info: ValidationInfo) -> str:
        if url and not _is_address(url, {"smtp", "smtps"}):
            raise ValueError(
                "CARPRICE_SMTP_URL is no address such as smtps://user:password@example.com:465 "
                "or smtp://example.com:25 (write @ in a user name as %40)"
            )
        if info.data.get("mail_to") and not url:
            raise ValueError("CARPRICE_MAIL_TO needs a mail server in CARPRICE_SMTP_URL")
        return url

    @field_validator("signing_key")
    @classmethod
    def _ensure_keys(cls, keys: str) -> str:
        if keys.strip() and any(len(each) < SHORTEST_KEY for each in _split(keys)):
            raise ValueError(
                f"CARPRICE_SIGNING_KEY holds a key of fewer than {SHORTEST_KEY} characters"
            )
        return keys.strip()

    @property
    def signing_keys(self) -> list[str]:
        """Keys of promotions: the first one signs, all are believed; none: nothing is signed."""
        return _split(self.signing_key) if self.signing_key else []

    @property
    def recipients(self) -> list[str]:
        return _split(self.mail_to)

    @property
    def has_notices(self) -> bool:
        """Whether notices go anywhere."""
        return bool(self.webhook_url or self.mail_to)

    @property
    def api_host_names(self) -> list[str]:
        return [each.lower() for each in _split(self.api_hosts) if each]

    @property
    def raw_data(self) -> Path:
        return self.home / "data" / "raw"

    @property
    def arrivals_marker(self) -> Path:
        """File that keeps which files of `raw_data` wait for a run, and which one read each."""
        return self.processed_data / "arrivals.json"

    @property
    def processed_data(self) -> Path:
        return self.home / "data" / "processed"

    @property
    def exported_models(self) -> Path:
        return self.home / "models"

    @property
    def serving_copies(self) -> Path:
        """Folder of what servers keep for themselves: the last good model, and notes on it."""
        return self.exported_models / "serving"

    @property
    def tried_models(self) -> Path:
        """Folder that remembers which model files have passed their trial."""
        return self.serving_copies / "passed"

    @property
    def embedded_store(self) -> Path:
        return self.home / "mlflow"

    @property
    def registry_uri(self) -> str:
        return self.tracking_uri or f"sqlite:///{self.embedded_store.resolve() / 'mlflow.db'}"

    @property
    def has_registry(self) -> bool:
        """Whether the registry exists; an embedded store is made by the first run."""
        return bool(self.tracking_uri) or (self.embedded_store / "mlflow.db").exists()

    @property
    def artifact_root(self) -> str | None:
        """Artifact folder of an embedded store; a server decides for itself."""
        return None if self.tracking_uri else (self.embedded_store / "mlruns").resolve().as_uri()


def _split(addresses: str) -> list[str]:
    return [each.strip() for each in addresses.split(",")]


def _is_address(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
    return usable and url.isascii() and url.isprintable() and " " not in url


def read_settings() -> Settings:
    """Settings from the environment, else from what is mounted."""
    try:
        return Settings(_secrets_dir=MOUNTED if MOUNTED.is_dir() else None)
    except ValidationError as error:
        raise ConfigurationError(explain(error, "the environment")) from error


def prepare_process() -> None:
    """Set the libraries' environment variables, before the first import of one."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


def child_environment() -> dict[str, str]:
    """Environment of the servers started on the embedded store."""
    # MLflow's job queue serves language models: seven processes, 1.3 GB that nobody here uses.
    return {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def lean_environment() -> dict[str, str]:
    """Environment of a process that opens one file: without secrets, on one thread."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in _SECRETS}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def share_folder(folder: str) -> None:
    """Tell the server processes that this one starts which folder they share."""
    os.environ[SHARED] = folder


def shared_folder() -> Path | None:
    """The folder that this server shares with others of its kind; None for one by itself."""
    return Path(folder) if (folder := os.environ.get(SHARED)) else None


def process_environment(settings: Settings) -> dict[str, str]:
    """Environment of another process of this package, with the same settings."""
    environment = {**DEFAULTS, **os.environ, "CARPRICE_HOME": str(settings.home)}
    if settings.tracking_uri:
        environment["MLFLOW_TRACKING_URI"] = settings.tracking_uri
    else:
        # MLflow leaves the address of the embedded store there, for children of its own.
        environment.pop("MLFLOW_TRACKING_URI", None)
    return environment


def explain(error: ValidationError, where: str) -> str:
    """Wrong entries found by pydantic, one a line."""
    lines = [
        f"  - {'.'.join(map(str, each['loc']))}: {each['msg']}"
        + ("" if SECRET & set(each["loc"]) else f" (found {each['input']!r:.80})")
        for each in error.errors()
    ]
    return "\n".join([f"{where} cannot be used; {len(lines)} to mend:", *lines])
