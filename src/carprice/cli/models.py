"""Commands for versions of the model: status, validation, rollback, receipts."""

import json
from pathlib import Path

from carprice.cli.context import AsJson, Because, Number, Target, Withdrawn, working
from carprice.cli.terminal import messages, print_either, print_json, print_versions, results
from carprice.errors import ConfigurationError, ModelIntegrityError, ValidationFailedError

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415


def validate(version: Number = None, as_json: AsJson = False) -> None:
    """Load a version from the registry and check how it behaves: golden cars, direction, speed.

    Example: `carprice validate 3`
    """
    from carprice.market.chosen import MARKET
    from carprice.pipeline.child import validate_version
    from carprice.wording.reasons import list_reasons

    with working() as (work, _):
        chosen = work.registry.choose(version)
        report = validate_version(work, chosen)
        estimates = report.golden_estimates.items()
        lines = [f"{car}: {price:,.0f} {MARKET.currency.symbol}" for car, price in estimates]
        told = json.loads(report.model_dump_json())
        told["failures"] = [each.text for each in report.failures]
        print_either(as_json, told, "\n".join(lines))
        if report.failures:
            raise ValidationFailedError(list_reasons(f"{chosen.name}:", report.failures))


def rollback(to: Target = "", withdrawn: Withdrawn = False, as_json: AsJson = False) -> None:
    """Take production back by the ledger: to the version before, or to what was undone by hand.

    Example: `carprice rollback`, `carprice rollback --to 3`, or from a receipt
    `carprice rollback --to models/CarPricePredictor-v3.json`
    """
    from carprice.pipeline.carding import renew_card
    from carprice.promotion.release import roll_back

    with working() as (work, narrate):
        with narrate("rollback") as say:
            left, back = roll_back(work, to, withdrawn=withdrawn)
            number = left.number if left else None
            say(f"version {number or 'none'} left production, version {back.number} is back")
            for each in (left, back):
                renew_card(work.registry, each)
        print_either(as_json, {"from": number, "to": back.number}, f"{back.name} is in production")


def withdraw(because: Because, version: Number = None, as_json: AsJson = False) -> None:
    """Mark a version as wrong, by default the one in production: nothing chooses it any more.

    In production, it gives way to the newest one before it that is not withdrawn.

    Example: `carprice withdraw 3 --because "kilometres were miles"`
    """
    from carprice.pipeline.carding import renew_card
    from carprice.promotion.standing import read_standing
    from carprice.promotion.withdrawal import withdraw as take_out

    if not because.strip():
        raise ConfigurationError("--because is empty: say why, for all who read it later")
    with working() as (work, narrate):
        with narrate("withdraw") as say:
            mark = take_out(work, version, because.strip())
            say(mark.text)
        current = read_standing(work.registry).version
        for each in (work.registry.version(mark.version), current):
            renew_card(work.registry, each)
        told = current.name if current else "no version"
        print_either(
            as_json,
            {"withdrawn": mark.version, "production": current.number if current else None},
            f"version {mark.version} is withdrawn; {told} is in production",
        )


def status(as_json: AsJson = False) -> None:
    """Show versions, aliases, figures and decisions.

    Example: `carprice status --json`
    """
    from carprice.promotion.standing import read_standing

    with working() as (work, _):
        versions, standing = work.registry.versions(), read_standing(work.registry)
        if as_json:
            print_json([each.describe() for each in versions])
        elif versions:
            print_versions(versions)
        else:
            results.print("no version yet: type `carprice run`", markup=False)
        for mark in standing.withdrawn.values():
            messages.print(f"carprice: {mark.text}", markup=False)
        if standing.promise:
            messages.print(f"carprice: {standing.promise.text}", markup=False)
        if standing.trouble:
            messages.print(f"carprice: {standing.trouble.say('en')}", style="red", markup=False)


def verify(receipt: Path, as_json: AsJson = False) -> None:
    """Hold the receipt of a promotion against the registry.

    Example: `carprice verify models/CarPricePredictor-v1.json`
    """
    from carprice.promotion.receipt import read_receipt
    from carprice.promotion.receipt import verify as hold_against

    with working() as (work, _):
        checks = hold_against(work.registry, *read_receipt(receipt))
        if as_json:
            print_json([each._asdict() for each in checks])
        else:
            for each in checks:
                results.print(f"{'✓' if each.holds else '✗'} {each.statement}", markup=False)
        if broken := [
            f"{each.statement} (found {each.found})" for each in checks if not each.holds
        ]:
            raise ModelIntegrityError("\n  - ".join(["the receipt does not hold:", *broken]))
