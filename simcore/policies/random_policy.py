"""The floor: any of the ten actions, on any service that it has heard of, with any parameters."""

from collections.abc import Sequence
from typing import TypeVar

from simcore.actions import ACTION_TYPES, Action, parse_action
from simcore.decision import Decision, History
from simcore.kernel.random import stream_seed, uniform
from simcore.mechanisms.table import CLASSES
from simcore.observation import AlertNotice, Observation, ServiceDetail, ServiceList
from simcore.settings import CONFIG_KEYS

T = TypeVar("T")
_STREAM = 77
_COMMANDS = ("check_connectivity", "check_health", "check_resources", "check_dns")
_LIMITS = ("256Mi", "512Mi", "768Mi", "1024Mi", "2048Mi")
_VALUES = ("1", "10", "20", "50", "100", "512Mi", "1024Mi", "12288")


class RandomPolicy:
    """Uniform over the action types; deterministic by its seed."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed, self._counter = stream_seed(seed, _STREAM), 0
        self._services: list[str] = []
        self._versions: list[str] = ["v2.3.0"]

    def decide(self, observation: Observation, history: History) -> Decision:
        self._learn_names(observation)
        return Decision(self._action(), reason="drawn at random")

    def _learn_names(self, observation: Observation) -> None:
        payload = observation.payload
        if isinstance(payload, AlertNotice):
            self._services = [payload.service]
        elif isinstance(payload, ServiceList):
            self._services = [row.name for row in payload.services]
        elif isinstance(payload, ServiceDetail):
            self._services = sorted({*self._services, payload.name, *payload.depends_on, *payload.called_by})
            self._versions = [rollout.version for rollout in payload.rollouts]

    def _pick(self, options: Sequence[T]) -> T:
        self._counter += 1
        return options[int(uniform(self._seed, self._counter) * len(options))]

    def _action(self) -> Action:
        kind = self._pick(ACTION_TYPES)
        target = None if kind in ("list_services", "resolve_incident") else self._pick(self._services)
        return parse_action({"action_type": kind, "target_service": target, "parameters": self._parameters(kind)})

    def _parameters(self, kind: str) -> dict[str, object]:
        if kind == "run_diagnostic":
            return {"command": self._pick(_COMMANDS)}
        if kind == "restart_service":
            limit = self._pick((None, *_LIMITS))
            return {"memory_limit": limit} if limit else {}
        if kind == "scale_service":
            return {"replicas": self._pick(tuple(range(11)))}
        if kind == "rollback_deployment":
            return {"to_version": self._pick(self._versions)}
        if kind == "update_config":
            return {"key": self._pick(CONFIG_KEYS), "value": self._pick(_VALUES)}
        if kind == "resolve_incident":
            cause = {"service": self._pick(self._services), "mechanism": self._pick(sorted(CLASSES))}
            return {"causes": [cause]}
        return {}
