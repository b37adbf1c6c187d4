"""Looking for the cause: which read would tell most, or which suspicion nothing speaks against any more."""

from collections.abc import Sequence
from typing import NamedTuple

from simcore.decision import Hypothesis
from simcore.policies.playbook import words
from simcore.policies.playbook.casebook import Casebook, Suspicion
from simcore.policies.playbook.facts import FACTS, LINKS, QUESTIONS, RESOURCES, SETUP, Question
from simcore.policies.playbook.findings import Findings
from simcore.policies.playbook.suspects import NAMED_IN_RESOURCES, SEEN_IN_THE_LIST, SUSPECTS
from simcore.policies.playbook.table import Row, load_table
from simcore.policies.playbook.tracing import Trace

_OF_THE_CROWD = ("direct_clients_ask_much", "gets_more_requests", "released_lately")


class Look(NamedTuple):
    """A read that is to be taken, and why."""

    question: Question
    service: str
    why: str
    hypothesis: Hypothesis | None = None
    evidence: tuple[str, ...] = ()

    def action(self) -> dict[str, object]:
        ask, command, window = self.question
        given: dict[str, object] = {"command": command} if command else {}
        if ask == "check_metrics":
            given = {"window": window}
        return {"action_type": ask, "target_service": self.service, "parameters": given}


class Search:
    """Goes through the table, row by row, with whom each row suspects."""

    def __init__(self, findings: Findings, case: Casebook) -> None:
        self._findings, self._case = findings, case
        self._table = load_table()
        self.trace: Trace | None = None

    @property
    def ends_where_paged(self) -> bool:
        return self.trace is not None and self.trace.path == [self._findings.alerted]

    def next(self) -> Look | Suspicion | None:
        """The next read; a suspicion whose questions are all answered; None if nothing fits."""
        trace = self._followed()
        for row in self._table:
            if row.suspects not in SEEN_IN_THE_LIST and trace is not None:
                look = self._way(trace) or self._who(row, trace.origin)
                if look is not None:
                    return look
            for suspect in SUSPECTS[row.suspects](self._findings, trace.origin if trace else ""):
                found = self._weigh(row, suspect)
                if found is not None:
                    return found
        return self._ask_callers()

    def _followed(self) -> Trace | None:
        """From who was paged, if unwell, else from somebody who is; from where it led last, if nobody is any more."""
        unwell = [row.name for row in self._findings.unwell() if row.name not in self._case.exhausted]
        if self._findings.alerted in unwell or (self._findings.firing and not unwell):
            start = self._findings.alerted
        elif unwell:
            start = unwell[0]
        else:
            return self.trace
        self.trace = Trace(self._findings, start, frozenset(self._case.exhausted))
        return self.trace

    def _way(self, trace: Trace) -> Look | None:
        if not trace.wants or not self._case.may_ask(LINKS, trace.wants):
            return None
        return Look(LINKS, trace.wants, words.way(trace.path, self._seen_of(trace.path)))

    def _seen_of(self, path: Sequence[str]) -> str:
        """What the connections of the last but one say of the last."""
        if len(path) < 2:
            return ""
        check = self._findings.check(path[-2], "check_connectivity", f"connect {path[-1]}")
        return f"{path[-2]}: {check.name}: {check.detail}" if check else ""

    def _ask_callers(self) -> Look | None:
        """Who is named by the page and shows nothing may be well for want of anybody who gets through."""
        named = self._findings.alerted
        if not self._case.is_at_a_loss or not self._findings.firing:
            return None
        detail = self._findings.details.get(named)
        if detail is None:
            return Look(SETUP, named, words.who_calls(named)) if self._case.may_ask(SETUP, named) else None
        callers = [name for name in detail.called_by if self._case.may_ask(LINKS, name)]
        return Look(LINKS, callers[0], words.caller(callers[0], named)) if callers else None

    def _who(self, row: Row, origin: str) -> Look | None:
        """A look at the origin, when only it can name the suspects of a row."""
        if row.suspects == "pressing" and FACTS["cpu_is_used_up"](self._findings, origin).truth:
            for fact in _OF_THE_CROWD:
                question = QUESTIONS[fact]
                unknown = FACTS[fact](self._findings, origin).truth is None
                if unknown and self._case.may_ask(question, origin):
                    return Look(question, origin, words.crowd(row, origin, fact, question))
        needed = row.suspects in NAMED_IN_RESOURCES and self._findings.checks(origin, "check_resources") is None
        return Look(RESOURCES, origin, words.who(origin)) if needed and self._case.may_ask(RESOURCES, origin) else None

    def _weigh(self, row: Row, suspect: str) -> Look | Suspicion | None:
        """The read that answers an open fact of a row, or the row itself; None if something speaks against it."""
        if self._case.is_out(row, suspect):
            return None
        known: list[str] = []
        for fact, wanted in (*((fact, True) for fact in row.because), *((fact, False) for fact in row.unless)):
            answer = FACTS[fact](self._findings, suspect)
            if answer.truth is None:
                return self._asked(row, suspect, fact, known)
            if answer.truth != wanted:
                self._case.doubt(row, suspect, answer.evidence, was_likely=bool(known))
                return None
            if wanted:
                known.append(answer.evidence)
        is_open = self._case.is_open((row, suspect), self._findings.shortage(suspect))
        return (row, suspect) if is_open else None

    def _asked(self, row: Row, suspect: str, fact: str, known: Sequence[str]) -> Look | None:
        question = QUESTIONS[fact]
        if not self._case.may_ask(question, suspect):
            return None
        self._case.raise_(row, suspect)
        why = words.question(row, suspect, fact, question, known)
        return Look(question, suspect, why, Hypothesis(suspect, row.mechanism), tuple(known))
