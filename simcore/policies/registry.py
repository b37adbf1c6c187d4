"""The reference policies by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from simcore.decision import Policy
from simcore.errors import UnknownNameError
from simcore.policies.keyword.policy import KeywordPolicy
from simcore.policies.oracle import OraclePolicy
from simcore.policies.playbook.policy import PlaybookPolicy
from simcore.policies.random_policy import RandomPolicy
from simcore.policies.reflex.policy import ReflexPolicy

if TYPE_CHECKING:
    from simcore.episode import Episode

_POLICIES: dict[str, Callable[[int], Policy]] = {
    "playbook": PlaybookPolicy,
    "random": RandomPolicy,
}
_INSIDERS: dict[str, Callable[["Episode"], Policy]] = {
    "keyword": KeywordPolicy,
    "oracle": OraclePolicy,
    "reflex": ReflexPolicy,
}
"""Those that read the episode: for the simulator alone."""


def policy_names() -> list[str]:
    """Names of the policies that need nothing but observations."""
    return sorted(_POLICIES)


def make_policy(name: str, seed: int = 0, episode: "Episode | None" = None) -> Policy:
    """A fresh policy. `episode` is for those that read it; these do not. Raises UnknownNameError."""
    if name in _INSIDERS and episode is not None:
        return _INSIDERS[name](episode)
    if name not in _POLICIES:
        raise UnknownNameError(f"there is no policy {name!r}; there are {', '.join(policy_names())}")
    return _POLICIES[name](seed)
