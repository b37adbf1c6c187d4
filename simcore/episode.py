"""One episode: a world, a budget, a ledger. Actions go in, observations and rewards come out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simcore.actions import Action, ResolveIncident
from simcore.errors import ActionError, SimcoreError
from simcore.grading.rubric import marks
from simcore.grading.verdict import verdict_of
from simcore.kernel import layout as at
from simcore.kernel import observe as o
from simcore.kernel.layout import Floats
from simcore.kernel.random import stream_seed
from simcore.kernel.step import step as kernel_step
from simcore.observation import Observation
from simcore.parsing import reader_of
from simcore.results import CauseName, RewardBreakdown, Snapshot, StepResult, Verdict
from simcore.scenarios.compiled import plan_of, settings_of
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.topologies.pools import topology_of
from simcore.world.encode import MALFORMED, Coded
from simcore.world.telling import Teller, declared_causes
from simcore.world.world import World


class Episode:
    """Deterministic by (scenario, seed, difficulty). `reset` begins it anew, `step` never raises for a bad action."""

    __slots__ = (
        "_actions",
        "_declared",
        "_out",
        "_reader",
        "_refused",
        "_settings",
        "_stream",
        "_teller",
        "difficulty",
        "done",
        "max_steps",
        "scenario",
        "seed",
        "steps",
        "world",
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
        self._stream = stream_of(scenario.name, seed, difficulty)
        self._out = np.empty(o.OUT_COLUMNS)
        self._begin()

    def _begin(self) -> None:
        self.world.draw(self._settings, self._stream)
        self.steps, self.done = 0, False
        self._actions: list[Action | None] = []
        self._refused: set[int] = set()
        self._declared: tuple[CauseName, ...] | None = None
        self._teller: Teller | None = None

    @property
    def _tells(self) -> Teller:
        if self._teller is None:
            self._teller = Teller(self.world, self.max_steps)
        return self._teller

    def reset(self) -> Observation:
        """The alert. A second reset gives the same episode again."""
        if self.steps or self.done:
            self._begin()
        return self._tells.alert()

    def step(self, action: Action | Mapping[str, Any]) -> StepResult:
        """One action. After the end it changes and earns nothing."""
        if self.done:
            return self._after_the_end()
        self.steps += 1
        try:
            typed, coded = self._reader.read(action)
        except ActionError as problem:
            self._actions.append(None)
            self._run(MALFORMED)
            return self._result(self._tells.malformed(str(problem), self._out, self.steps))
        self._run(coded)
        self._note(typed, self._out)
        if isinstance(typed, ResolveIncident):
            self._declared = declared_causes(typed)
        return self._result(self._tells.step(typed, coded, self._out, self.steps))

    def _note(self, action: Action | None, out: Floats) -> None:
        """Writes down what was done; `out` tells whether it was refused."""
        if out[o.OUT_REFUSAL] > 0.0:
            self._refused.add(len(self._actions))
        self._actions.append(action)

    def _run(self, coded: Coded) -> None:
        world = self.world
        kernel_step(world.buffer, world.plan.topology.graph, world.noise_seed, *coded, self._out)

    def _result(self, observation: Observation) -> StepResult:
        *amounts, ended = self._out[o.OUT_PAID : o.OUT_NOW].tolist()
        paid = RewardBreakdown(*amounts)
        self.done = ended > 0.0
        return StepResult(observation, paid.total, paid, ended == at.TERMINATED, ended == at.TRUNCATED)

    def _after_the_end(self) -> StepResult:
        declared = self._declared is not None
        return StepResult(
            self._tells.after_the_end(self.steps, self.world.sim_seconds),
            0.0,
            RewardBreakdown(),
            declared,
            not declared,
        )

    @property
    def actions(self) -> tuple[Action | None, ...]:
        """What was done so far; None for what was malformed."""
        return tuple(self._actions)

    @property
    def resolved(self) -> bool:
        return self.verdict().resolved

    @property
    def score(self) -> float:
        """0 to 1, so far."""
        sums: list[float] = self.world.state.ledger[at.SUM_DIAGNOSTIC : at.SUM_PENALTY + 1].tolist()
        return round(min(max(sum(sums), 0.0), 1.0), 6)

    @property
    def state(self) -> dict[str, Any]:
        """Where the episode stands, without the truth."""
        return {
            "scenario": self.scenario.name, "family": self.scenario.spec.family, "seed": self.seed,
            "difficulty": self.difficulty, "step": self.steps, "max_steps": self.max_steps, "done": self.done,
            "sim_seconds": self.world.sim_seconds, "score": self.score,
        }  # fmt: skip

    def snapshot(self) -> Snapshot:
        return self.world.snapshot()

    def fork(self) -> "Episode":
        """An independent copy that goes on from here."""
        twin = object.__new__(Episode)
        for name in Episode.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.world, twin._out = self.world.fork(), np.empty(o.OUT_COLUMNS)
        twin._actions, twin._refused = list(self._actions), set(self._refused)
        return twin

    def verdict(self) -> Verdict:
        """How the episode stands; before its end nothing is resolved or mitigated."""
        done = [action for number, action in enumerate(self._actions) if number not in self._refused]
        return verdict_of(self.world, self._declared, self.score, marks(self.scenario.spec.rubric, done))


def budget(spec: ScenarioSpec, difficulty: float) -> int:
    """Steps at a difficulty, interpolated between the scenario's bounds."""
    return round(spec.budget.easiest + (spec.budget.hardest - spec.budget.easiest) * difficulty)


def stream_of(name: str, seed: int, difficulty: float) -> int:
    """The stream that everything of an episode is drawn from."""
    return int(stream_seed(seed, round(difficulty * 1e6), _name_number(name)))


_NAMES: dict[str, int] = {}


def _name_number(text: str) -> int:
    """A number for a scenario's name, so that equal seeds of two scenarios are not the same draw."""
    if text not in _NAMES:
        code = text.encode()
        _NAMES[text] = int.from_bytes(code[:7].ljust(7, b"\0"), "big") ^ sum(b << (i % 48) for i, b in enumerate(code))
    return _NAMES[text]
