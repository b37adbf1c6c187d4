"""The playbook's vocabulary: yes-or-no facts about findings, each with the evidence that it rests on.

A fact answers True, False, or None when nothing has been read yet that could tell.
"""

from collections.abc import Callable
from typing import NamedTuple

from simcore.policies.playbook.findings import Findings


class Answer(NamedTuple):
    truth: bool | None
    evidence: str = ""


class Question(NamedTuple):
    """The read that answers a fact, of the suspect."""

    ask: str
    command: str = ""
    window: float = 60.0


Fact = Callable[[Findings, str], Answer]
UNKNOWN = Answer(None)
_KINDS = {
    "health": Question("run_diagnostic", "check_health"),
    "resources": Question("run_diagnostic", "check_resources"),
    "names": Question("run_diagnostic", "check_dns"),
    "links": Question("run_diagnostic", "check_connectivity"),
    "detail": Question("describe_service"),
    "traffic": Question("check_metrics", window=1800.0),
}
FACTS: dict[str, Fact] = {}
QUESTIONS: dict[str, Question] = {}


def fact(asks: str) -> Callable[[Fact], Fact]:
    """Registers a fact under its function's name, with the read that answers it."""

    def decorate(function: Fact) -> Fact:
        register(function.__name__, asks, function)
        return function

    return decorate


def register(name: str, asks: str, function: Fact) -> None:
    FACTS[name], QUESTIONS[name] = function, _KINDS[asks]
