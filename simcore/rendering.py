"""Observations as text for people and models: short, aligned, newest log line last."""

from simcore.observation import (
    AlertNotice,
    ChangeReceipt,
    Declaration,
    Diagnostic,
    Logs,
    Metrics,
    Observation,
    ServiceDetail,
    ServiceList,
)  # fmt: skip
from simcore.words import observations as says
from simcore.words.template import Template, say_of

_TEMPLATES: dict[type, Template] = {
    AlertNotice: says.ALERT,
    ServiceList: says.SERVICES,
    ServiceDetail: says.DETAIL,
    Logs: says.LOGS,
    Metrics: says.METRICS,
    Diagnostic: says.DIAGNOSTIC,
    ChangeReceipt: says.RECEIPT,
    Declaration: says.DECLARATION,
}


def render(observation: Observation, written: str | None = None) -> str:
    """The text of an observation; its first line says where the episode stands. `written` is what its payload says,
    where that is known already."""
    head = f"[step {observation.step}/{observation.max_steps}, t={observation.sim_seconds:.0f}s]"
    if observation.error is not None:
        return f"{head} error: {observation.error}"
    if written is None:
        written = say_of(_TEMPLATES[type(observation.payload)], observation.payload)
    firing = f"\nfiring: {'; '.join(observation.alerts)}" if observation.alerts else ""
    return f"{head} {written}{firing}{_missing(observation)}"


def _missing(observation: Observation) -> str:
    """Told where a reader plans what to do: with the page and with the list."""
    if not observation.missing or observation.kind not in ("alert", "list_services"):
        return ""
    return f"\nnot offered here: {', '.join(sorted(observation.missing))}"
