"""The language model that the environment of the process names."""

import os
from collections.abc import Mapping

from praetor.guard.addresses import AddressRules, networks
from praetor.guard.chat import ChatClient, ChatSettings
from praetor.policies.llm.budget import Budget
from praetor.policies.llm.policy import LlmPolicy
from simcore.errors import SimcoreError

ENDPOINT, MODEL, KEY = "PRAETOR_LLM_ENDPOINT", "PRAETOR_LLM_MODEL", "PRAETOR_LLM_KEY"
TOKENS, DOLLARS, PRICES = "PRAETOR_LLM_MAX_TOKENS", "PRAETOR_LLM_MAX_DOLLARS", "PRAETOR_LLM_PRICES"
TEMPERATURE, ALLOWED = "PRAETOR_LLM_TEMPERATURE", "PRAETOR_GUARD_ALLOW_CIDRS"


def llm_of_environment(seed: int = 0, environment: Mapping[str, str] = os.environ) -> LlmPolicy:
    """Raises SimcoreError, which names the variable that is missing or wrong."""
    endpoint, model = environment.get(ENDPOINT, ""), environment.get(MODEL, "")
    if not endpoint or not model:
        raise SimcoreError(f"policy 'llm' needs {ENDPOINT} (for example https://api.example.com/v1) and {MODEL}")
    temperature = environment.get(TEMPERATURE)
    settings = ChatSettings(
        endpoint,
        model,
        environment.get(KEY, ""),
        temperature=None if temperature is None else _number(TEMPERATURE, temperature),
    )
    return LlmPolicy(ChatClient(settings, _rules(environment)), model, _budget(environment))


def _budget(environment: Mapping[str, str]) -> Budget:
    prices = [_number(PRICES, text) for text in environment.get(PRICES, "0,0").split(",")]
    if len(prices) != 2:
        raise SimcoreError(f"{PRICES}: two prices in dollars for a million tokens, prompt and completion: `3,15`")
    dollars = environment.get(DOLLARS)
    if dollars is not None and not any(prices):
        raise SimcoreError(f"{DOLLARS} needs {PRICES}: without prices nobody knows what was spent")
    return Budget(
        tokens=int(_number(TOKENS, environment.get(TOKENS, "400000"))),
        dollars=None if dollars is None else _number(DOLLARS, dollars),
        prompt_price=prices[0],
        completion_price=prices[1],
    )


def _rules(environment: Mapping[str, str]) -> AddressRules:
    try:
        return AddressRules(allowed=networks(environment.get(ALLOWED, "").split(",")))
    except ValueError as problem:
        raise SimcoreError(f"{ALLOWED}: {problem}") from None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SimcoreError(f"{name}: {text!r} is no number") from None
