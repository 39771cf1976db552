import json
import subprocess
from pathlib import Path

import pytest
from tests.integration.conftest import PROJECT, Desk

from carprice.registry.models import Model

LOAD_AND_PREDICT = """
import json, sys
import mlflow.pyfunc
model = mlflow.pyfunc.load_model(sys.argv[1])
answer = model.predict(model.input_example)
print(json.dumps(answer["price_mad"].tolist()))
"""


def call(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_model_estimates_where_only_its_requirements_and_our_wheel_are(
    desk: Desk, tmp_path: Path
) -> None:
    """With plain `mlflow.pyfunc`, in an environment of its own."""
    registry = desk.registry
    version = registry.version(1)
    uv = PROJECT / ".venv" / "bin" / "uv"
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    install = (uv, "pip", "install", "--quiet", "--python", python)
    call(uv, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "wheel", PROJECT, cwd=tmp_path)
    call(uv, "venv", "--quiet", venv, cwd=tmp_path)
    with registry.checked_files(version) as folder:
        call(*install, "-r", folder / "requirements.txt", cwd=tmp_path)
        call(*install, "--no-deps", *(tmp_path / "wheel").glob("*.whl"), cwd=tmp_path)
        prices = json.loads(call(python, "-c", LOAD_AND_PREDICT, folder, cwd=tmp_path))
        example = Model.load(folder).load_input_example(str(folder))
    here = registry.open_model(version).predict(example)["price_mad"].tolist()
    assert prices == pytest.approx(here)
