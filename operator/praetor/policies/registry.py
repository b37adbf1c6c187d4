"""Which policies there are, by name: those of simcore as they are."""

from simcore import make_policy, policy_names

__all__ = ["make_policy", "policy_names"]
