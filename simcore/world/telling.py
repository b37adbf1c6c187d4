"""What a step shows: from the numbers that the kernel wrote to the observation that a policy gets."""

from collections.abc import Callable
from functools import partial

from simcore.actions import CHANGES, Action, ResolveIncident, RollbackDeployment
from simcore.kernel import changes
from simcore.kernel import observe as o
from simcore.kernel.layout import Floats
from simcore.mechanisms.table import mechanism_class
from simcore.observation import Declaration, Observation, Payload
from simcore.results import CauseName
from simcore.versions import version_text
from simcore.world.encode import Coded
from simcore.world.page import alert_notice, alert_title, page_fires, red_herring
from simcore.world.reading import Reading
from simcore.world.receipts import receipt, refusal_text
from simcore.world.world import World

THE_END = "the episode has ended; reset begins a new one"


class Teller:
    """Of one episode. It reads what stays as it was drawn, so it may be made at any time, and shared by forks."""

    __slots__ = ("_herring", "_max_steps", "_title", "_world")

    def __init__(self, world: World, max_steps: int) -> None:
        self._world, self._max_steps = world, max_steps
        self._title = alert_title(world)
        self._herring = red_herring(world)

    def alert(self) -> Observation:
        notice = partial(alert_notice, self._world, self._title)
        return self._observation("alert", notice, 0, 0.0, page_fires(self._world))

    def step(self, action: Action, coded: Coded, out: Floats, steps: int) -> Observation:
        """Of a well-formed action; `out` may be written over afterwards."""
        head = out[: o.OUT_COUNT].tolist()
        kind, refusal = action.action_type, int(head[o.OUT_REFUSAL])
        now, firing = head[o.OUT_NOW], head[o.OUT_FIRING] > 0.0
        if refusal != changes.ACCEPTED:
            error = refusal_text(refusal, action, self._versions(action, coded.service))
            return self._observation("error", None, steps, now, firing, error)
        if isinstance(action, ResolveIncident):
            return self._observation(kind, Declaration(f"declared: {_in_words(action)}"), steps, now, False)
        if kind in CHANGES:
            return self._observation(kind, partial(receipt, action), steps, now, firing)
        read = Reading(out.copy(), coded, steps, self._world)
        return self._observation(kind, read.payload, steps, now, firing, written=read.text)

    def read(self, steps: int, now: float, firing: bool) -> Observation:
        """Of a read whose payload is not asked for."""
        return self._observation("read", None, steps, now, firing)

    def malformed(self, problem: str, out: Floats, steps: int) -> Observation:
        return self._observation("error", None, steps, float(out[o.OUT_NOW]), out[o.OUT_FIRING] > 0.0, problem)

    def after_the_end(self, steps: int, now: float) -> Observation:
        return self._observation("error", None, steps, now, False, THE_END)

    def _versions(self, action: Action, service: int) -> tuple[str, ...]:
        """Those that a rollback might have named."""
        if service < 0 or not isinstance(action, RollbackDeployment):
            return ()
        return tuple(version_text(number) for number in self._world.releases(service))

    def _observation(
        self, kind: str, payload: Payload | Callable[[], Payload] | None, steps: int, now: float, firing: bool,
        error: str | None = None, written: Callable[[], str | None] | None = None,
    ) -> Observation:  # fmt: skip
        alerts = (self._title,) if firing else ()
        if self._herring is not None and now < self._herring[1]:
            alerts = (*alerts, self._herring[0])
        return Observation(kind, steps, self._max_steps, round(now, 3), payload, error, alerts, written)


def declared_causes(action: ResolveIncident) -> tuple[CauseName, ...]:
    """With their class; a class may be declared in place of a mechanism."""
    return tuple(
        CauseName(cause.service, cause.mechanism, mechanism_class(cause.mechanism) or "unknown")
        for cause in action.parameters.causes
    )


def _in_words(action: ResolveIncident) -> str:
    said = ", ".join(f"{cause.mechanism} on {cause.service}" for cause in action.parameters.causes)
    return said or "nothing is broken"
