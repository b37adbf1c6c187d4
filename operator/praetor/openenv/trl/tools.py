"""The ten actions as methods, which is how TRL's GRPOTrainer finds an environment's tools.

It takes every public method of the class but `reset` and `get_reward` for a tool, and makes the description that the
model reads from its type hints and docstring: the texts here are part of the prompt. What they say of bounds is what
`simcore.actions` checks; a test holds the two together.
"""

from abc import ABC, abstractmethod
from typing import Any, Literal

# Types as TRL's reader of hints takes them; those of simcore.actions carry pydantic's bounds, which it does not.
Severity = Literal["DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
Command = Literal["check_connectivity", "check_health", "check_resources", "check_dns"]


class IncidentTools(ABC):
    """What each call does to the episode is `_act`'s."""

    @abstractmethod
    def _act(self, action_type: str, target_service: str | None, parameters: dict[str, Any]) -> str:
        """Takes one step; the text of its observation."""

    def list_services(self) -> str:
        """List all services with their health, ready and desired replicas, version and restarts.

        Returns:
            A table of services.
        """
        return self._act("list_services", None, {})

    def describe_service(self, target_service: str) -> str:
        """Show one service: limits, dependencies, rollout history, settings, recent changes and events.

        Args:
            target_service: Name of the service.

        Returns:
            The description.
        """
        return self._act("describe_service", target_service, {})

    def read_logs(
        self, target_service: str, lines: int = 20, severity: Severity | None = None, since: float | None = None
    ) -> str:
        """Read the newest log lines of a service.

        Args:
            target_service: Name of the service.
            lines: How many of the newest lines, 1 to 200.
            severity: Only lines of this severity or worse; all of them when left out.
            since: Only lines of the last so many seconds.

        Returns:
            The log lines.
        """
        return self._act("read_logs", target_service, {"lines": lines, "severity": severity, "since": since})

    def check_metrics(self, target_service: str, window: float = 60.0) -> str:
        """Read the newest metrics of a service beside their values at the beginning of a window.

        Args:
            target_service: Name of the service.
            window: Seconds of history that the trend covers, up to 3600.

        Returns:
            CPU, memory, latency, error rate, connections and request rate, as far as there are series.
        """
        return self._act("check_metrics", target_service, {"window": window})

    def run_diagnostic(self, target_service: str, command: Command) -> str:
        """Run one check against a service from the inside.

        Args:
            target_service: Name of the service.
            command: Which check to run.

        Returns:
            What passed, what failed, and with which numbers.
        """
        return self._act("run_diagnostic", target_service, {"command": command})

    def restart_service(self, target_service: str, memory_limit: str | None = None) -> str:
        """Restart all pods of a service, with a new memory limit if one is given.

        It takes effect over time: look again before you judge it.

        Args:
            target_service: Name of the service.
            memory_limit: A new memory limit in Kubernetes' notation, for example 1024Mi; unchanged when left out.

        Returns:
            Whether the change was accepted.
        """
        return self._act("restart_service", target_service, {"memory_limit": memory_limit})

    def scale_service(self, target_service: str, replicas: int) -> str:
        """Set the number of replicas of a service. It takes effect over time: look again before you judge it.

        Args:
            target_service: Name of the service.
            replicas: The number of replicas wanted, 0 to 100.

        Returns:
            Whether the change was accepted.
        """
        return self._act("scale_service", target_service, {"replicas": replicas})

    def rollback_deployment(self, target_service: str, to_version: str) -> str:
        """Roll a service back to an earlier version. It takes effect over time: look again before you judge it.

        Args:
            target_service: Name of the service.
            to_version: A version of its rollout history other than the running one, for example v2.3.1.

        Returns:
            Whether the change was accepted.
        """
        return self._act("rollback_deployment", target_service, {"to_version": to_version})

    def update_config(self, target_service: str, key: str, value: str) -> str:
        """Set one setting of a service. It takes effect over time: look again before you judge it.

        Args:
            target_service: Name of the service.
            key: Which setting, for example db.pool.max_size.
            value: Its new value, as text.

        Returns:
            Whether the change was accepted.
        """
        return self._act("update_config", target_service, {"key": key, "value": value})

    def resolve_incident(self, causes: list[dict[str, str]], root_cause: str = "", resolution: str = "") -> str:
        """Declare what was broken, which ends the incident, right or wrong. Fix it first and see that the fix holds.

        Args:
            causes: Up to 3 objects with the keys "service" and "mechanism", which is one of memory, cpu, connections,
                storage, release, config, certificate, names, rate limit, dependency, capacity, data lock, network,
                cache, queue, time, or a more exact name; an empty list declares that nothing is broken.
            root_cause: What was wrong, in a sentence, for people.
            resolution: What was done about it, in a sentence, for people.

        Returns:
            That the declaration was taken.
        """
        declared = {"causes": causes, "root_cause": root_cause, "resolution": resolution}
        return self._act("resolve_incident", None, declared)


def action_of(action_type: str, target_service: str | None, parameters: dict[str, Any]) -> dict[str, Any]:
    """The wire's form; what is None was not given."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return {"action_type": action_type, "target_service": target_service, "parameters": given}
