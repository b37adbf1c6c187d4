"""Which policies there are, by name: those of simcore as they are."""

from simcore.policies.registry import POLICIES, make_policy, policy_names

__all__ = ["POLICIES", "make_policy", "policy_names"]
