"""A stand-in for `docker` that keeps an engine's state in a folder and writes down every call.

The folder, FAKE_DOCKER, holds `scenario` (see SCENARIO), `calls` (a line for each, words apart by
tabs) and what containers, volumes and databases there are. A test starts it a hundred times, so it
imports nothing that takes time.
"""
# ruff: noqa: T201, PTH110, PTH123, S302

import marshal
import os
import sys
import time

SERVICES = ["postgres", "redis", "mlflow", "airflow-init", "airflow-webserver", "streamlit"]
HEALTHY = "running 0 healthy 0 false"
SCENARIO = {
    "info": "28.2.2 8000000000",  # what `docker info` prints
    "info_error": "",  # … and what it says on stderr before it ends with 1
    "compose": "2.26.1",  # version of Compose
    "images": [],  # images that were built
    "publishers": {},  # port -> "container project" that publishes it
    "states": {},  # service -> states at one look after the other; the last one stays
    "pipeline": 0,  # how scripts/run_pipeline.py ends
    "fails": {},  # words of a call -> its exit code
    "dies_at": "",  # words of a call at which the power fails: everything of this session is killed
    "hangs_at": "",  # words of a call that never ends
}
HOME = os.environ.get("FAKE_DOCKER", ".")  # noqa: TID251


def main() -> int:
    words = sys.argv[1:]
    with open(f"{HOME}/calls", "a") as calls:
        calls.write("\t".join(words) + "\n")
    with open(f"{HOME}/scenario", "rb") as told:
        scenario = SCENARIO | marshal.load(told)
    call = " ".join(words)
    if scenario["dies_at"] and scenario["dies_at"] in call:
        os.killpg(os.getpgid(0), 9)
    while scenario["hangs_at"] and scenario["hangs_at"] in call:
        time.sleep(60)
    for part, code in scenario["fails"].items():
        if part in call:
            print(f"fake failure of {part}", file=sys.stderr)
            return int(code)
    if words[0] == "compose":
        return compose(words[1:], scenario)
    return engine(words, scenario)


def engine(words: list[str], scenario: dict) -> int:
    if words[0] == "info":
        print(scenario["info_error"], file=sys.stderr)
        print(scenario["info"])
        return 1 if scenario["info_error"] else 0
    if words[0] == "image":
        return 0 if words[-1] in scenario["images"] else 1
    if words[0] == "ps" and "--quiet" in words:
        print("\n".join(recall("containers")))
    elif words[0] == "ps":
        port = next(word for word in words if word.startswith("publish=")).removeprefix("publish=")
        if port in scenario["publishers"]:
            print(scenario["publishers"][port])
    elif words[0] == "inspect":
        print("\n".join(f"{name} {state(name, scenario)}" for name in words[3:]))
    elif words[:2] == ["volume", "ls"]:
        print("\n".join(recall("volumes")))
    elif words[:2] == ["volume", "rm"]:
        keep("volumes", [each for each in recall("volumes") if each != words[2]])
    return 0


def compose(words: list[str], scenario: dict) -> int:
    if words[0] == "version":
        print(scenario["compose"])
        return 0 if scenario["compose"] else 1
    if words[0] == "--env-file":
        words = words[2:]
    act = ACTS.get(words[0])
    return act(words, scenario) or 0 if act else 0


def bring_up(words: list[str], scenario: dict) -> None:
    named = [word for word in words[1:] if not word.startswith("-")] or SERVICES
    keep("containers", sorted({*recall("containers"), *named}, key=SERVICES.index))
    if "redis" in named:
        keep("volumes", ["carprice_redis-data"])


def take_down(words: list[str], scenario: dict) -> None:
    keep("containers", [])


def remove(words: list[str], scenario: dict) -> None:
    keep("containers", [each for each in recall("containers") if each not in words])


def execute(words: list[str], scenario: dict) -> int:
    call = " ".join(words)
    if "run_pipeline.py" in call:
        print("  1 s  train_model  success")
        return int(scenario["pipeline"])
    if "roles.sh" in call:
        keep("databases", ["airflow", "mlflow", "made anew"])
    if "DROP DATABASE" in call:
        dropped = "mlflow" if "mlflow" in call else "airflow"
        keep("databases", [each for each in recall("databases") if each != dropped])
    return 0


def configure(words: list[str], scenario: dict) -> None:
    print("\n".join(SERVICES))


def show_logs(words: list[str], scenario: dict) -> None:
    print(f"last words of {words[-1]}")


ACTS = {
    "up": bring_up, "down": take_down, "rm": remove, "exec": execute, "config": configure,
    "logs": show_logs,
}  # fmt: skip


def state(name: str, scenario: dict) -> str:
    """The next state of the scenario; without one, what it is when all goes well."""
    usual = "exited 0 none 0 false" if name.endswith("-init") else HEALTHY
    states = scenario["states"].get(name, [usual])
    looks = len(recall(f"looks-{name}"))
    keep(f"looks-{name}", ["look"] * (looks + 1))
    return str(states[min(looks, len(states) - 1)])


def recall(name: str) -> list[str]:
    if not os.path.exists(f"{HOME}/{name}"):
        return []
    with open(f"{HOME}/{name}") as kept:
        return [line for line in kept.read().split("\n") if line]


def keep(name: str, lines: list[str]) -> None:
    with open(f"{HOME}/{name}", "w") as kept:
        kept.write("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
