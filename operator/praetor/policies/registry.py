"""Which policies there are, by name: those of simcore as they are, and those with I/O."""

from typing import TYPE_CHECKING

from praetor.resources.policy import LANGUAGE_MODEL
from simcore.decision import Policy
from simcore.policies import registry as reference
from simcore.policies.registry import Reference

if TYPE_CHECKING:
    from praetor.guard.targets import LanguageModel
    from simcore.episode import Episode


def _llm(seed: int) -> Policy:
    from praetor.policies.llm.environment import llm_of_environment

    return llm_of_environment()


POLICIES = reference.POLICIES | {
    "llm": Reference(
        "llm", "observations", "A language model behind any OpenAI-compatible endpoint, with the actions as tools.",
        of_seed=_llm,
    )
}  # fmt: skip


def policy_names() -> list[str]:
    return sorted(POLICIES)


def make_policy(
    name: str, seed: int = 0, episode: "Episode | None" = None, language_model: "LanguageModel | None" = None
) -> Policy:
    """As `simcore.make_policy`; `language_model` is the one to ask, else the environment names it. Raises SimcoreError
    also for a model that cannot be asked."""
    if language_model is not None and name == LANGUAGE_MODEL:
        from praetor.policies.llm.making import llm_of  # httpx is in the extra `server`

        return llm_of(language_model)
    if name in reference.POLICIES:
        return reference.make_policy(name, seed, episode)
    if name not in POLICIES:
        raise reference.unknown_policy(name, policy_names())
    made = POLICIES[name].of_seed
    assert made is not None
    return made(seed)
