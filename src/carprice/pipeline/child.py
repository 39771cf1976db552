"""Validation of a stored version in a process of its own."""

from carprice.errors import RegistryError, ValidationFailedError
from carprice.evaluation.behaviour import ValidationReport
from carprice.registry.records import Version
from carprice.settings import run_command
from carprice.wording.reasons import Code, Reason, list_reasons
from carprice.workspace import Workspace


def validate_in_fresh_process(work: Workspace, version: Version) -> ValidationReport:
    """The report of a process that loads the version anew.

    Raises ValidationFailedError naming every broken rule, or how the process ended.
    """
    child = run_command(work.settings, "validate", str(version.number), "--json")
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
            retryable=child.returncode < 0 or child.returncode == RegistryError.exit_code,
        )
    report = ValidationReport.model_validate_json(child.stdout)
    if report.failures:
        unfit = Reason.of(Code.NOT_FIT, version=version.number)
        raise ValidationFailedError(
            list_reasons(unfit.text, report.failures), reasons=[unfit, *report.failures]
        )
    return report
