"""Makes the substrate that an episode is played on: the site that a request names, else the simulator."""

from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

import simcore
from praetor.guard.targets import SiteRequest
from praetor.substrates.sim import SimSubstrate
from simcore.errors import ScenarioError, SimcoreError
from simcore.results import CauseName
from simcore.scenarios.documents import dotted
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.validation import problems

if TYPE_CHECKING:
    from praetor.substrates.cluster.connecting import ClusterSubstrate
    from praetor.substrates.site.substrate import SiteSubstrate


class Wanted(Protocol):
    """What of a request matters here. `scenario` is the library's name, or that of `spec`; with `site` it is the
    family that the alert looks like."""

    @property
    def scenario(self) -> str: ...
    @property
    def spec(self) -> dict[str, Any] | None: ...
    @property
    def seed(self) -> int: ...
    @property
    def split(self) -> str | None: ...
    @property
    def difficulty(self) -> float: ...
    @property
    def max_steps(self) -> int | None: ...
    @property
    def alert(self) -> dict[str, Any] | None: ...
    @property
    def site(self) -> SiteRequest | None: ...
    @property
    def truth(self) -> tuple[CauseName, ...] | None: ...


class MissingLibraryError(SimcoreError):
    """What is to be connected to needs a library that is not installed."""


def connect(wanted: Wanted) -> "SimSubstrate | SiteSubstrate | ClusterSubstrate":
    """Raises UnknownNameError for a scenario that does not exist, ScenarioError for one that cannot be
    played, SiteError for a site that must not be dialled or is none, NamespaceError for a namespace that cannot be
    acted on, UnreachableError for what does not answer."""
    if wanted.site is not None and wanted.site.kubernetes is not None:
        try:
            from praetor.substrates.cluster.connecting import cluster_substrate
        except ModuleNotFoundError as problem:
            raise MissingLibraryError(f"{problem}: pip install 'praetor[operator]'") from None
        workloads = cluster_substrate(wanted.site, wanted.alert, family=wanted.scenario, max_steps=wanted.max_steps)
        return workloads.judge_by(wanted.truth)
    if wanted.site is not None:
        from praetor.substrates.site.connecting import site_substrate  # httpx is in the extra `server`

        site = site_substrate(wanted.site, wanted.alert, family=wanted.scenario, max_steps=wanted.max_steps)
        return site.judge_by(wanted.truth)
    episode = simcore.make(
        wanted.scenario if wanted.spec is None else _document(wanted.scenario, wanted.spec),
        seed=wanted.seed,
        difficulty=wanted.difficulty,
        split=wanted.split,
        max_steps=wanted.max_steps,
    )
    return SimSubstrate(episode)


def _document(name: str, spec: dict[str, Any]) -> ScenarioDocument:
    try:
        return ScenarioDocument(name=name, spec=ScenarioSpec.model_validate(spec))
    except ValidationError as error:
        path, message = next(problems(error, spec, ScenarioSpec))
        raise ScenarioError(f"scenario {name!r}: {dotted(('spec', *path))}: {message}") from None
