"""Why the playbook does what it does, said as an engineer would say it: what was seen, what it may mean, what to do."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from simcore.actions import Action
from simcore.policies.playbook.facts import Question
from simcore.policies.playbook.findings import Findings
from simcore.policies.playbook.table import Row

_WORDS = Path(__file__).with_name("words.yaml")
_LOOKS = {
    "describe_service": "its description tells",
    "check_metrics": "its metrics of the last half hour tell",
    "check_health": "a health check tells",
    "check_resources": "a check of its resources tells",
    "check_dns": "a check of its name lookups tells",
    "check_connectivity": "a check of its connections tells",
}
_SHOWN_EVIDENCE = 2
_WHOM = ("the service", "the client", "the caller", "the database")


@cache
def load_words() -> dict[str, dict[str, str]]:
    """`suspects` and `facts`, each by name."""
    words: dict[str, dict[str, str]] = yaml.safe_load(_WORDS.read_text())
    return words


def question(row: Row, suspect: str, fact: str, asked: Question, known: Sequence[str]) -> str:
    """`known` is the evidence that speaks for the hypothesis already."""
    seen = _sentence("; ".join(known[-_SHOWN_EVIDENCE:]) or suspicion(row, suspect))
    return f"{seen} Perhaps {_inside(row, suspect)}: {_tells(fact, asked)}."


def suspicion(row: Row, suspect: str) -> str:
    """What makes a service suspect, before anything was asked about it."""
    return load_words()["suspects"][row.suspects].format(service=suspect)


def crowd(row: Row, origin: str, fact: str, asked: Question) -> str:
    """Of a suspicion about the callers, before it is known which of them."""
    return f"{origin} has no CPU left. Perhaps {_inside(row)}: {_tells(fact, asked)}."


def who(origin: str) -> str:
    return f"The trouble leads to {origin} and no further: what is it short of, and who takes it?"


def who_calls(named: str) -> str:
    return f"The page names {named}, which shows nothing: its description tells who calls it, and may know more."


def caller(name: str, named: str) -> str:
    return f"The page names {named}, which shows nothing. {name} calls it: a check of its connections tells more."


def way(path: Sequence[str], seen: str) -> str:
    """`seen` is what the connections of the one before said of the last on the path."""
    if len(path) == 1:
        return f"{path[0]} suffers: a check of its connections tells whether the cause is one that it calls."
    led = _sentence(seen or f"The trouble leads on to {path[-1]}")
    return f"{led} On from {' -> '.join(path)}: a check of its connections tells whether it goes deeper."


def setup(row: Row, suspect: str) -> str:
    return (
        f"It looks as if {_inside(row, suspect)}. Before {suspect} is changed: how is it set up, and what was changed?"
    )


def cure(row: Row, suspect: str, evidence: Sequence[str], action: Action) -> str:
    seen = _sentence("; ".join(evidence[-_SHOWN_EVIDENCE:]))
    return f"{seen} So {_inside(row, suspect)}. The cure: {in_words(action)}."


def watching(findings: Findings, needed_seconds: float) -> str:
    """Whether the cure has worked, as far as can be seen."""
    since = findings.now - findings.last_change
    unwell = [row.name for row in findings.unwell()]
    if findings.firing:
        return f"The alert still fires {since:.0f} s after the change; it needs time to take effect: look again."
    if unwell:
        return f"The alert is quiet, but {_listed(unwell)} not well yet: look again."
    return f"Well for {findings.quiet_seconds():.0f} s; {needed_seconds:.0f} s would prove the cure: look again."


def proven(findings: Findings, row: Row, *, is_open: bool) -> str:
    """`is_open`: nothing has told yet whether the fault comes back."""
    quiet = f"{findings.quiet_seconds():.0f} s"
    if row.refuted_by is None:
        return f"Proven: everything has been well for {quiet} since the change"
    if is_open:
        return f"Everything has been well for {quiet}, far longer than it takes to tell"
    return f"Proven: the fault has not come back for {quiet}"


def in_words(action: Action) -> str:
    """A change as an engineer would say it."""
    given = ", ".join(f"{key} {value}" for key, value in action.parameters.model_dump(exclude_unset=True).items())
    return f"{action.action_type.replace('_', ' ')} on {action.target_service}{f' ({given})' if given else ''}"


def _listed(names: Sequence[str]) -> str:
    return f"{names[0]} is" if len(names) == 1 else f"{', '.join(names[:3])} are"


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a name as evidence does, and a full stop."""
    first = text.split(" ", 1)[0]
    capital = text if "-" in first or first.endswith(":") else text[:1].upper() + text[1:]
    return capital if capital.endswith(".") else f"{capital}."


def _tells(fact: str, asked: Question) -> str:
    return f"{_LOOKS[asked.command or asked.ask]} {load_words()['facts'][fact]}"


def _inside(row: Row, suspect: str = "") -> str:
    """A sentence of the table, to stand inside another; whom it speaks of is named where that is known."""
    plain = row.summary.rstrip(".")
    inside = plain[:1].lower() + plain[1:]
    for whom in _WHOM if suspect else ():
        inside = re.sub(rf"\b{whom}\b", suspect, inside, count=1)
    return inside
