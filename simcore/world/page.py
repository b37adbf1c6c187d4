"""The page that opens an incident: symptoms as they are measured, never the answer."""

from simcore.kernel import layout as at
from simcore.kernel.queueing import percentile_99
from simcore.observation import AlertNotice
from simcore.world.world import World

_LEAST_ERROR_PERCENT = 1.2  # what a page that rang for errors says at least


def alert_notice(world: World) -> AlertNotice:
    state, alert = world.state, world.spec.alert
    paged = int(state.facts[at.PAGED])
    row = state.services[paged]
    shown = {
        "service": world.topology.names[paged],
        "error_percent": f"{max(100.0 * float(row[at.FAIL]), _LEAST_ERROR_PERCENT):.1f}",
        "p99_ms": f"{percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]):.0f}",
    }
    title = alert.titles[int(state.facts[at.TITLE_DRAW] * len(alert.titles))]
    return AlertNotice(title.format_map(shown), shown["service"], alert.severity, alert.description.format_map(shown))


def red_herring(world: World) -> tuple[str, float] | None:
    """(title, seconds since the page until which it fires) of an alert that means nothing."""
    facts = world.buffer[at.FACTS_AT : at.ROWS_AT]
    if facts[at.RED_HERRING] < 0:
        return None
    name = world.topology.names[int(facts[at.RED_HERRING])]
    return f"Warning: {name} - memory above 80 % of its request", float(facts[at.HERRING_UNTIL_S])
