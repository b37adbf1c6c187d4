"""Scenes to fit and to measure the classifier on: looks at simulated systems, as a site would tell them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from simcore.api import make
from simcore.classifier.families import family_of
from simcore.classifier.flags import Seen
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.classifier.signs import RECENT_S
from simcore.episode import Episode
from simcore.fitting.keyword import DIFFICULTIES, tell, train_families
from simcore.mechanisms.model import ONSET
from simcore.observation import Logs, Metrics, Payload, ServiceDetail, ServiceList
from simcore.scenarios.library import library_scenario
from simcore.scenarios.spec import Range, ScenarioDocument

_LINES = 60
_CALM_SHARE = 0.5
_QUICK_ONSET_S, _QUICK_LEAK_S = (25.0, 200.0), (15.0, 80.0)
_LEAST_ERRORS_PERCENT = 3.0
_HEALTH_THRESHOLDS = ((2.0, 20.0), (5.0, 50.0), (1.0, 10.0))
"""Percent of requests that fail from which a service is called degraded and unhealthy, the simulator's first."""
_LOOKS = (0, 0, 4, 8, 12)  # lists of services before the look, 10 s each
FIGURES = tuple(Figures.__dataclass_fields__)


@dataclass(frozen=True)
class Scene:
    """A look, and what is true: (service, family), or `calm` when nothing is broken."""

    look: Look
    truth: frozenset[tuple[str, str]]
    calm: bool

    @cached_property
    def seen(self) -> Seen:
        return Seen(self.look)

    @property
    def families(self) -> frozenset[str]:
        return frozenset(family for _, family in self.truth)


def scenes(split: str, seeds: range, *, copies: bool = True) -> Iterator[Scene]:
    """Twice as many calm ones as the library has, since most looks are at systems that are well."""
    for number, name in enumerate(train_families()):
        tell(f"{split}: reading {name} ({number + 1} of {len(train_families())})")
        document = library_scenario(name)
        for seed in seeds:
            for difficulty in DIFFICULTIES:
                for one in (document, calmer(document), *quicker(document)):
                    yield from _scenes(one, seed, difficulty, split, copies)


def calmer(document: ScenarioDocument) -> ScenarioDocument:
    """The same scenario with as many episodes as may be in which nothing is broken."""
    spec = document.spec.model_copy(update={"no_fault_share": _CALM_SHARE, "self_healing_share": 0.0})
    return document.model_copy(update={"spec": spec})


def quicker(document: ScenarioDocument) -> Iterator[ScenarioDocument]:
    """The same scenario where a release leaks its memory within seconds: the library's leaks take minutes to tell."""
    for variant in document.spec.variants:
        if variant.mechanism == "memory_leak":
            ranges = {ONSET: _QUICK_ONSET_S, "seconds_to_limit": _QUICK_LEAK_S}
            limits = {name: Range(low=low, high=high) for name, (low, high) in ranges.items()}
            quick = [variant.model_copy(update={"parameters": limits})]
            spec = document.spec.model_copy(update={"variants": quick, "self_healing_share": 0.0})
            yield document.model_copy(update={"spec": spec})


def _scenes(document: ScenarioDocument, seed: int, difficulty: float, split: str, copies: bool) -> Iterator[Scene]:
    episode = make(document, seed=seed, difficulty=difficulty, split=split)
    incident, names = episode.world.incident, episode.world.topology.names
    wanted_calm = document.spec.no_fault_share == _CALM_SHARE
    if incident.kind == "SelfHealing" or (incident.kind == "NoFault") != wanted_calm:
        return
    episode.reset()
    dice = random.Random(f"{document.name} {seed} {difficulty}")
    for _ in range(dice.choice(_LOOKS)):
        episode.step({"action_type": "list_services"})
    known = family_of()
    truth = {(names[s], known[c.mechanism.name]) for c in incident.causes for s in c.named if c.mechanism.name in known}
    calm = incident.kind == "NoFault"
    look = look_at(episode)
    told = look if calm else milder(look, dice)
    for one in (look, *([poorer(told, dice)] if copies else [])):
        yield Scene(one, frozenset() if calm else frozenset(truth), calm)


def look_at(episode: Episode) -> Look:
    """Everything is read in forks: all is as it is now, and the episode is not touched."""
    listed = _read(episode, "list_services")
    assert isinstance(listed, ServiceList)
    return Look([_service(episode, row.name, row.runtime) for row in listed.services])


def _service(episode: Episode, name: str, runtime: str) -> ServiceLook:
    detail, measured = _read(episode, "describe_service", name), _read(episode, "check_metrics", name)
    logs = _read(episode, "read_logs", name, lines=_LINES, since=RECENT_S)
    assert isinstance(detail, ServiceDetail)
    assert isinstance(measured, Metrics)
    assert isinstance(logs, Logs)
    ages = [deploy.seconds_ago for deploy in detail.rollouts if deploy.version == detail.version]
    figures = Figures(**{one: getattr(measured, one) for one in FIGURES})
    return ServiceLook(
        name=name,
        health=detail.health,
        runtime=runtime,
        figures=figures,
        lines=logs.lines,
        calls=detail.depends_on,
        released_seconds=ages[-1] if ages else None,
        replicas_ready=detail.replicas_ready,
        replicas_desired=detail.replicas_desired,
    )


def _read(episode: Episode, action: str, service: str | None = None, **given: object) -> Payload | None:
    asked = {"action_type": action, "target_service": service, "parameters": given}
    return episode.fork().step(asked).observation.payload


def milder(look: Look, dice: random.Random) -> Look:
    """The same look where fewer requests fail, in a system with thresholds of its own for what it calls unhealthy: a
    simulated fault is paged when it is large, a real one may be looked at when it is small."""
    most = max(one.figures.error_rate_percent or 0.0 for one in look.services)
    factor = max(10.0 ** dice.uniform(-1.0, 0.0), min(1.0, _LEAST_ERRORS_PERCENT / most) if most else 1.0)
    thresholds = dice.choice(_HEALTH_THRESHOLDS)
    return Look([_milder(one, factor, thresholds) for one in look.services])


def _milder(service: ServiceLook, factor: float, thresholds: tuple[float, float]) -> ServiceLook:
    errors = service.figures.error_rate_percent
    if errors is None:
        return service
    figures = replace(service.figures, error_rate_percent=factor * errors)
    fails = service.health in ("degraded", "unhealthy") and errors >= _HEALTH_THRESHOLDS[0][0]
    health = _health(factor * errors, thresholds) if fails else service.health
    return replace(service, figures=figures, health=health)


def _health(errors_percent: float, thresholds: tuple[float, float]) -> str:
    degraded, unhealthy = thresholds
    return "unhealthy" if errors_percent >= unhealthy else "degraded" if errors_percent >= degraded else "healthy"


def poorer(look: Look, dice: random.Random) -> Look:
    """The same look where something is not told: words, releases, who calls whom, some figures."""
    mute, ageless, flat = (dice.random() < share for share in (0.5, 0.2, 0.15))
    missing = {one: None for one in FIGURES if dice.random() < 0.02}
    return Look([_poorer(one, missing, mute, ageless, flat) for one in look.services])


def _poorer(service: ServiceLook, missing: dict[str, None], mute: bool, ageless: bool, flat: bool) -> ServiceLook:
    return replace(
        service,
        figures=replace(service.figures, **missing),
        lines=() if mute else service.lines,
        released_seconds=None if ageless else service.released_seconds,
        calls=() if flat else service.calls,
    )
