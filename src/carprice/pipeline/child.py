"""Validation of a stored version in a process of its own."""

from carprice.errors import RegistryError, ValidationFailedError
from carprice.evaluation.behaviour import ValidationReport
from carprice.registry.records import Version
from carprice.settings import run_command
from carprice.workspace import Workspace


def validate_in_fresh_process(work: Workspace, version: Version) -> ValidationReport:
    """The report of a process that loads the version anew.

    Raises ValidationFailedError naming every broken rule, or how the process ended.
    """
    child = run_command(work.settings, "validate", str(version.number), "--json")
    if not child.stdout:
        last_lines = "\n".join(child.stderr.strip().splitlines()[-5:])
        raise ValidationFailedError(
            f"{version.name} could not be validated; its process ended with {child.returncode}:\n"
            f"{last_lines}",
            retryable=child.returncode < 0 or child.returncode == RegistryError.exit_code,
        )
    report = ValidationReport.model_validate_json(child.stdout)
    if report.failures:
        raise ValidationFailedError(
            "\n  - ".join([f"{version.name} is not fit for production:", *report.failures])
        )
    return report
