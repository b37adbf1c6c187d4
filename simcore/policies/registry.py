"""The reference policies by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simcore.decision import Policy
from simcore.errors import SimcoreError, UnknownNameError
from simcore.policies.keyword.policy import KeywordPolicy
from simcore.policies.oracle import OraclePolicy
from simcore.policies.playbook.policy import PlaybookPolicy
from simcore.policies.random_policy import RandomPolicy
from simcore.policies.reflex.policy import ReflexPolicy

if TYPE_CHECKING:
    from simcore.episode import Episode


@dataclass(frozen=True, slots=True)
class Reference:
    """`reads`: observations, as everybody's; or the episode, which is there in the simulator alone."""

    name: str
    reads: str
    summary: str
    of_seed: Callable[[int], Policy] | None = None
    of_episode: Callable[["Episode"], Policy] | None = None


_OBSERVATIONS, _EPISODE = "observations", "the episode"
POLICIES = {
    policy.name: policy
    for policy in (
        Reference("random", _OBSERVATIONS, "Any action on any service: the lowest floor.", of_seed=RandomPolicy),
        Reference(
            "reflex", _EPISODE, "The best fixed plan of a family, found by search; it looks at nothing: a floor.",
            of_episode=ReflexPolicy,
        ),
        Reference(
            "keyword", _EPISODE, "A fitted map from phrases of the alert and of all logs to a fix: a floor.",
            of_episode=KeywordPolicy,
        ),
        Reference(
            "playbook", _OBSERVATIONS, "Works through hypotheses as an experienced engineer does.",
            of_seed=PlaybookPolicy,
        ),
        Reference("oracle", _EPISODE, "Knows the truth: the ceiling.", of_episode=OraclePolicy),
    )
}  # fmt: skip
FLOORS = ("random", "reflex", "keyword")
"""Those that diagnose nothing."""


def policy_names() -> list[str]:
    return sorted(POLICIES)


def unknown_policy(name: str, known: list[str]) -> UnknownNameError:
    return UnknownNameError(f"there is no policy {name!r}; there are {', '.join(known)}")


def make_policy(name: str, seed: int = 0, episode: "Episode | None" = None) -> Policy:
    """A fresh policy for one episode; `episode` is for those that read it.

    Raises UnknownNameError for a name that does not exist, SimcoreError for one that needs an episode and has none."""
    policy = POLICIES.get(name)
    if policy is None:
        raise unknown_policy(name, policy_names())
    if policy.of_seed is not None:
        return policy.of_seed(seed)
    if episode is None:
        raise SimcoreError(f"policy {name!r} reads the episode: it plays in the simulator alone, and needs `episode`")
    assert policy.of_episode is not None
    return policy.of_episode(episode)
