"""From a row's remedy to actions: whatever depends on what was read is filled in here."""

import re

from simcore.actions import Action, parse_action
from simcore.policies.facts import starving
from simcore.policies.findings import Findings
from simcore.policies.table import Remedy

_QUOTA_IF_UNKNOWN_MB = "16384"


def remedy_actions(remedy: Remedy, suspect: str, findings: Findings) -> list[Action]:
    """One action for each service that the remedy is for."""
    places = {"suspect": [suspect], "database": [findings.database or suspect]}
    targets = starving(findings) if remedy.at == "each_starved" else places[remedy.at]
    return [
        parse_action(
            {"action_type": remedy.do, "target_service": target, "parameters": _values(remedy, target, findings)}
        )
        for target in targets
    ]


def _values(remedy: Remedy, service: str, findings: Findings) -> dict[str, object]:
    detail = findings.details.get(service)
    if remedy.to == "previous_version" and detail:
        return {"to_version": detail.rollouts[-2].version if len(detail.rollouts) > 1 else detail.version}
    if remedy.memory_limit == "double" and detail:
        return {"memory_limit": f"{2 * int(re.sub(r'[^0-9]', '', detail.memory_limit))}Mi"}
    if remedy.key:
        value = _larger_quota(service, findings) if remedy.value == "larger_quota" else remedy.value
        return {"key": remedy.key, "value": value or ""}
    return {}


def _larger_quota(service: str, findings: Findings) -> str:
    """Half as much again as the limit that the refusal names, in MiB."""
    detail = findings.details.get(service)
    limits = re.findall(r"limited (\d+)Mi", " ".join(detail.events if detail else ()))
    return str(int(1.5 * float(limits[-1]))) if limits else _QUOTA_IF_UNKNOWN_MB


def in_words(action: Action) -> str:
    """A change as an engineer would say it."""
    given = ", ".join(f"{key} {value}" for key, value in action.parameters.model_dump(exclude_unset=True).items())
    return f"{action.action_type.replace('_', ' ')} on {action.target_service}{f' ({given})' if given else ''}"
