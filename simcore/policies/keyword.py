"""A floor: the best that a grep can do. It reads the alert and all logs once, guesses, acts and declares."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.observation import Observation
from simcore.policies.cures import cure_actions
from simcore.policies.keyword_features import read_scene
from simcore.policies.keyword_model import Guess, KeywordModel, fitted
from simcore.policies.oracle import TrueSystem

if TYPE_CHECKING:
    from simcore.episode import Episode

_WAIT_S = 120.0
MODE = {"union": 0.0, "second": False, "last": "first", "wait": 0.0}


class SeenSystem(TrueSystem):
    """What a cure needs of the system. Who has no pods is only known from those whose connections are refused."""

    def __init__(self, episode: "Episode", starved: Sequence[str]) -> None:
        super().__init__(episode)
        self._starved = starved

    def starved(self) -> Sequence[str]:
        return self._starved


class KeywordPolicy:
    name = "keyword"

    def __init__(self, episode: "Episode", model: KeywordModel | None = None) -> None:
        self._episode, self._model = episode, model or fitted()
        self._guesses: list[Guess] | None = None
        self._todo = []
        self._looks = 0
        self._until = 0.0
        self._made = []

    def decide(self, observation, history):
        if self._guesses is None:
            self._scene = read_scene(self._episode, observation)
            look = self._model.look(self._scene)
            self._refused = look.refused()
            self._all = self._model.guesses(look, list(self._scene.logs))
            self._guesses = self.plans(self._all)
            self._system = SeenSystem(self._episode, self._refused)
            self._waited = MODE["wait"] == 0
            if not self._waited:
                self._until = MODE["wait"]
        now = observation.sim_seconds
        firing = self._scene.title in observation.alerts
        if not self._waited:
            if observation.max_steps - observation.step > 2 and now < self._until and firing:
                return Decision(self._look())
            self._waited = True
            if not firing and MODE["wait"]>0:
                self._made.append([Guess(1.0, "", "")])
                self._guesses = []
                self._until = now + (0 if not self._scene.firing else 0)
        if not self._made:
            self._next()
        if self._todo:
            action = self._todo.pop(0)
            if not self._todo:
                self._until = now + 20.0 + _WAIT_S
            return Decision(action)
        hurry = observation.max_steps - observation.step <= 1
        if now < self._until and not hurry:
            return Decision(self._look())
        if firing and MODE["second"] and len(self._made) < 2 and not hurry and observation.max_steps - observation.step > 8 and self._guesses:
            self._next()
            if self._todo:
                action = self._todo.pop(0)
                if not self._todo:
                    self._until = now + 20.0 + _WAIT_S
                return Decision(action)
        made = self._made[-1]
        if firing and MODE["second"] and MODE["last"] == "first":
            made = self._made[0]
        g = made[0]
        causes = [{"service": g.service, "mechanism": g.mechanism}] if g.service else []
        return Decision(parse_action({"action_type": "resolve_incident", "parameters": {"causes": causes}}))

    def _next(self):
        made = self._guesses.pop(0)
        self._made.append(made)
        self._todo = []
        for g in made:
            if g.service:
                for a in cure_actions(g.mechanism, g.service, self._system):
                    if a not in self._todo:
                        self._todo.append(a)
        if not self._todo:
            self._until = self._until + _WAIT_S

    def plans(self, guesses):
        """each plan: list of guesses of one class on one service"""
        from simcore.mechanisms.table import MECHANISMS
        if not MODE["union"]:
            return [[g] for g in guesses[:6]]
        by = {}
        for g in guesses:
            key = (g.service, MECHANISMS[g.mechanism].mechanism_class if g.mechanism else "")
            by.setdefault(key, []).append(g)
        out = []
        for key, gs in by.items():
            kept = [g for g in gs if g.chance >= MODE["union"] * gs[0].chance][:3]
            out.append((sum(g.chance for g in kept), kept))
        out.sort(key=lambda x: -x[0])
        return [k for _, k in out[:6]]

    def _look(self) -> Action:
        names = list(self._scene.logs)
        self._looks += 1
        if self._looks % 4 == 0:
            return parse_action({"action_type": "list_services"})
        return parse_action({"action_type": "read_logs", "target_service": names[self._looks % len(names)]})
