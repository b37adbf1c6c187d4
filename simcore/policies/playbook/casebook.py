"""What the playbook made of its findings so far: what it asked, ruled out, tried and kept."""

from dataclasses import dataclass, field

from simcore.decision import Hypothesis
from simcore.policies.playbook.facts import Question
from simcore.policies.playbook.table import Row

Suspicion = tuple[Row, str]
"""A hypothesis about a service."""


@dataclass(slots=True)
class Casebook:
    """`tried` was cured and waits for a judgement, `kept` was cured rightly while the trouble went on elsewhere.
    `asked` and `exhausted` hold until the next change: reads that were taken, services that no hypothesis fits."""

    ruled_out: dict[tuple[str, str], str] = field(default_factory=dict)
    tried: list[Suspicion] = field(default_factory=list)
    kept: list[Suspicion] = field(default_factory=list)
    asked: set[tuple[Question, str]] = field(default_factory=set)
    exhausted: set[str] = field(default_factory=set)
    _raised: set[tuple[str, str]] = field(default_factory=set)
    _told: dict[tuple[str, str], str] = field(default_factory=dict)
    _untold: list[Hypothesis] = field(default_factory=list)

    def may_ask(self, question: Question, service: str) -> bool:
        return (question, service) not in self.asked

    def note_asked(self, question: Question, service: str) -> None:
        self.asked.add((question, service))

    def rule_out(self, suspicion: Suspicion, evidence: str) -> None:
        row, suspect = suspicion
        self.ruled_out[row.mechanism, suspect] = evidence
        self._note(row, suspect, evidence)

    def raise_(self, row: Row, suspect: str) -> None:
        """Something is asked because of it: what becomes of it will be told."""
        self._raised.add((row.mechanism, suspect))

    def doubt(self, row: Row, suspect: str, evidence: str, *, was_likely: bool) -> None:
        """Evidence speaks against it. It decides nothing; it is told of what was raised, or spoken for by something."""
        if evidence and (was_likely or (row.mechanism, suspect) in self._raised):
            self._note(row, suspect, evidence)

    def _note(self, row: Row, suspect: str, evidence: str) -> None:
        key = (row.mechanism, suspect)
        if key not in self._told:
            self._told[key] = evidence
            self._untold.append(Hypothesis(suspect, row.mechanism, evidence))

    def is_out(self, row: Row, suspect: str) -> bool:
        return (row.mechanism, suspect) in self.ruled_out or suspect in self.exhausted

    def is_open(self, suspicion: Suspicion) -> bool:
        """Whether it may still be acted on. What was tried and shows again was wrong."""
        if suspicion in self.tried:
            self.tried.remove(suspicion)
            self.rule_out(suspicion, "the change did not help")
            return False
        return suspicion not in self.kept

    def judge_tried(self, suspect: str) -> None:
        """Of what was cured before: kept is what was elsewhere; if the trouble is still here, it was wrong."""
        for row, where in self.tried:
            if where == suspect:
                self.rule_out((row, where), "the change did not help")
            else:
                self.kept.append((row, where))
        self.tried.clear()

    def forget(self) -> None:
        """What was measured before the last change says nothing about now."""
        self.asked.clear()
        self.exhausted.clear()

    def against(self) -> tuple[Hypothesis, ...]:
        """What was ruled out, or found unlikely, since this was asked last."""
        news, self._untold = tuple(self._untold), []
        return news
