"""Strategies of whole episodes: any family, seed and difficulty, and whatever is done in it."""

from typing import Any

from hypothesis import strategies as st

import simcore
from simcore.actions import READS
from simcore.episode import Episode
from simcore.mechanisms.table import CLASSES, MECHANISMS
from simcore.settings import CONFIG_KEYS, SETTINGS
from simcore.world.encode import COMMANDS, SEVERITIES
from tests.support.malformed import alike, json_values
from tests.support.playing import FAMILIES, do

TRAIN_SEEDS = st.integers(0, 999_999)
_NUMBERS = ("0", "1", "3", "20", "1000", "64Mi", "512Mi", "8Gi", "1Mi", "1024Gi", "10m", "100m", "128", "1000000")
_WORDS = (
    "on",
    "off",
    "DEBUG",
    "allow",
    "deny",
    "cluster",
    "10.0.0.53",
    "many",
    "-1",
    "1e9",
    "nan",
    "inf",
    "",
    "9" * 200,
)
_BOUNDS = tuple({setting.shown(bound) for setting in SETTINGS for bound in (setting.low, setting.high)})
_VALUES = st.sampled_from((*_NUMBERS, *_WORDS, *_BOUNDS)) | st.integers(-(10**9), 10**12) | st.floats(0, 1e9)
_MEMORY = st.sampled_from(("1Mi", "64Mi", "512Mi", "4096Mi", "1Ti", "1048576"))
_STRANGE_VERSIONS = st.sampled_from(("v0.0.1", "latest", "v999.999.999", "v2.4.0"))


@st.composite
def episodes(draw: st.DrawFn) -> Episode:
    """Drawn, and not reset."""
    return simcore.make(draw(st.sampled_from(FAMILIES)), seed=draw(TRAIN_SEEDS), difficulty=draw(st.floats(0, 1)))


def well_formed(episode: Episode) -> st.SearchStrategy[dict[str, Any]]:
    """Actions that pass the border, on what is broken, on any service and on one that there is not; no declarations."""
    broken = [episode.world.topology.names[cause.target] for cause in episode.world.incident.causes]
    names = st.sampled_from(broken) | st.sampled_from((*episode.world.topology.names, "cart-service"))
    versions = st.sampled_from(_versions(episode)) | _STRANGE_VERSIONS
    parameters = {
        "list_services": st.just({}),
        "describe_service": st.just({}),
        "read_logs": _optional(
            lines=st.integers(1, 200), severity=st.sampled_from(SEVERITIES), since=st.floats(1e-3, 86_400)
        ),
        "check_metrics": _optional(window=st.floats(1e-3, 3600)),
        "run_diagnostic": st.fixed_dictionaries({"command": st.sampled_from(COMMANDS)}),
        "restart_service": _optional(memory_limit=_MEMORY),
        "scale_service": st.fixed_dictionaries({"replicas": st.integers(0, 9) | st.just(100)}),
        "rollback_deployment": st.fixed_dictionaries({"to_version": versions}),
        "update_config": st.fixed_dictionaries(
            {"key": st.sampled_from((*CONFIG_KEYS, "no.such.key")), "value": _VALUES}
        ),
    }
    return st.sampled_from(sorted(parameters)).flatmap(
        lambda kind: st.builds(lambda name, given: do(kind, name, **given), names, parameters[kind])
    )


def reads(episode: Episode) -> st.SearchStrategy[dict[str, Any]]:
    return well_formed(episode).filter(lambda action: action["action_type"] in READS)


def declarations(episode: Episode) -> st.SearchStrategy[dict[str, Any]]:
    """Right, wrong and senseless, of none to three causes."""
    truth = [{"service": cause.service, "mechanism": cause.mechanism} for cause in episode.world.incident.truth]
    names = st.sampled_from((*episode.world.topology.names, "cart-service"))
    words = st.sampled_from((*CLASSES, *MECHANISMS, "gremlins"))
    anything = st.lists(st.fixed_dictionaries({"service": names, "mechanism": words}), max_size=3)
    return (st.just(truth) | anything).map(lambda causes: do("resolve_incident", causes=causes))


def not_quite(episode: Episode) -> st.SearchStrategy[Any]:
    """Mostly malformed: anything at all, and actions with one field too many, too few or wrong."""
    return json_values() | (well_formed(episode) | declarations(episode)).flatmap(alike)


def _versions(episode: Episode) -> tuple[str, ...]:
    numbers = {
        number for service in range(len(episode.world.topology.names)) for number in episode.world.releases(service)
    }
    return tuple(sorted(f"v{int(n) // 10**6}.{int(n) // 1000 % 1000}.{int(n) % 1000}" for n in numbers))


def _optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=strategies)
