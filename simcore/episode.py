"""One episode: a world, a budget, a ledger. Actions go in, observations and rewards come out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simcore.actions import CHANGES, READS, Action, ResolveIncident, parse_action
from simcore.errors import ActionError, SimcoreError
from simcore.grading import components as graded
from simcore.grading.ending import Proof, diagnosed, named, prove
from simcore.grading.ledger import Ledger
from simcore.grading.predicates import held_parts
from simcore.observation import Declaration, Observation, Payload
from simcore.results import CauseName, RewardBreakdown, Snapshot, StepResult, Verdict
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.world import layout as at
from simcore.world.changes import Refused, apply_change
from simcore.world.observe import alert_notice, observe
from simcore.world.world import World

COST_SECONDS = {
    "list_services": 10.0,
    "describe_service": 10.0,
    "read_logs": 15.0,
    "check_metrics": 10.0,
    "run_diagnostic": 20.0,
    "restart_service": 20.0,
    "scale_service": 20.0,
    "rollback_deployment": 20.0,
    "update_config": 20.0,
    "resolve_incident": 0.0,
    "malformed": 10.0,
}
"""How long an action takes, in simulated seconds: about what a practised person needs."""


class Episode:
    """Deterministic by (scenario, seed, difficulty). `reset` begins it anew, `step` never raises for a bad action."""

    def __init__(self, scenario: ScenarioDocument, seed: int, difficulty: float, max_steps: int | None = None) -> None:
        if not 0.0 <= difficulty <= 1.0:
            raise SimcoreError(f"difficulty {difficulty} is outside 0 to 1")
        self.scenario, self.seed, self.difficulty = scenario, seed, difficulty
        self.max_steps = max_steps or budget(scenario.spec, difficulty)
        self._begin()

    def _begin(self) -> None:
        self.world = World.draw(self.scenario.spec, self.scenario.name, self.seed, self.difficulty)
        self.steps = 0
        self.ledger = Ledger()
        self.done = False
        self._past: list[graded.Past] = []
        self._paid_parts: frozenset[tuple[int, int]] = frozenset()
        self._declared: tuple[CauseName, ...] | None = None
        self._proof: Proof | None = None
        self._alert = alert_notice(self.world)

    def reset(self) -> Observation:
        """The alert. A second reset gives the same episode again."""
        if self.steps or self.done:
            self._begin()
        return self._observation("alert", self._alert)

    def step(self, action: Action | Mapping[str, Any]) -> StepResult:
        """One action. After the end it changes and earns nothing."""
        if self.done:
            return self._after_the_end()
        self.steps += 1
        try:
            typed = parse_action(action)
        except ActionError as problem:
            return self._malformed(str(problem))
        if isinstance(typed, ResolveIncident):
            return self._declare(typed)
        return self._act(typed)

    @property
    def resolved(self) -> bool:
        return self.verdict().resolved

    @property
    def state(self) -> dict[str, Any]:
        """Where the episode stands, without the truth."""
        return {
            "scenario": self.scenario.name, "family": self.scenario.spec.family, "seed": self.seed,
            "difficulty": self.difficulty, "step": self.steps, "max_steps": self.max_steps, "done": self.done,
            "sim_seconds": self.world.sim_seconds, "score": self.ledger.score(),
        }  # fmt: skip

    def snapshot(self) -> Snapshot:
        return self.world.snapshot()

    def fork(self) -> "Episode":
        """An independent copy that goes on from here."""
        twin = object.__new__(Episode)
        twin.__dict__.update(self.__dict__)
        twin.world, twin.ledger, twin._past = self.world.fork(), self.ledger.copy(), list(self._past)
        return twin

    def _act(self, action: Action) -> StepResult:
        service = action.target_service
        if service is not None and service not in self.world.incident.topology.index:
            self.world.advance(COST_SECONDS[action.action_type])
            moment = self._moment(action, "unknown_service")
            return self._settle(moment, None, f"there is no service {service!r}; list_services names them")
        return self._change(action) if action.action_type in CHANGES else self._read(action)

    def _read(self, action: Action) -> StepResult:
        self.world.advance(COST_SECONDS[action.action_type])
        return self._settle(self._moment(action), observe(self.world, action, self.steps), None)

    def _change(self, action: Action) -> StepResult:
        parts, sick = held_parts(self.world), self._sick()
        payload, refusal, error = None, "", None
        try:
            payload = apply_change(self.world, action)
        except Refused as problem:
            refusal, error = problem.code, str(problem)
        self.world.advance(COST_SECONDS[action.action_type])
        well = self.world.incident.topology.index[action.target_service or ""] not in sick
        harmed = len(self._sick() - sick) if well and not refusal else 0
        moment = self._moment(action, refusal, parts, held_parts(self.world), well, harmed)
        return self._settle(moment, payload, error)

    def _moment(
        self,
        action: Action,
        refusal: str = "",
        before: graded.Parts = (),
        after: graded.Parts = (),
        well: bool = False,
        harmed: int = 0,
    ) -> graded.Moment:
        incident, paid = self.world.incident, self._paid_parts
        return graded.Moment(action, refusal, incident, before, after, paid, tuple(self._past), well, harmed)

    def _settle(self, moment: graded.Moment, payload: Payload | None, error: str | None) -> StepResult:
        paid = self.ledger.pay(
            r_diagnostic=graded.r_diagnostic(moment), r_correct_op=graded.r_correct_op(moment),
            r_format=graded.r_format(moment), r_penalty=graded.r_penalty(moment),
        )  # fmt: skip
        self._paid_parts |= graded.newly_held(moment)
        self._past.append(graded.Past(moment.action.action_type, moment.action.target_service))
        kind = moment.action.action_type if error is None else "error"
        return self._result(self._observation(kind, payload, error), paid)

    def _sick(self) -> set[int]:
        return set(np.nonzero(self.world.state.services[:, at.HEALTH])[0].tolist())

    def _malformed(self, problem: str) -> StepResult:
        self.world.advance(COST_SECONDS["malformed"])
        self._past.append(graded.Past("malformed", None))
        return self._result(self._observation("error", None, problem), RewardBreakdown())

    def _declare(self, action: ResolveIncident) -> StepResult:
        self._declared = named(action.parameters.causes)
        paid = self.ledger.pay(r_format=0.01)
        said = ", ".join(f"{c.mechanism} on {c.service}" for c in self._declared) or "nothing is broken"
        return self._finish(Observation(
            "resolve_incident", self.steps, self.max_steps, self.world.sim_seconds, Declaration(f"declared: {said}"),
        ), paid)  # fmt: skip

    def _result(self, observation: Observation, paid: RewardBreakdown) -> StepResult:
        if self.steps >= self.max_steps:
            return self._finish(observation, paid)
        return StepResult(observation, paid.total, paid)

    def _finish(self, observation: Observation, paid: RewardBreakdown) -> StepResult:
        self._proof, self.done = prove(self.world), True
        ending = self._ending(self._proof)
        last = self.ledger.pay(
            r_resolution=graded.r_resolution(ending), r_efficiency=graded.r_efficiency(ending),
            r_penalty=graded.r_wrong_declaration(ending), r_correct_op=graded.r_right_no_op(ending),
        )  # fmt: skip
        both = paid.plus(last)
        declared = self._declared is not None
        return StepResult(observation, both.total, both, terminated=declared, truncated=not declared)

    def _ending(self, proof: Proof) -> graded.Ending:
        incident = self.world.incident
        evidence = any(
            past.action_type in READS and past.service and graded.reading_value(incident, past.service) > 0
            for past in self._past
        )
        return graded.Ending(
            declared=self._declared is not None,
            mitigated=proof.mitigated,
            diagnosed=self._declared is not None and diagnosed(incident, self._declared),
            nothing_was_broken=incident.kind != "Fault",
            read_evidence=evidence,
            steps=self.steps,
            max_steps=self.max_steps,
        )

    def verdict(self) -> Verdict:
        """How the episode stands; before its end nothing is resolved or mitigated."""
        proof = self._proof or Proof(False, False, ())
        ending = self._ending(proof)
        incident = self.world.incident
        return Verdict(
            resolved=graded.r_resolution(ending) > 0,
            mitigated=proof.mitigated,
            diagnosed=ending.diagnosed,
            declared=self._declared,
            truth=incident.truth,
            steps=self.steps,
            score=self.ledger.score(),
            breakdown=self.ledger.total(),
            user_minutes_lost=round(self.world.user_minutes_lost, 3),
            sim_seconds=self.world.sim_seconds,
            notes=self._notes(proof),
        )

    def _notes(self, proof: Proof) -> tuple[str, ...]:
        kind = {"Fault": (), "SelfHealing": ("self-healing",), "NoFault": ("self-healing", "no fault")}
        broken = tuple(f"left broken: {name}" for name in proof.broken_services)
        return (*kind[self.world.incident.kind], *broken)

    def _observation(self, kind: str, payload: Payload | None, error: str | None = None) -> Observation:
        firing = () if self.world.slo_met() else (self._alert.title,)
        return Observation(kind, self.steps, self.max_steps, self.world.sim_seconds, payload, error, firing)

    def _after_the_end(self) -> StepResult:
        observation = self._observation("error", None, "the episode has ended; reset begins a new one")
        declared = self._declared is not None
        return StepResult(observation, 0.0, RewardBreakdown(), terminated=declared, truncated=not declared)


def budget(spec: ScenarioSpec, difficulty: float) -> int:
    """Steps at a difficulty, interpolated between the scenario's bounds."""
    return round(spec.budget.easiest + (spec.budget.hardest - spec.budget.easiest) * difficulty)
