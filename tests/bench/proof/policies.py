"""Who repairs: the policy that is to be proved, beside chance and doing nothing."""

from praetor.policies.registry import make_policy
from simcore.actions import parse_action
from simcore.decision import Decision, History, Policy
from simcore.observation import Observation

NOTHING = "nothing"
LOOKS = 20


class DoNothing:
    """Looks at the list and declares in the end that nothing is broken: whatever resolves here heals by itself."""

    name = NOTHING

    def decide(self, observation: Observation, history: History) -> Decision:
        if len(history) < LOOKS:
            return Decision(parse_action({"action_type": "list_services"}))
        empty = {"root_cause": "none", "resolution": "none", "causes": []}
        return Decision(parse_action({"action_type": "resolve_incident", "parameters": empty}))


def policy_of(name: str, seed: int) -> Policy:
    """The policy as every substrate gets it: nothing of it is told where it is."""
    return DoNothing() if name == NOTHING else make_policy(name, seed=seed)
