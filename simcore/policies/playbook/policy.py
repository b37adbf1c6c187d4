"""The playbook: works through a table of hypotheses as a senior engineer would. It sees observations only.

It follows the trouble down the call graph, asks the open questions of the first hypothesis that still stands, carries
the cure out once all of them are answered, and watches until the proof is there. If the trouble goes on elsewhere it
keeps what it found and begins again; if it goes on in the same place, it was wrong.
"""

from collections import deque
from collections.abc import Mapping, Sequence

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.observation import Observation
from simcore.policies.cures import cure_actions, unknown_for_cure
from simcore.policies.playbook import words
from simcore.policies.playbook.casebook import Casebook, Suspicion
from simcore.policies.playbook.facts import FACTS, QUESTIONS, Question
from simcore.policies.playbook.facts.afterwards import may_be_worked_off
from simcore.policies.playbook.findings import Findings
from simcore.policies.playbook.suspects import NAMED_IN_RESOURCES, SEEN_IN_THE_LIST, SUSPECTS
from simcore.policies.playbook.table import Row, load_table
from simcore.policies.playbook.tracing import Trace

_QUIET_BEFORE_ALL_CLEAR_S = 60.0
_PATIENCE_S, _TAKES_EFFECT_S = 75.0, 25.0
_STALE_LIST_S = 45.0
_LOOKS = ("list_services", "check_metrics", "describe_service", "read_logs")
_MOST_CAUSES = 3


