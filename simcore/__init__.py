"""A simulator of incidents: `make` gives an episode, `make_policy` something that plays it.

Names are resolved when first used, so that importing one module does not compile the kernel.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simcore.api import absolute_seed, make, make_batch, make_policy, scenario_names
    from simcore.checks.policy import check_policy
    from simcore.checks.substrate import check_substrate
    from simcore.policies.registry import policy_names
    from simcore.replaying import counterfactual

_HOMES = {
    "absolute_seed": "simcore.api",
    "check_policy": "simcore.checks.policy",
    "check_substrate": "simcore.checks.substrate",
    "counterfactual": "simcore.replaying",
    "make": "simcore.api",
    "make_batch": "simcore.api",
    "make_policy": "simcore.api",
    "policy_names": "simcore.policies.registry",
    "scenario_names": "simcore.api",
}

__all__ = [
    "absolute_seed", "check_policy", "check_substrate", "counterfactual", "make", "make_batch", "make_policy",
    "policy_names", "scenario_names",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'simcore' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
