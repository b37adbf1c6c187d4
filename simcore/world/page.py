"""The page that opens an incident: symptoms as they were measured, never the answer."""

from simcore.kernel import layout as at
from simcore.kernel.layout import Floats
from simcore.observation import AlertNotice
from simcore.world.world import World

_LEAST_ERROR_PERCENT = 1.2  # what a page that rang for errors says at least


def alert_notice(world: World) -> AlertNotice:
    facts, alert = _facts(world), world.spec.alert
    shown = {
        "service": world.topology.names[int(facts[at.PAGED])],
        "error_percent": f"{max(100.0 * float(facts[at.PAGE_FAIL]), _LEAST_ERROR_PERCENT):.1f}",
        "p99_ms": f"{facts[at.PAGE_P99_MS]:.0f}",
    }
    title = alert.titles[int(facts[at.TITLE_DRAW] * len(alert.titles))]
    return AlertNotice(title.format_map(shown), shown["service"], alert.severity, alert.description.format_map(shown))


def page_fires(world: World) -> bool:
    """Whether the objectives were broken when the page came: a blip may be over."""
    return bool(_facts(world)[at.PAGE_FIRES] > 0)


def red_herring(world: World) -> tuple[str, float] | None:
    """(title, seconds since the page until which it fires) of an alert that means nothing."""
    facts = _facts(world)
    if facts[at.RED_HERRING] < 0:
        return None
    name = world.topology.names[int(facts[at.RED_HERRING])]
    return f"Warning: {name} - memory above 80 % of its request", float(facts[at.HERRING_UNTIL_S])


def _facts(world: World) -> Floats:
    return world.buffer[at.FACTS_AT : at.ROWS_AT]
