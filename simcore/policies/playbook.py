"""The playbook: works through a table of hypotheses as a senior engineer would. It sees observations only.

At every step: what is proven wrong is ruled out, an open question of the first hypothesis that still stands is asked,
and once all its questions are answered its remedy is carried out. Then it watches until the proof is there.
"""

from collections import deque
from collections.abc import Mapping

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.observation import Observation
from simcore.policies.facts import FACTS, SUSPECTS
from simcore.policies.findings import Findings
from simcore.policies.remedies import in_words, remedy_actions
from simcore.policies.table import Row, load_table

_QUIET_BEFORE_ALL_CLEAR_S = 60.0
_GIVE_UP_STEPS_LEFT = 1
_LOOKS = ("list_services", "check_metrics", "describe_service", "read_logs")


class PlaybookPolicy:
    """Deterministic; `seed` changes nothing. One instance plays one episode."""

    name = "playbook"

    def __init__(self, seed: int = 0) -> None:
        self._findings = Findings()
        self._table = load_table()
        self._ruled_out: dict[tuple[str, str], str] = {}
        self._chosen: tuple[Row, str] | None = None
        self._evidence: tuple[str, ...] = ()
        self._todo: list[Action] = []
        self._seen = 0
        self._recent: deque[Action] = deque(maxlen=3)

    def decide(self, observation: Observation, history: History) -> Decision:
        self._note(observation, history)
        if observation.max_steps - observation.step <= _GIVE_UP_STEPS_LEFT:
            return self._declare("the budget is used up; this is the best that the evidence allows")
        if not self._findings.rows:
            return self._say({"action_type": "list_services"}, "An alert came in: see which services are unwell.")
        return self._next()

    def _note(self, observation: Observation, history: History) -> None:
        if not self._seen:
            self._findings.add(None, observation)
            self._seen = 1
        for decision, result in history[self._seen - 1 :]:
            self._findings.add(decision, result.observation)
            self._recent.append(decision.action)
            self._seen += 1

    def _next(self) -> Decision:
        if self._todo:
            return self._change(self._todo.pop(0))
        if self._chosen is not None:
            return self._prove(*self._chosen)
        return self._investigate()

    def _investigate(self) -> Decision:
        for row in self._table.hypotheses:
            for suspect in SUSPECTS[row.suspects](self._findings):
                if (row.mechanism, suspect) in self._ruled_out:
                    continue
                question = self._open_question(row, suspect)
                if question is not None:
                    return question
                if (row.mechanism, suspect) not in self._ruled_out:
                    return self._choose(row, suspect)
            question = self._who_calls_the_database(row)
            if question is not None:
                return question
        return self._nothing_fits()

    def _who_calls_the_database(self, row: Row) -> Decision | None:
        """Clients are suspects only once it is known who they are, which is worth asking when connections are gone."""
        findings = self._findings
        if row.suspects != "clients" or findings.database is None or findings.database in findings.details:
            return None
        if not FACTS["connections_are_used_up"](findings, "").truth:
            return None
        return self._ask("describe_service", findings.database, row, "its clients are not known yet")

    def _open_question(self, row: Row, suspect: str) -> Decision | None:
        """The read that answers the first open fact of a row; facts that speak against it rule it out."""
        for fact in row.because:
            answer = FACTS[fact](self._findings, suspect)
            if answer.truth is None:
                question = self._table.questions[fact]
                service = self._findings.database if question.of == "database" else suspect
                kind = self._askable(question.ask, question.otherwise, service or suspect)
                if kind is None:
                    continue
                return self._ask(kind, service or suspect, row, fact.replace("_", " "))
            if not answer.truth:
                self._ruled_out[row.mechanism, suspect] = answer.evidence
                return None
        for fact in row.unless:
            answer = FACTS[fact](self._findings, suspect)
            if answer.truth:
                self._ruled_out[row.mechanism, suspect] = answer.evidence
                return None
        return None

    def _askable(self, kind: str, otherwise: str | None, service: str) -> str | None:
        """A series can be missing: then another read may tell, or the same one again, but not for ever."""
        asked = len(self._findings.readings.get(service, []))
        if kind != "check_metrics" or asked == 0:
            return kind
        if otherwise is not None and (service, "check_resources") not in self._findings.diagnostics:
            return otherwise
        return kind if asked < 4 else None

    def _ask(self, kind: str, service: str, row: Row, fact: str) -> Decision:
        action: dict[str, object] = {"action_type": kind, "target_service": service}
        if kind == "run_diagnostic":
            action["parameters"] = {"command": "check_resources"}
        if kind == "list_services":
            action = {"action_type": kind}
        return self._say(
            action, f"Could it be {row.mechanism}? To find out: {fact}.", Hypothesis(service, row.mechanism)
        )

    def _choose(self, row: Row, suspect: str) -> Decision:
        self._chosen = (row, suspect)
        answers = [FACTS[fact](self._findings, suspect).evidence for fact in row.because]
        self._evidence = tuple(evidence for evidence in answers if evidence)
        self._todo = [action for remedy in row.remedy for action in remedy_actions(remedy, suspect, self._findings)]
        return self._change(self._todo.pop(0)) if self._todo else self._prove(row, suspect)

    def _change(self, action: Action) -> Decision:
        assert self._chosen is not None
        row, suspect = self._chosen
        return Decision(
            action, Hypothesis(suspect, row.mechanism), self._evidence, f"{row.summary} So: {in_words(action)}.",
            self._ruled_out_list(),
        )  # fmt: skip

    def _prove(self, row: Row, suspect: str) -> Decision:
        """Watches with four different reads in turn until it has been quiet for long enough, or the proof fails."""
        if row.refuted_by is not None:
            answer = FACTS[row.refuted_by](self._findings, suspect)
            if answer.truth:
                return self._reject(row, suspect, answer.evidence)
            if answer.truth is None and self._findings.quiet_seconds() >= 2 * row.settle_seconds:
                return self._declare("everything has been well for twice as long as it takes to tell")
            if answer.truth is False and self._is_settled(row):
                return self._declare("it is proven: the fault did not come back")
        elif self._is_settled(row):
            return self._declare("it is proven: everything has been well since the change took effect")
        elif self._findings.now - self._findings.last_change > 4 * row.settle_seconds + 120:
            return self._reject(row, suspect, "the change did not help")
        return self._watch(suspect, f"Did it help? Waiting until it has been quiet for {row.settle_seconds:.0f} s.")

    def _is_settled(self, row: Row) -> bool:
        return not self._findings.firing and self._findings.quiet_seconds() >= row.settle_seconds

    def _reject(self, row: Row, suspect: str, evidence: str) -> Decision:
        self._ruled_out[row.mechanism, suspect] = evidence
        self._chosen, self._todo = None, []
        return self._investigate()

    def _watch(self, service: str, reason: str) -> Decision:
        """Four kinds of reads in turn; what was read in the last three steps has nothing new to tell."""
        recent = {(a.action_type, a.target_service) for a in self._recent}
        for kind in _LOOKS:
            target = None if kind == "list_services" else service
            if (kind, target) not in recent:
                break
        hypothesis = Hypothesis(service, self._chosen[0].mechanism) if self._chosen else None
        return self._say({"action_type": kind, "target_service": target}, reason, hypothesis)

    def _nothing_fits(self) -> Decision:
        findings = self._findings
        looked = findings.alerted in findings.details and findings.alerted in findings.readings
        well = not findings.firing and not findings.unwell()
        if looked and well and findings.quiet_seconds() >= _QUIET_BEFORE_ALL_CLEAR_S:
            return self._declare("nothing is broken any more, and nothing that was read says that it will be")
        return self._watch(
            findings.alerted, "No hypothesis fits yet: look again at the service that the page is about."
        )

    def _declare(self, why: str) -> Decision:
        causes = []
        if self._chosen is not None:
            row, suspect = self._chosen
            causes = [{"service": suspect, "mechanism": row.mechanism}]
        text = self._chosen[0].summary if self._chosen else "Nothing is broken."
        action = {"action_type": "resolve_incident", "parameters": {"causes": causes, "root_cause": text}}
        hypothesis = Hypothesis(causes[0]["service"], causes[0]["mechanism"]) if causes else None
        return self._say(action, f"Declare: {why}.", hypothesis)

    def _say(self, action: Mapping[str, object], reason: str, hypothesis: Hypothesis | None = None) -> Decision:
        return Decision(parse_action(action), hypothesis, self._evidence, reason, self._ruled_out_list())

    def _ruled_out_list(self) -> tuple[Hypothesis, ...]:
        return tuple(Hypothesis(service, name, why) for (name, service), why in self._ruled_out.items())
