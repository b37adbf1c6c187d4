"""What the playbook made of its findings so far: what it asked, ruled out, tried and kept."""

from dataclasses import dataclass, field

from simcore.decision import Hypothesis
from simcore.policies.playbook.facts import Question
from simcore.policies.playbook.table import Row

_LESS = 0.9
"""What fell by less than a tenth may not have fallen at all."""
Suspicion = tuple[Row, str]
"""A hypothesis about a service."""


@dataclass(slots=True)
class Casebook:
    """`tried` was cured and waits for a judgement, `kept` was cured rightly while the trouble went on elsewhere.
    `asked`, `exhausted` and `is_at_a_loss` hold until the next change: reads that were taken, services to which the
    trouble led and no hypothesis fitted, and whether the one who was paged shows nothing and leads nowhere."""

    ruled_out: dict[tuple[str, str], str] = field(default_factory=dict)
    tried: list[Suspicion] = field(default_factory=list)
    kept: list[Suspicion] = field(default_factory=list)
    asked: set[tuple[Question, str]] = field(default_factory=set)
    exhausted: set[str] = field(default_factory=set)
    is_at_a_loss: bool = False
    _short: dict[Suspicion, list[float]] = field(default_factory=dict)
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
        return (row.mechanism, suspect) in self.ruled_out

    def note_short(self, suspicion: Suspicion, shortage: float) -> None:
        """How short it was before a change that may take several steps."""
        self._short.setdefault(suspicion, []).append(shortage)

    def is_open(self, suspicion: Suspicion, shortage: float | None = None) -> bool:
        """Whether it may still be acted on. What was tried and shows again was wrong, unless more of it may help."""
        if suspicion in self.tried:
            self.tried.remove(suspicion)
            if shortage is not None and self._may_take_more(suspicion, shortage):
                return True
            self.rule_out(suspicion, "the change did not help")
            return False
        return suspicion not in self.kept

    def _may_take_more(self, suspicion: Suspicion, shortage: float) -> bool:
        """Another step, if the last one helped; a second one anyway, since what was read first may have been on its
        way up."""
        before = self._short.get(suspicion, [])
        return len(before) == 1 or (bool(before) and shortage < _LESS * before[-1])

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
        self.is_at_a_loss = False

    def against(self) -> tuple[Hypothesis, ...]:
        """What was ruled out, or found unlikely, since this was asked last."""
        news, self._untold = tuple(self._untold), []
        return news
