"""Validation of a version in its own process: `python -m carprice.pipeline.child 3`."""

import gc
import subprocess
import sys

from carprice.errors import CarPriceError, RegistryError, ValidationFailedError
from carprice.evaluation.behaviour import ValidationReport, validate
from carprice.memory import count_kills, offer_oneself
from carprice.registry.records import Version
from carprice.settings import Settings, process_environment, read_settings
from carprice.wording.reasons import Code, Reason, list_reasons
from carprice.workspace import Workspace


def validate_in_fresh_process(work: Workspace, version: Version) -> ValidationReport:
    """The report of a new process that loads the version.

    Raises ValidationFailedError naming every broken rule, or how the process ended.
    """
    kills = count_kills()
    child = run_child(work.settings, version.number)
    if not child.stdout:
        ended = Reason.of(
            Code.NOT_VALIDATED,
            version=version.number,
            exit_code=child.returncode,
            message="\n".join(child.stderr.strip().splitlines()[-5:]),
        )
        raise ValidationFailedError(
            ended.text,
            reasons=[ended],
            retryable=child.returncode == RegistryError.exit_code
            or (child.returncode < 0 and count_kills() == kills),
        )
    report = ValidationReport.model_validate_json(child.stdout)
    if report.failures:
        unfit = Reason.of(Code.NOT_FIT, version=version.number)
        raise ValidationFailedError(
            list_reasons(unfit.text, report.failures), reasons=[unfit, *report.failures]
        )
    return report


def run_child(settings: Settings, number: int) -> subprocess.CompletedProcess[str]:
    """Exit code and output of a process that validates a version."""
    return subprocess.run(
        [sys.executable, "-m", "carprice.pipeline.child", str(number)],
        env=process_environment(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip


def validate_version(work: Workspace, version: Version) -> ValidationReport:
    """The report on a version, validated in this process."""
    return validate(work.registry.open_model(version), work.params.validation)


def main(number: int) -> None:
    """Write the report on a version to stdout as JSON; exit with the error's code."""
    offer_oneself()
    try:
        work = Workspace(read_settings())
        report = validate_version(work, work.registry.version(number))
    except CarPriceError as error:
        sys.stderr.write(f"carprice: {error}\n")
        sys.exit(error.exit_code)
    sys.stdout.write(report.model_dump_json())
    gc.freeze()  # nothing of it is searched for garbage as the process ends: a second and more


if __name__ == "__main__":
    main(int(sys.argv[1]))