class PlaybookPolicy:
    """Deterministic; `seed` changes nothing. One instance plays one episode."""

    name = "playbook"

    def __init__(self, seed: int = 0) -> None:
        self._findings = Findings()
        self._table = load_table()
        self._case = Casebook()
        self._chosen: Suspicion | None = None
        self._evidence: tuple[str, ...] = ()
        self._todo: list[Action] = []
        self._last_trace: Trace | None = None
        self._seen = 0
        self._recent: deque[tuple[str, str | None]] = deque(maxlen=3)

    def decide(self, observation: Observation, history: History) -> Decision:
        self._note(observation, history)
        if observation.max_steps - observation.step <= 1:
            return self._declare("The budget is used up, and this is the best that the evidence allows")
        if not self._findings.rows:
            return self._say({"action_type": "list_services"}, "An alert came in: see which services are unwell.")
        if self._todo:
            return self._change(self._todo.pop(0))
        if self._chosen is not None:
            return self._prove(*self._chosen)
        return self._investigate()

    def _note(self, observation: Observation, history: History) -> None:
        if not self._seen:
            self._findings.add(None, observation)
            self._seen = 1
        for decision, result in history[self._seen - 1 :]:
            self._findings.add(decision, result.observation)
            self._recent.append((decision.action.action_type, decision.action.target_service))
            self._seen += 1

    # looking for the cause -------------------------------------------------------------------------------------
    def _investigate(self) -> Decision:
        trace = self._trace()
        for row in self._table:
            if row.suspects not in SEEN_IN_THE_LIST and trace is not None:
                if trace.wants and self._case.may_ask("run_diagnostic", trace.wants, "check_connectivity"):
                    return self._follow(trace)
                question = self._who(row, trace.origin)
                if question is not None:
                    return question
            for suspect in SUSPECTS[row.suspects](self._findings, trace.origin if trace else ""):
                found = self._weigh(row, suspect)
                if found is not None:
                    return found
        return self._nothing_fits(trace)

    def _trace(self) -> Trace | None:
        """From who was paged, if unwell, else from somebody who is; from where it led last, if nobody is any more."""
        unwell = [row.name for row in self._findings.unwell() if row.name not in self._case.exhausted]
        if self._findings.alerted in unwell or (self._findings.firing and not unwell):
            start = self._findings.alerted
        elif unwell:
            start = unwell[0]
        else:
            return self._last_trace
        self._last_trace = Trace(self._findings, start, frozenset(self._case.exhausted))
        return self._last_trace

    def _follow(self, trace: Trace) -> Decision:
        return self._ask(
            Question("run_diagnostic", "check_connectivity"),
            trace.wants,
            words.way(trace.path, self._seen_of(trace.path)),
        )

    def _seen_of(self, path: Sequence[str]) -> str:
        """What the connections of the last but one say of the last."""
        if len(path) < 2:
            return ""
        check = self._findings.check(path[-2], "check_connectivity", f"connect {path[-1]}")
        return f"{path[-2]}: {check.name}: {check.detail}" if check else ""

    def _who(self, row: Row, origin: str) -> Decision | None:
        """A look at the origin, when only it can name the suspects of a row."""
        if row.suspects == "pressing" and FACTS["cpu_is_used_up"](self._findings, origin).truth:
            for fact in ("direct_clients_ask_much", "gets_more_requests", "released_lately"):
                question = QUESTIONS[fact]
                unknown = FACTS[fact](self._findings, origin).truth is None
                if unknown and self._case.may_ask(question.ask, origin, question.command):
                    return self._ask(question, origin, words.crowd(row, origin, fact, question))
        needed = row.suspects in NAMED_IN_RESOURCES and self._findings.checks(origin, "check_resources") is None
        if needed and self._case.may_ask("run_diagnostic", origin, "check_resources"):
            return self._ask(
                Question("run_diagnostic", "check_resources"),
                origin,
                words.who(origin),
            )
        return None

    def _weigh(self, row: Row, suspect: str) -> Decision | None:
        """The read that answers an open fact of a row, or its cure; None if something speaks against it."""
        if self._case.is_out(row, suspect):
            return None
        known: list[str] = []
        for fact, wanted in (*((fact, True) for fact in row.because), *((fact, False) for fact in row.unless)):
            answer = FACTS[fact](self._findings, suspect)
            if answer.truth is None:
                question = QUESTIONS[fact]
                if self._case.may_ask(question.ask, suspect, question.command):
                    self._case.raise_(row, suspect)
                    why = words.question(row, suspect, fact, question, known)
                    return self._ask(question, suspect, why, Hypothesis(suspect, row.mechanism), tuple(known))
                return None
            if answer.truth != wanted:
                self._case.doubt(row, suspect, answer.evidence, was_likely=bool(known))
                return None
            if wanted:
                known.append(answer.evidence)
        return self._choose(row, suspect) if self._case.is_open((row, suspect)) else None

    def _ask(
        self,
        question: Question,
        service: str,
        why: str,
        hypothesis: Hypothesis | None = None,
        evidence: tuple[str, ...] = (),
    ) -> Decision:
        self._case.asked.add((question.ask, service, question.command))
        action: dict[str, object] = {"action_type": question.ask, "target_service": service}
        if question.command:
            action["parameters"] = {"command": question.command}
        elif question.ask == "check_metrics":
            action["parameters"] = {"window": question.window}
        return self._say(action, why, hypothesis, evidence)

    def _nothing_fits(self, trace: Trace | None) -> Decision:
        findings = self._findings
        well = not findings.firing and not findings.unwell()
        looked = findings.alerted in findings.details
        if well and looked and findings.quiet_seconds() >= _QUIET_BEFORE_ALL_CLEAR_S:
            return self._declare("All is well, and nothing that was read says that it will not stay so")
        if findings.now - findings.rows_at > _STALE_LIST_S:
            self._forget()
            why = "Nothing that was read so far explains it: see who is unwell by now, and begin again."
            return self._say({"action_type": "list_services"}, why)
        if (
            trace is not None
            and trace.origin not in self._case.exhausted
            and not well
            and trace.origin in findings.details
        ):
            self._case.exhausted.add(trace.origin)
        return self._watch(
            findings.alerted,
            f"Nothing that was read so far explains it: look again at {findings.alerted}, whom the page names.",
        )

    # doing something about it ----------------------------------------------------------------------------------
    def _choose(self, row: Row, suspect: str) -> Decision:
        if suspect not in self._findings.details and self._case.may_ask("describe_service", suspect, ""):
            return self._ask(
                Question("describe_service"),
                suspect,
                words.setup(row, suspect),
                Hypothesis(suspect, row.mechanism),
            )
        if unknown := unknown_for_cure(row.mechanism, suspect, self._findings):
            return self._reject(row, suspect, unknown)
        if self._is_calm(row):
            return self._wait_and_see()
        self._case.judge_tried(suspect)
        self._chosen = (row, suspect)
        answers = [FACTS[fact](self._findings, suspect).evidence for fact in row.because]
        self._evidence = tuple(evidence for evidence in answers if evidence) or (words.suspicion(row, suspect),)
        self._todo = cure_actions(row.mechanism, suspect, self._findings)
        return self._change(self._todo.pop(0)) if self._todo else self._prove(row, suspect)

    def _is_calm(self, row: Row) -> bool:
        """Whether it all may have healed by itself while the evidence was gathered; what kills pods comes and goes."""
        findings = self._findings
        if findings.firing or findings.last_change > 0 or row.suspects in {"fallen", *SEEN_IN_THE_LIST}:
            return False
        return findings.now - findings.last_firing > 15 and not (findings.unwell() and findings.rows_at >= findings.now)

    def _wait_and_see(self) -> Decision:
        """Nothing fires: look who is unwell by now, and begin again with fresh eyes if somebody is."""
        findings = self._findings
        well = not findings.unwell() and findings.rows_at > findings.last_firing
        if well and findings.quiet_seconds() >= _QUIET_BEFORE_ALL_CLEAR_S:
            return self._declare("It healed by itself, and nothing says that it will come back")
        self._forget()
        quiet = findings.now - findings.last_firing
        return self._watch(
            findings.alerted, f"Nothing has fired for {quiet:.0f} s, and nothing was changed: is it over?"
        )

    def _change(self, action: Action) -> Decision:
        assert self._chosen is not None
        row, suspect = self._chosen
        why = words.cure(row, suspect, self._evidence, action)
        return Decision(action, Hypothesis(suspect, row.mechanism), self._evidence, why, self._case.against())

    def _prove(self, row: Row, suspect: str) -> Decision:
        """Watches with different reads in turn until it has been quiet for long enough, or the proof fails."""
        findings = self._findings
        if row.refuted_by is not None:
            answer = FACTS[row.refuted_by](findings, suspect)
            if answer.truth:
                return self._reject(row, suspect, answer.evidence)
            if answer.truth is False and self._is_settled(row.settle):
                return self._declare(f"Proven: the fault has not come back for {findings.quiet_seconds():.0f} s")
            if answer.truth is None and self._is_settled(1.7 * row.settle):
                quiet = findings.quiet_seconds()
                return self._declare(f"Everything has been well for {quiet:.0f} s, far longer than it takes to tell")
        elif self._is_settled(row.settle):
            return self._declare(
                f"Proven: everything has been well for {findings.quiet_seconds():.0f} s since the change"
            )
        if self._goes_on(suspect):
            return self._look_further(row, suspect)
        if row.refuted_by == "disk_still_grows" and findings.now - findings.last_change > _TAKES_EFFECT_S:
            question = QUESTIONS[row.refuted_by]
            if FACTS[row.refuted_by](findings, suspect).truth is None:
                why = f"The cure of {suspect} took effect: does its volume still fill up?"
                return self._ask(question, suspect, why, Hypothesis(suspect, row.mechanism))
        return self._watch(suspect, words.watching(findings, row.settle))

    def _goes_on(self, suspect: str) -> bool:
        """Whether there is trouble although a change had its time: less of it where the suspect is well again, more of
        it where something is still being worked off."""
        findings = self._findings
        if may_be_worked_off(findings, suspect):
            return False
        row, since = findings.rows.get(suspect), findings.now - findings.last_change
        is_well = row is not None and row.health == "healthy"
        looked = findings.rows_at - findings.last_change > (_TAKES_EFFECT_S if is_well else 2 * _TAKES_EFFECT_S)
        trouble = findings.firing or bool(findings.unwell())
        return trouble and looked and since > (1.6 * _TAKES_EFFECT_S if is_well else _PATIENCE_S)

    def _is_settled(self, seconds: float) -> bool:
        findings = self._findings
        seen_well = findings.rows_at > findings.last_change + 0.4 * seconds and not findings.unwell()
        return not findings.firing and seen_well and findings.quiet_seconds() >= seconds

    def _look_further(self, row: Row, suspect: str) -> Decision:
        """It goes on: follow the trouble anew. If it leads to the same suspicion again, that was wrong; if it leads
        elsewhere, something else is broken too."""
        self._case.tried.append((row, suspect))
        return self._begin_again()

    def _reject(self, row: Row, suspect: str, evidence: str) -> Decision:
        self._case.rule_out((row, suspect), evidence)
        return self._begin_again()

    def _begin_again(self) -> Decision:
        self._chosen, self._todo = None, []
        if self._findings.firing or self._findings.unwell():
            self._forget()
        return self._investigate()

    def _forget(self) -> None:
        self._case.forget()
        self._findings.diagnostics.clear()

    def _watch(self, service: str, reason: str) -> Decision:
        """Different kinds of reads in turn; what was read in the last three steps has nothing new to tell."""
        for kind in _LOOKS:
            target = None if kind == "list_services" else service
            if (kind, target) not in self._recent:
                break
        hypothesis = Hypothesis(service, self._chosen[0].mechanism) if self._chosen else None
        return self._say({"action_type": kind, "target_service": target}, reason, hypothesis)

    # saying it -------------------------------------------------------------------------------------------------
    def _declare(self, why: str) -> Decision:
        found = [*self._case.kept, *self._case.tried, *([self._chosen] if self._chosen else [])]
        causes = [{"service": suspect, "mechanism": row.mechanism} for row, suspect in found][:_MOST_CAUSES]
        text = " ".join(row.summary for row, _ in found) or "Nothing is broken."
        action = {"action_type": "resolve_incident", "parameters": {"causes": causes, "root_cause": text}}
        hypothesis = Hypothesis(causes[0]["service"], causes[0]["mechanism"]) if causes else None
        return self._say(action, f"{why}: {_named(found)}.", hypothesis)

    def _say(
        self,
        action: Mapping[str, object],
        reason: str,
        hypothesis: Hypothesis | None = None,
        evidence: tuple[str, ...] = (),
    ) -> Decision:
        return Decision(parse_action(action), hypothesis, evidence or self._evidence, reason, self._case.against())


def _named(found: Sequence[Suspicion]) -> str:
    causes = [f"{row.mechanism.replace('_', ' ')} at {suspect}" for row, suspect in found[:_MOST_CAUSES]]
    return f"declare {' and '.join(causes)}" if causes else "declare that nothing is broken"
