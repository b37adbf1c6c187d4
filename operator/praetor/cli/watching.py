"""Tells the steps of a run on stderr while it is played."""

from typing import Any

from praetor.cli.output import printable, say


class Watcher:
    """Takes the events of one trace, in their order."""

    def __init__(self, name: str) -> None:
        self._name, self._steps, self._reason = name, 0, ""

    def __call__(self, event: dict[str, Any]) -> None:
        match event["kind"]:
            case "decision":
                self._reason = event["decision"].get("reason", "")
            case "effect" | "observation":
                self._steps += 1
                say(printable(f"{self._name} {self._steps:3d} {_action(event)} {event['reward']:+.3f} {self._reason}"))


def _action(event: dict[str, Any]) -> str:
    action = event.get("action") or {"action_type": "malformed", "target_service": None}
    return " ".join(part for part in (action["action_type"], action["target_service"]) if part)
