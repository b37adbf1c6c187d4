"""The playbook: works through a table of hypotheses as a senior engineer would. It sees observations only.

It follows the trouble down the call graph, asks the open questions of the first hypothesis that still stands, carries
the cure out once all of them are answered, and watches until the proof is there. If the trouble goes on elsewhere it
keeps what it found and begins again; if it goes on in the same place, it was wrong.
"""

from collections import deque
from collections.abc import Mapping

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.observation import Observation
from simcore.policies.cures import cure_actions, scales, unknown_for_cure
from simcore.policies.playbook import words
from simcore.policies.playbook.casebook import Casebook, Suspicion
from simcore.policies.playbook.declaring import declaration
from simcore.policies.playbook.facts import FACTS, QUESTIONS, SETUP
from simcore.policies.playbook.findings import Findings
from simcore.policies.playbook.proof import goes_on, has_taken_effect, is_calm, is_settled
from simcore.policies.playbook.search import Look, Search
from simcore.policies.playbook.table import Row

_QUIET_BEFORE_ALL_CLEAR_S = 60.0
_STALE_LIST_S = 45.0
_LOOKS = ("list_services", "check_metrics", "describe_service", "read_logs")


class PlaybookPolicy:
    """Deterministic; `seed` changes nothing. One instance plays one episode."""

    name = "playbook"

    def __init__(self, seed: int = 0) -> None:
        self._findings = Findings()
        self._case = Casebook()
        self._search = Search(self._findings, self._case)
        self._chosen: Suspicion | None = None
        self._evidence: tuple[str, ...] = ()
        self._todo: list[Action] = []
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
        if self._case.is_at_a_loss and self._findings.leads_elsewhere():
            self._forget()
        found = self._search.next()
        if found is None:
            return self._nothing_fits()
        return self._ask(found) if isinstance(found, Look) else self._choose(*found)

    def _nothing_fits(self) -> Decision:
        findings, trace = self._findings, self._search.trace
        well = not findings.firing and not findings.unwell()
        looked = findings.alerted in findings.details
        if well and looked and findings.quiet_seconds() >= _QUIET_BEFORE_ALL_CLEAR_S:
            return self._declare("All is well, and nothing that was read says that it will not stay so")
        if findings.firing and self._search.ends_where_paged and not self._case.is_at_a_loss:
            self._case.is_at_a_loss = True
            why = f"Nothing that was read of {findings.alerted} explains it: who else is unwell by now?"
            return self._say({"action_type": "list_services"}, why)
        if findings.now - findings.rows_at > _STALE_LIST_S:
            self._forget()
            why = "Nothing that was read so far explains it: see who is unwell by now, and begin again."
            return self._say({"action_type": "list_services"}, why)
        if trace is not None and not well and trace.origin in findings.details:
            self._case.exhausted.add(trace.origin)
        return self._watch(
            findings.alerted,
            f"Nothing that was read so far explains it: look again at {findings.alerted}, whom the page names.",
        )

    # doing something about it ----------------------------------------------------------------------------------
    def _choose(self, row: Row, suspect: str) -> Decision:
        if suspect not in self._findings.details and self._case.may_ask(SETUP, suspect):
            why = words.setup(row, suspect)
            return self._ask(Look(SETUP, suspect, why, Hypothesis(suspect, row.mechanism)))
        if unknown := unknown_for_cure(row.mechanism, suspect, self._findings):
            return self._reject(row, suspect, unknown)
        if is_calm(self._findings, row):
            return self._wait_and_see()
        self._case.judge_tried(suspect)
        self._chosen = (row, suspect)
        answers = [FACTS[fact](self._findings, suspect).evidence for fact in row.because]
        self._evidence = tuple(evidence for evidence in answers if evidence) or (words.suspicion(row, suspect),)
        self._todo = cure_actions(row.mechanism, suspect, self._findings)
        if scales(row.mechanism):
            self._case.note_short((row, suspect), self._findings.shortage(suspect) or 0.0)
        return self._change(self._todo.pop(0)) if self._todo else self._prove(row, suspect)

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
        refuted = FACTS[row.refuted_by](findings, suspect) if row.refuted_by is not None else None
        if refuted is not None and refuted.truth:
            return self._reject(row, suspect, refuted.evidence)
        is_open = refuted is not None and refuted.truth is None
        if is_settled(findings, 1.7 * row.settle if is_open else row.settle):
            return self._declare(words.proven(findings, row, is_open=is_open))
        if goes_on(findings, suspect):
            return self._look_further(row, suspect)
        if row.refuted_by == "disk_still_grows" and is_open and has_taken_effect(findings):
            why = f"The cure of {suspect} took effect: does its volume still fill up?"
            return self._ask(Look(QUESTIONS[row.refuted_by], suspect, why, Hypothesis(suspect, row.mechanism)))
        return self._watch(suspect, words.watching(findings, row.settle))

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

    # saying it -------------------------------------------------------------------------------------------------
    def _ask(self, look: Look) -> Decision:
        self._case.note_asked(look.question, look.service)
        return self._say(look.action(), look.why, look.hypothesis, look.evidence)

    def _watch(self, service: str, reason: str) -> Decision:
        """Different kinds of reads in turn; what was read in the last three steps has nothing new to tell."""
        for kind in _LOOKS:
            target = None if kind == "list_services" else service
            if (kind, target) not in self._recent:
                break
        hypothesis = Hypothesis(service, self._chosen[0].mechanism) if self._chosen else None
        return self._say({"action_type": kind, "target_service": target}, reason, hypothesis)

    def _declare(self, why: str) -> Decision:
        chosen = [self._chosen] if self._chosen else []
        said = declaration([*self._case.kept, *self._case.tried, *chosen])
        return self._say(said.action, f"{why}: {said.words}.", said.hypothesis)

    def _say(
        self,
        action: Mapping[str, object],
        reason: str,
        hypothesis: Hypothesis | None = None,
        evidence: tuple[str, ...] = (),
    ) -> Decision:
        return Decision(parse_action(action), hypothesis, evidence or self._evidence, reason, self._case.against())
