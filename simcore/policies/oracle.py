"""The ceiling: sees the truth, does what puts it right, waits until it holds, and declares."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History, Hypothesis
from simcore.kernel import layout as at
from simcore.kernel.keys import COLUMN
from simcore.observation import Observation
from simcore.policies.cures import cure_actions
from simcore.settings import BY_NAME
from simcore.versions import version_text

if TYPE_CHECKING:
    from simcore.episode import Episode

_QUIET_S = 60.0
_PATIENCE_S = 600.0


class TrueSystem:
    """What is known to somebody who sees everything."""

    def __init__(self, episode: "Episode") -> None:
        self._world = episode.world

    def _row(self, service: str) -> list[float]:
        found: list[float] = self._world.state.services[self._world.topology.index[service]].tolist()
        return found

    def replicas(self, service: str) -> int | None:
        return int(self._row(service)[at.DESIRED])

    def shortage(self, service: str) -> float | None:
        return None

    def memory_limit_mb(self, service: str) -> float | None:
        return self._row(service)[at.MEM_LIMIT_MB]

    def previous_version(self, service: str) -> str | None:
        return version_text(float(self._world.state.releases[self._world.topology.index[service], 0, at.VERSION]))

    def setting(self, service: str, key: str) -> float | None:
        if key == "cluster.resource.quota.memory_mb":
            return float(self._world.buffer[at.QUOTA_MB])
        if key == "cluster.nodes":
            return float(self._world.buffer[at.NODES_MB] / self._world.buffer[at.NODE_MB])
        column = COLUMN[BY_NAME[key].number]
        return self._row(service)[column] if column >= 0 else None

    def old_value(self, service: str, key: str) -> str | None:
        row, setting = self._row(service), BY_NAME[key]
        return setting.shown(row[at.CONFIG_OLD]) if row[at.CONFIG_KEY] == setting.number else None

    def database_of(self, service: str) -> str | None:
        number = int(self._row(service)[at.DATABASE])
        return self._world.topology.names[number] if number >= 0 else None

    def starved(self) -> Sequence[str]:
        services = self._world.state.services
        return [
            name for s, name in enumerate(self._world.topology.names) if services[s, at.PODS] < services[s, at.DESIRED]
        ]


class OraclePolicy:
    """Needs the episode; plays no other."""

    name = "oracle"

    def __init__(self, episode: "Episode") -> None:
        self._episode = episode
        self._causes = list(episode.world.incident.truth)
        self._todo: list[Action] = []
        self._curing: Hypothesis | None = None
        self._quiet_since: float | None = None
        self._looks = 0

    def decide(self, observation: Observation, history: History) -> Decision:
        truth = self._episode.world.incident.truth
        if not self._todo and self._causes:
            cause = self._causes.pop(0)
            self._todo = cure_actions(cause.mechanism, cause.service, TrueSystem(self._episode))
            self._curing = Hypothesis(cause.service, cause.mechanism)
        if self._todo:
            return Decision(
                self._todo.pop(0), self._curing, reason=f"It is known: {_named(self._curing)}. This is its cure."
            )
        if self._is_well(observation):
            causes = [{"service": cause.service, "mechanism": cause.mechanism_class} for cause in truth]
            declaration = parse_action({"action_type": "resolve_incident", "parameters": {"causes": causes}})
            return Decision(declaration, self._curing, reason=f"It is known: {_named(self._curing)}. Declare it.")
        return Decision(
            self._look(), self._curing, reason=f"It is known: {_named(self._curing)}. Wait until all is well."
        )

    def _is_well(self, observation: Observation) -> bool:
        services = self._episode.world.state.services
        well = self._episode.world.slo_met() and not services[:, at.HEALTH].any()
        now = observation.sim_seconds
        self._quiet_since = (self._quiet_since if self._quiet_since is not None else now) if well else None
        quiet = self._quiet_since is not None and now - self._quiet_since >= _QUIET_S
        return quiet or now > _PATIENCE_S or observation.max_steps - observation.step <= 1

    def _look(self) -> Action:
        """Reads around the target in turn, none of them twice within three steps."""
        incident = self._episode.world.incident
        target = self._episode.world.topology.names[incident.causes[0].target]
        self._looks += 1
        kinds = ("read_logs", "check_metrics", "describe_service", "list_services")
        kind = kinds[self._looks % len(kinds)]
        return parse_action({"action_type": kind, "target_service": None if kind == "list_services" else target})


def _named(cause: Hypothesis | None) -> str:
    return f"{cause.mechanism.replace('_', ' ')} at {cause.service}" if cause else "nothing is broken"
