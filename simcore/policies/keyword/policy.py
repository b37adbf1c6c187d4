"""The floor that a grep can reach: it reads the alert and all logs once, guesses, acts, waits and declares.

What it does not do is look at anything else, or again. `weights.json` holds its map from phrases to service, mechanism
and so to class and fix; `python -m simcore.fitting.keyword` fits it and writes that file.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.mechanisms.table import mechanism_class
from simcore.observation import Observation
from simcore.policies.cures import cure_actions
from simcore.policies.keyword.features import read_scene
from simcore.policies.keyword.model import Guess, KeywordModel, fitted
from simcore.policies.oracle import TrueSystem

if TYPE_CHECKING:
    from simcore.episode import Episode

Script = Generator[Decision, Observation, None]
_WAIT_S = 120.0
_WORTH_CURING = 0.1  # as likely as the likeliest of its class
_MOST_CURES = 3


class SeenSystem(TrueSystem):
    """What a cure needs of the system. Who has no pods is only known from those whose connections are refused."""

    def __init__(self, episode: "Episode", starved: Sequence[str]) -> None:
        super().__init__(episode)
        self._starved = starved

    def starved(self) -> Sequence[str]:
        return self._starved


class Plan(NamedTuple):
    """What is declared is a service and a class: mechanisms of a class are cured together, the likeliest first."""

    chance: float
    guesses: tuple[Guess, ...]


def best_plan(guesses: Iterable[Guess]) -> Plan:
    """The likeliest service and class; `guesses` come likeliest first."""
    together: dict[tuple[str, str], list[Guess]] = {}
    for guess in guesses:
        together.setdefault((guess.service, mechanism_class(guess.mechanism) or ""), []).append(guess)
    chosen = [[g for g in group if g.chance >= _WORTH_CURING * group[0].chance] for group in together.values()]
    plans = [Plan(sum(g.chance for g in group[:_MOST_CURES]), tuple(group[:_MOST_CURES])) for group in chosen]
    return max(plans, key=lambda plan: plan.chance)


class KeywordPolicy:
    """Needs the episode, of which it reads the logs and what an operator's tools would fill a change in with."""

    name = "keyword"

    def __init__(self, episode: "Episode", model: KeywordModel | None = None) -> None:
        self._episode, self._model = episode, model or fitted()
        self._script: Script | None = None

    def decide(self, observation: Observation, history: History) -> Decision:
        if self._script is None:
            self._script = self._play(observation)
            return next(self._script)
        return self._script.send(observation)

    def _play(self, observation: Observation) -> Script:
        scene = read_scene(self._episode, observation)
        look, services = self._model.look(scene), list(scene.logs)
        plan = best_plan(self._model.guesses(look, services))
        for action in _changes(plan, SeenSystem(self._episode, look.refused())):
            observation = yield Decision(action, *_belief(plan))
        until, looks = observation.sim_seconds + _WAIT_S, 0
        while observation.sim_seconds < until and observation.max_steps - observation.step > 1:
            looks += 1
            observation = yield Decision(
                _look(services[looks % len(services)]),
                reason="What the words spoke for is done: time passes until it is declared.",
            )
        yield _declaration(plan)


def _look(service: str) -> Action:
    return parse_action({"action_type": "read_logs", "target_service": service})


def _changes(plan: Plan, system: SeenSystem) -> list[Action]:
    """Nothing is changed twice."""
    found: list[Action] = []
    for guess in plan.guesses:
        actions = cure_actions(guess.mechanism, guess.service, system) if guess.service else []
        found += [action for action in actions if action not in found]
    return found


def _belief(plan: Plan) -> tuple[Hypothesis | None, tuple[str, ...], str]:
    best, chance = plan.guesses[0], f"{100 * plan.chance:.0f} %"
    if not best.service:
        return None, (), f"The words of the alert and the logs speak for nothing broken ({chance})."
    named = f"{best.mechanism.replace('_', ' ')} at {best.service}"
    return (
        Hypothesis(best.service, best.mechanism),
        (),
        f"The words of the alert and the logs speak for {named} ({chance}).",
    )


def _declaration(plan: Plan) -> Decision:
    best = plan.guesses[0]
    causes = [{"service": best.service, "mechanism": best.mechanism}] if best.service else []
    action = parse_action({"action_type": "resolve_incident", "parameters": {"causes": causes}})
    return Decision(action, *_belief(plan))
