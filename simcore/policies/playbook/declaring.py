"""What the playbook declares in the end: whatever it cured and found no reason to doubt."""

from collections.abc import Sequence
from typing import NamedTuple

from simcore.decision import Hypothesis
from simcore.policies.playbook.casebook import Suspicion

_MOST_CAUSES = 3


class Declaration(NamedTuple):
    """`words` is for people, `hypothesis` the first cause."""

    action: dict[str, object]
    words: str
    hypothesis: Hypothesis | None


def declaration(found: Sequence[Suspicion]) -> Declaration:
    causes = [{"service": suspect, "mechanism": row.mechanism} for row, suspect in found][:_MOST_CAUSES]
    text = " ".join(row.summary for row, _ in found) or "Nothing is broken."
    action: dict[str, object] = {
        "action_type": "resolve_incident",
        "parameters": {"causes": causes, "root_cause": text},
    }
    first = Hypothesis(causes[0]["service"], causes[0]["mechanism"]) if causes else None
    return Declaration(action, _named(found), first)


def _named(found: Sequence[Suspicion]) -> str:
    causes = [f"{row.mechanism.replace('_', ' ')} at {suspect}" for row, suspect in found[:_MOST_CAUSES]]
    return f"declare {' and '.join(causes)}" if causes else "declare that nothing is broken"
