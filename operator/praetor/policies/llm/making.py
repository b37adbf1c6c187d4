"""From what is known of a model to the policy that asks it."""

import os
from collections.abc import Mapping

from praetor.guard.addresses import ALLOWED_NETWORKS, rules_of
from praetor.guard.chat import ChatClient, ChatSettings
from praetor.guard.errors import GuardError
from praetor.guard.targets import LanguageModel
from praetor.policies.llm.budget import Budget
from praetor.policies.llm.policy import LlmPolicy
from simcore.errors import SimcoreError


def llm_of(model: LanguageModel, environment: Mapping[str, str] = os.environ) -> LlmPolicy:
    """Raises SimcoreError for an endpoint that is no URL, and for what may be dialled said wrongly."""
    settings = ChatSettings(model.endpoint, model.model, model.key, temperature=model.temperature)
    budget = Budget(
        tokens=model.max_tokens,
        dollars=model.max_dollars,
        prompt_price=model.prompt_price,
        completion_price=model.completion_price,
    )
    try:
        rules = rules_of(model.allow, environment)
    except ValueError as problem:
        raise SimcoreError(f"{ALLOWED_NETWORKS}: {problem}") from None
    try:
        return LlmPolicy(ChatClient(settings, rules), model.model, budget)
    except GuardError as problem:
        raise SimcoreError(f"policy 'llm': the endpoint: {problem}") from None
    except ValueError:  # the text of the error may repeat the key
        raise SimcoreError("policy 'llm': the key is no text that an HTTP header can have") from None
