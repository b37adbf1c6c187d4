"""A floor: the best that a grep can do. It reads the alert and all logs once, guesses, acts, waits and declares.

What it does not do is look at anything else, or again. It may try twice: the alert tells whether that was it.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.mechanisms.table import mechanism_class
from simcore.observation import Observation
from simcore.policies.cures import cure_actions
from simcore.policies.keyword_features import read_scene
from simcore.policies.keyword_model import Guess, KeywordModel, fitted
from simcore.policies.oracle import TrueSystem

if TYPE_CHECKING:
    from simcore.episode import Episode

Script = Generator[Decision, Observation, None]
_WAIT_S = 120.0
_ATTEMPTS = 2
_STEPS_OF_AN_ATTEMPT = 10
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


def plans(guesses: Iterable[Guess]) -> list[Plan]:
    """The likeliest service and class first; `guesses` come in that order too."""
    together: dict[tuple[str, str], list[Guess]] = {}
    for guess in guesses:
        together.setdefault((guess.service, mechanism_class(guess.mechanism) or ""), []).append(guess)
    chosen = [[g for g in group if g.chance >= _WORTH_CURING * group[0].chance] for group in together.values()]
    found = [Plan(sum(g.chance for g in group[:_MOST_CURES]), tuple(group[:_MOST_CURES])) for group in chosen]
    return sorted(found, key=lambda plan: -plan.chance)


class KeywordPolicy:
    """Needs the episode, of which it reads the logs and what an operator's tools would fill a change in with."""

    name = "keyword"

    def __init__(self, episode: "Episode", model: KeywordModel | None = None) -> None:
        self._episode, self._model = episode, model or fitted()
        self._script: Script | None = None
        self._looks = 0

    def decide(self, observation: Observation, history: History) -> Decision:
        if self._script is None:
            self._script = self._play(observation)
            return next(self._script)
        return self._script.send(observation)

    def _play(self, observation: Observation) -> Script:
        scene = read_scene(self._episode, observation)
        look, services = self._model.look(scene), list(scene.logs)
        system = SeenSystem(self._episode, look.refused())
        ranked = plans(self._model.guesses(look, services))[:_ATTEMPTS]
        for number, plan in enumerate(ranked):
            for action in _changes(plan, system):
                observation = yield Decision(action, *_belief(plan))
            until = observation.sim_seconds + _WAIT_S
            while observation.sim_seconds < until and _steps_left(observation) > 1:
                observation = yield Decision(self._harmless(services), reason="Waiting for the effect.")
            fires = scene.title in observation.alerts
            if not fires or number + 1 == len(ranked) or _steps_left(observation) <= _STEPS_OF_AN_ATTEMPT:
                yield _declaration(plan)

    def _harmless(self, services: Sequence[str]) -> Action:
        self._looks += 1
        return parse_action({"action_type": "read_logs", "target_service": services[self._looks % len(services)]})


def _steps_left(observation: Observation) -> int:
    return observation.max_steps - observation.step


def _changes(plan: Plan, system: SeenSystem) -> list[Action]:
    """Nothing is changed twice."""
    found: list[Action] = []
    for guess in plan.guesses:
        actions = cure_actions(guess.mechanism, guess.service, system) if guess.service else []
        found += [action for action in actions if action not in found]
    return found


def _belief(plan: Plan) -> tuple[Hypothesis, tuple[str, ...], str]:
    best = plan.guesses[0]
    return Hypothesis(best.service, best.mechanism), (), f"The words of the logs say so ({100 * plan.chance:.0f} %)."


def _declaration(plan: Plan) -> Decision:
    best = plan.guesses[0]
    causes = [{"service": best.service, "mechanism": best.mechanism}] if best.service else []
    return Decision(parse_action({"action_type": "resolve_incident", "parameters": {"causes": causes}}))
