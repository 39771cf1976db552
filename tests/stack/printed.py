"""The commands that the pages print, and which of them are for the running stack."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "guide.fr.md",
    ROOT / "docs" / "guide-docker.fr.md",
    ROOT / "docs" / "operations.md",
    ROOT / "CONTRIBUTING.md",
)
FOR_THE_STACK = (
    "docker ",
    "./docker-",
    "scripts/fire-drill.sh",
    "scripts/logs.sh",
    "make stack-test",
)
TO_THE_API = "curl -s "
API_PORT = 8000
SERVED = {
    "make app": (8501, 5000, API_PORT),
    "make app STREAMLIT_PORT=8511 MLFLOW_PORT=5011 API_PORT=8011": (8511, 5011, 8011),
}
RUN_BY_CI = {"make test", "make check", "make check-safety", "make docs", "make browser-test"}
MEASURED_BY_HAND = {"make bench", "make stack-bench", "make page-bench"}


def printed_commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line]


def all_commands() -> list[str]:
    """In the order of the guide, which makes the files that later commands use."""
    pages = (*PAGES[1:], PAGES[0])
    guide_first = [command for page in pages for command in printed_commands(page)]
    return list(dict.fromkeys(guide_first))


def api_commands() -> list[str]:
    return [command for command in all_commands() if command.startswith(TO_THE_API)]


def stack_commands() -> list[str]:
    return [command for command in all_commands() if command.startswith(FOR_THE_STACK)]
