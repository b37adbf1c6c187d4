"""One episode: a world, a budget, a ledger. Actions go in, observations and rewards come out."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from simcore.actions import CHANGES, Action
from simcore.errors import ActionError, SimcoreError
from simcore.grading.rubric import marks
from simcore.grading.verdict import verdict_of
from simcore.kernel import changes
from simcore.kernel import layout as at
from simcore.kernel import observe as o
from simcore.kernel.random import stream_seed
from simcore.kernel.step import step as kernel_step
from simcore.mechanisms.table import mechanism_class
from simcore.observation import Declaration, Observation
from simcore.parsing import reader_of
from simcore.results import CauseName, RewardBreakdown, Snapshot, StepResult, Verdict
from simcore.scenarios.compiled import plan_of, settings_of
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.topologies.pools import topology_of
from simcore.world.encode import MALFORMED, Coded
from simcore.world.page import alert_notice, red_herring
from simcore.world.reading import payload_of
from simcore.world.receipts import receipt, refusal_text
from simcore.world.versions import version_text
from simcore.world.world import World

_THE_END = "the episode has ended; reset begins a new one"


class Episode:
    """Deterministic by (scenario, seed, difficulty). `reset` begins it anew, `step` never raises for a bad action."""

    __slots__ = (
        "_actions", "_alert", "_declared", "_herring", "_out", "_reader", "_settings", "_slo_title", "_stream",
        "difficulty", "done", "max_steps", "scenario", "seed", "steps", "world",
    )  # fmt: skip

    def __init__(self, scenario: ScenarioDocument, seed: int, difficulty: float, max_steps: int | None = None) -> None:
        if not 0.0 <= difficulty <= 1.0:
            raise SimcoreError(f"difficulty {difficulty} is outside 0 to 1")
        spec = scenario.spec
        self.scenario, self.seed, self.difficulty = scenario, seed, difficulty
        self.max_steps = max_steps or budget(spec, difficulty)
        topology = topology_of(spec.topology, seed)
        self.world = World.empty(spec, plan_of(spec, topology))
        self._reader = reader_of(topology)
        self._settings = settings_of(
            difficulty, spec.no_fault_share, spec.self_healing_share, spec.multi_fault_share, *spec.entry_slo,
            spec.stabilization_seconds, self.max_steps,
        )  # fmt: skip
        self._stream = int(stream_seed(seed, round(difficulty * 1e6), name_number(scenario.name)))
        self._out = np.empty(o.OUT_COLUMNS)
        self._begin()

    def _begin(self) -> None:
        self.world.draw(self._settings, self._stream)
        self.steps, self.done = 0, False
        self._actions: list[tuple[str, str | None]] = []
        self._declared: tuple[CauseName, ...] | None = None
        self._alert = None
        self._slo_title = ""
        self._herring = red_herring(self.world)

    def reset(self) -> Observation:
        """The alert. A second reset gives the same episode again."""
        if self.steps or self.done:
            self._begin()
        self._page()
        return self._observation("alert", self._alert, firing=not self.world.slo_met())

    def _page(self) -> None:
        if self._alert is None:
            self._alert = alert_notice(self.world)
            self._slo_title = self._alert.title

    def step(self, action: Action | Mapping[str, Any]) -> StepResult:
        """One action. After the end it changes and earns nothing."""
        if self.done:
            return self._after_the_end()
        if self._alert is None:
            self._page()
        self.steps += 1
        try:
            typed, coded = self._reader.read(action)
        except ActionError as problem:
            return self._malformed(str(problem))
        self._run(coded)
        self._actions.append((typed.action_type, typed.target_service))
        if typed.action_type == "resolve_incident":
            return self._declaration(typed)
        return self._result(self._seen(typed, coded))

    def _run(self, coded: Coded) -> None:
        world = self.world
        kernel_step(world.buffer, world.plan.topology.graph, world.noise_seed, *coded, self._out)

    def _seen(self, action: Action, coded: Coded) -> Observation:
        """What the policy sees of a step that was well formed."""
        out, kind = self._out, action.action_type
        refusal = int(out[o.OUT_REFUSAL])
        firing = out[o.OUT_FIRING] > 0.0
        if refusal != changes.ACCEPTED:
            versions = self._versions(coded.service) if coded.service >= 0 else ()
            return self._observation(
                "error", None, refusal_text(refusal, action, versions, self.world.topology), firing=firing
            )
        if kind in CHANGES:
            return self._observation(kind, partial(receipt, action), firing=firing)
        reading = partial(payload_of, out.copy(), coded, self.steps, self.world)
        return self._observation(kind, reading, firing=firing)

    def _versions(self, service: int) -> tuple[str, ...]:
        return tuple(version_text(number) for number in self.world.state.releases[service, :, at.VERSION].tolist())

    def _malformed(self, problem: str) -> StepResult:
        self._run(MALFORMED)
        return self._result(self._observation("error", None, problem, firing=self._out[o.OUT_FIRING] > 0.0))

    def _declaration(self, action: Action) -> StepResult:
        causes = action.parameters.causes  # type: ignore[union-attr]
        self._declared = tuple(
            CauseName(cause.service, cause.mechanism, mechanism_class(cause.mechanism) or "unknown") for cause in causes
        )
        said = ", ".join(f"{cause.mechanism} on {cause.service}" for cause in self._declared) or "nothing is broken"
        return self._result(self._observation("resolve_incident", Declaration(f"declared: {said}"), firing=False))

    def _result(self, observation: Observation) -> StepResult:
        numbers = self._out[o.OUT_PAID : o.OUT_NOW].tolist()
        paid = RewardBreakdown(*numbers[:6])
        ended = numbers[6]
        self.done = ended > 0.0
        return StepResult(
            observation, paid.total, paid, terminated=ended == at.TERMINATED, truncated=ended == at.TRUNCATED
        )

    def _observation(self, kind: str, payload: Any, error: str | None = None, *, firing: bool) -> Observation:
        now = float(self._out[o.OUT_NOW]) if self.steps else self.world.sim_seconds
        alerts = (self._slo_title,) if firing else ()
        if self._herring is not None and now < self._herring[1]:
            alerts = (*alerts, self._herring[0])
        return Observation(kind, self.steps, self.max_steps, round(now, 3), payload, error, alerts)

    def _after_the_end(self) -> StepResult:
        observation = self._observation("error", None, _THE_END, firing=False)
        declared = self._declared is not None
        return StepResult(observation, 0.0, RewardBreakdown(), terminated=declared, truncated=not declared)

    @property
    def resolved(self) -> bool:
        return self.verdict().resolved

    @property
    def state(self) -> dict[str, Any]:
        """Where the episode stands, without the truth."""
        return {
            "scenario": self.scenario.name, "family": self.scenario.spec.family, "seed": self.seed,
            "difficulty": self.difficulty, "step": self.steps, "max_steps": self.max_steps, "done": self.done,
            "sim_seconds": self.world.sim_seconds, "score": self.score,
        }  # fmt: skip

    @property
    def score(self) -> float:
        """0 to 1, so far."""
        sums = self.world.state.ledger[at.SUM_DIAGNOSTIC : at.SUM_PENALTY + 1]
        return round(min(max(sum(sums.tolist()), 0.0), 1.0), 6)

    def snapshot(self) -> Snapshot:
        return self.world.snapshot()

    def fork(self) -> "Episode":
        """An independent copy that goes on from here."""
        twin = object.__new__(Episode)
        for name in Episode.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.world, twin._out, twin._actions = self.world.fork(), self._out.copy(), list(self._actions)
        return twin

    def verdict(self) -> Verdict:
        """How the episode stands; before its end nothing is resolved or mitigated."""
        return verdict_of(self.world, self._declared, self.score, marks(self.scenario.spec.rubric, self._actions))


def budget(spec: ScenarioSpec, difficulty: float) -> int:
    """Steps at a difficulty, interpolated between the scenario's bounds."""
    return round(spec.budget.easiest + (spec.budget.hardest - spec.budget.easiest) * difficulty)


_NAMES: dict[str, int] = {}


def name_number(text: str) -> int:
    """A number for a scenario's name, so that equal seeds of two scenarios are not the same draw."""
    if text not in _NAMES:
        code = text.encode()
        _NAMES[text] = int.from_bytes(code[:7].ljust(7, b"\0"), "big") ^ sum(b << (i % 48) for i, b in enumerate(code))
    return _NAMES[text]
