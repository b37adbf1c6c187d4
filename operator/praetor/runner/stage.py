"""What the runner plays on."""

from typing import Any, Protocol, runtime_checkable

from simcore.protocols import Substrate


class Stage(Substrate, Protocol):
    """A substrate that can also say what is played on it; `seed` is absolute."""

    family: str
    seed: int


@runtime_checkable
class OpenBook(Protocol):
    """A stage that knows more than a policy may: told to the trace, for reports, and never to the policy."""

    def calls(self) -> list[list[str]]:
        """Who calls whom: pairs of caller and callee."""

    def counterfactual(self) -> dict[str, Any] | None:
        """What each change was worth; None while the episode has not ended."""


def calls_of(stage: Stage) -> list[list[str]] | None:
    return stage.calls() if isinstance(stage, OpenBook) else None


def counterfactual_of(stage: Stage) -> dict[str, Any] | None:
    return stage.counterfactual() if isinstance(stage, OpenBook) else None
