"""MLflow's server as the stack and `make app` start it: whose pages may use it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests


@pytest.mark.parametrize(
    ("page", "answer"),
    [
        (None, 200), ("http://127.0.0.1:{port}", 200), ("http://localhost:{port}", 200),
        ("http://localhost:3000", 403), ("http://127.0.0.1", 403), ("https://example.com", 403),
        ("null", 403),
    ],
)  # fmt: skip
def test_mlflow_takes_changes_from_its_own_page_and_from_programs(
    server: Callable[[], str], page: str | None, answer: int
) -> None:
    port = urlsplit(server()).port
    origin = page.format(port=port) if page else None
    host = origin.removeprefix("http://") if origin and answer == 200 else f"localhost:{port}"
    asked = requests.post(
        f"{server()}/ajax-api/2.0/mlflow/experiments/search",
        headers={"Host": host} | ({"Origin": origin} if origin else {}),
        json={"max_results": 1},
        timeout=60,
    )
    assert asked.status_code == answer, asked.text
