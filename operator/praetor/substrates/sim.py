"""The simulator as a substrate: an adapter around one Episode."""

from dataclasses import asdict, replace
from typing import Any, Literal

from simcore.actions import Action, action_json
from simcore.episode import Episode
from simcore.observation import ChangeReceipt, Observation
from simcore.replaying import counterfactual
from simcore.results import Snapshot, StepResult, Verdict

_NOTHING: dict[str, Any] = {"action_type": ""}


class SimSubstrate:
    """Nothing outside this process is touched, so an idempotency key has no meaning here."""

    name: Literal["Simulator", "Site", "Cluster"] = "Simulator"
    grading: Literal["Full", "Partial"] = "Full"

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self.max_steps: int = episode.max_steps
        self.family: str = episode.scenario.spec.family
        self.seed: int = episode.seed

    def reset(self) -> Observation:
        return self.episode.reset()

    def step(self, action: Action | dict[str, Any], *, idempotency_key: str = "") -> StepResult:
        return self.episode.step(action)

    def refuse(self, why: str) -> StepResult:
        """To the world it is as if something malformed had been said: a step goes by, and its time."""
        result = self.episode.step(_NOTHING)
        seen = result.observation
        told = Observation("error", seen.step, seen.max_steps, seen.sim_seconds, error=why, alerts=seen.alerts)
        return replace(result, observation=told)

    def dry_run(self, action: dict[str, Any]) -> str:
        """What would come of it, tried in another world. Raises ValueError for what would be refused."""
        observation = self.episode.fork().step(action).observation
        if observation.error is not None:
            raise ValueError(observation.error)
        payload = observation.payload
        return payload.message if isinstance(payload, ChangeReceipt) else observation.kind

    def snapshot(self) -> Snapshot:
        return self.episode.snapshot()

    def verdict(self) -> Verdict:
        return self.episode.verdict()

    def calls(self) -> list[list[str]]:
        return [[call.caller, call.callee] for call in self.episode.world.topology.calls]

    def counterfactual(self) -> dict[str, Any] | None:
        if not self.episode.done:
            return None
        found = counterfactual(self.episode)
        return {
            "user_minutes_lost": round(found.user_minutes_lost, 3),
            "user_minutes_lost_untouched": round(found.user_minutes_lost_untouched, 3),
            "heals_by_itself": found.heals_by_itself,
            "credits": [asdict(credit) | {"action": action_json(credit.action)} for credit in found.credits],
        }

    def close(self) -> None:
        """There is nothing to give back."""
