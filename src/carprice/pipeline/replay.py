"""Decisions on record, judged again by another policy; no data is needed."""

from collections.abc import Mapping
from typing import NamedTuple

from carprice.errors import RegistryError
from carprice.evaluation.decision import Decision, Measured, Outcome
from carprice.evaluation.judging import GatePolicy, judge
from carprice.evaluation.metrics import Evaluation
from carprice.registry.client import Registry
from carprice.registry.records import DECISION, EVALUATION, Version
from carprice.wording.reasons import Code


class Replayed(NamedTuple):
    """A decision as it was, and as the policy has it, whatever a person said.

    is_whole: whether all figures are on record; an earlier release stored fewer.
    """

    then: Decision
    now: Decision
    is_whole: bool

    @property
    def gone(self) -> list[str]:
        """Reasons that spoke against it then and do not now."""
        return _list_beyond(self.then, self.now)

    @property
    def added(self) -> list[str]:
        return _list_beyond(self.now, self.then)

    def describe(self) -> dict[str, object]:
        """The two as JSON-ready values."""
        return {
            "version": self.then.challenger,
            "champion": self.then.champion,
            "then": self.then.outcome,
            "now": self.now.outcome,
            "reasons_gone": self.gone,
            "reasons_added": self.added,
            "is_whole": self.is_whole,
        }


def replay(registry: Registry, policy: GatePolicy) -> list[Replayed]:
    """All decisions whose figures are on record, oldest first, each judged by the policy."""
    versions = {each.number: each for each in registry.versions()}
    found = [_replay(registry, versions, versions[number], policy) for number in sorted(versions)]
    return [each for each in found if each]


def _replay(
    registry: Registry, versions: Mapping[int, Version], version: Version, policy: GatePolicy
) -> Replayed | None:
    try:
        stored = registry.read_text(version.run_id, DECISION)
        then = Decision.model_validate_json(stored)
        measured = then.measured or _recall(registry, then, version, versions)
    except RegistryError:
        registry.version(version.number)  # still answers: the version was not judged, or pruned
        return None
    asked = then.model_copy(update={"forced": False, "measured": measured})
    return Replayed(then, judge(asked, policy), is_whole=then.measured is not None)


def _recall(
    registry: Registry, decision: Decision, version: Version, versions: Mapping[int, Version]
) -> Measured:
    """What of a decision of an earlier release is on record; the rest speaks for nothing."""
    evaluation = Evaluation.model_validate_json(registry.read_text(version.run_id, EVALUATION))
    champion = versions.get(decision.champion or 0, version)
    unopened = [each for each in decision.reasons if each.code is Code.CHAMPION_NOT_OPENED]
    return Measured(
        scores=evaluation.overall,
        simulated=version.facts.simulated,
        champion_simulated=champion.facts.simulated,
        trouble=str(unopened[0].figures["message"]) if unopened else "",
    )


def _list_beyond(one: Decision, other: Decision) -> list[str]:
    """Reasons against one that are none against the other."""
    first, second = (
        [] if each.outcome is Outcome.ACCEPTED else [reason.text for reason in each.reasons]
        for each in (one, other)
    )
    return [text for text in first if text not in second]
