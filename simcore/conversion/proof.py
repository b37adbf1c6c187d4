"""Whether an action resolves a scenario: found out by playing it, with the true causes declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simcore.actions import Action, action_json, parse_action
from simcore.episode import Episode
from simcore.errors import ActionError
from simcore.kernel import layout as at
from simcore.policies.cures import cure_actions
from simcore.policies.oracle import TrueSystem
from simcore.results import Verdict
from simcore.scenarios.spec import ScenarioDocument

SEEDS = range(20)
DIFFICULTIES = (0.2, 0.5, 0.8)
_WELL_LOOKS = 2
_READS = ("read_logs", "check_metrics", "describe_service", "list_services")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An action in its wire form, of which parameters may be missing: they are taken from the cure that is known for
    the cause. A rollback is to the release before, which every episode calls otherwise."""

    action_type: str
    service: str
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" for name, value in self._given.items())
        return f"{self.action_type} on {self.service}" + (f" ({given})" if given else "")

    def filled(self, episode: Episode) -> dict[str, Any]:
        """The action as it is taken in an episode."""
        parameters = self._needed(episode) | self._given
        return {"action_type": self.action_type, "target_service": self.service, "parameters": parameters}

    @property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self.parameters.items() if name != "to_version"}

    def _needed(self, episode: Episode) -> dict[str, Any]:
        for cause in episode.world.incident.truth:
            for cure in cure_actions(cause.mechanism, cause.service, TrueSystem(episode)):
                if self._is_like(cure):
                    parameters: dict[str, Any] = action_json(cure)["parameters"]
                    return parameters
        if self.action_type != "rollback_deployment":
            return {}
        return {"to_version": TrueSystem(episode).previous_version(self.service)}

    def _is_like(self, cure: Action) -> bool:
        wire = action_json(cure)
        key = self.parameters.get("key", wire["parameters"].get("key"))
        return (wire["action_type"], wire["target_service"], wire["parameters"].get("key")) == (
            self.action_type, self.service, key,
        )  # fmt: skip


def added(scenario: ScenarioDocument, proposal: Proposal) -> list[str]:
    """What an episode added to the parameters that were given, as `name=value`."""
    played = proposal.filled(Episode(scenario, SEEDS[0], DIFFICULTIES[0]))["parameters"]
    return [
        f"{name}={value}" for name, value in played.items() if name != "to_version" and name not in proposal.parameters
    ]


def why_not(scenario: ScenarioDocument, proposal: Proposal) -> str:
    """Which episode the action does not resolve and why, or which resolves without it; "" if there is none."""
    for difficulty in DIFFICULTIES:
        for seed in SEEDS:
            if problem := _problem(scenario, proposal, seed, difficulty):
                return f"seed {seed}, difficulty {difficulty}: {problem}"
    return ""


def _problem(scenario: ScenarioDocument, proposal: Proposal, seed: int, difficulty: float) -> str:
    episode = Episode(scenario, seed, difficulty)
    if _declared(episode.fork()).resolved:
        return "it is over without any action"
    action = proposal.filled(episode)
    try:
        parse_action(action)
    except ActionError as problem:
        return str(problem)
    refused = episode.step(action).observation.error
    return refused or _unresolved(_waited(episode))


def _unresolved(episode: Episode) -> str:
    if _declared(episode).resolved:
        return ""
    ledger = episode.world.state.ledger
    found = {
        "the objectives do not hold": not ledger[at.SLOS_HELD],
        "the cause is still there": not ledger[at.CAUSES_GONE],
        "not every service is well": ledger[at.LEFT_BROKEN] != 0,
    }
    return ", ".join(what for what, is_so in found.items() if is_so)


def _waited(episode: Episode) -> Episode:
    """Looks around until all has been well for some looks, or until a single step is left: who comes back at once after
    a restart may overload it once more."""
    target = episode.scenario.spec.variants[0].targets[0]
    well = 0
    while episode.max_steps - episode.steps > 1:
        well = well + 1 if _is_well(episode) else 0
        if well > _WELL_LOOKS:
            break
        kind = _READS[episode.steps % len(_READS)]
        episode.step({"action_type": kind, "target_service": None if kind == "list_services" else target})
    return episode


def _is_well(episode: Episode) -> bool:
    return episode.world.slo_met() and not episode.world.state.services[:, at.HEALTH].any()


def _declared(episode: Episode) -> Verdict:
    causes = [{"service": cause.service, "mechanism": cause.mechanism} for cause in episode.world.incident.truth]
    episode.step({"action_type": "resolve_incident", "parameters": {"causes": causes}})
    return episode.verdict()
