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


def span(seconds: float) -> str:
    """How long, as people say it."""
    for unit, length, least in (("days", 86400.0, 2.0), ("h", 3600.0, 3.0), ("min", 60.0, 5.0)):
        if seconds >= least * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


Fact = Callable[[Findings, str], Answer]
UNKNOWN = Answer(None)
LINKS = Question("run_diagnostic", "check_connectivity")
RESOURCES = Question("run_diagnostic", "check_resources")
SETUP = Question("describe_service")
_KINDS = {
    "health": Question("run_diagnostic", "check_health"),
    "resources": RESOURCES,
    "names": Question("run_diagnostic", "check_dns"),
    "links": LINKS,
    "detail": SETUP,
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
