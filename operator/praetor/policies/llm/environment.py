"""The language model that the environment of the process names."""

import os
from collections.abc import Mapping
from math import isfinite, nan
from typing import TYPE_CHECKING

from praetor.guard.targets import LanguageModel
from simcore.errors import SimcoreError

if TYPE_CHECKING:
    from praetor.policies.llm.policy import LlmPolicy

ENDPOINT, MODEL, KEY = "PRAETOR_LLM_ENDPOINT", "PRAETOR_LLM_MODEL", "PRAETOR_LLM_KEY"
TOKENS, DOLLARS, PRICES = "PRAETOR_LLM_MAX_TOKENS", "PRAETOR_LLM_MAX_DOLLARS", "PRAETOR_LLM_PRICES"
TEMPERATURE = "PRAETOR_LLM_TEMPERATURE"


def llm_of_environment(environment: Mapping[str, str] = os.environ) -> "LlmPolicy":
    """Raises SimcoreError, which names the variable that is missing or wrong."""
    from praetor.policies.llm.making import llm_of  # httpx is in the extra `server`

    return llm_of(model_of_environment(environment), environment)


def model_of_environment(environment: Mapping[str, str] = os.environ) -> LanguageModel:
    """Raises SimcoreError, which names the variable that is missing or wrong."""
    endpoint, model = environment.get(ENDPOINT, ""), environment.get(MODEL, "")
    if not endpoint or not model:
        raise SimcoreError(f"policy 'llm' needs {ENDPOINT} (for example https://api.example.com/v1) and {MODEL}")
    temperature, dollars = environment.get(TEMPERATURE), environment.get(DOLLARS)
    prompt_price, completion_price = _prices(environment)
    if dollars is not None and not (prompt_price or completion_price):
        raise SimcoreError(f"{DOLLARS} needs {PRICES}: without prices nobody knows what was spent")
    return LanguageModel(
        endpoint=endpoint,
        model=model,
        key=environment.get(KEY, ""),
        max_tokens=int(_number(TOKENS, environment.get(TOKENS, "400000"))),
        max_dollars=None if dollars is None else _number(DOLLARS, dollars),
        prompt_price=prompt_price,
        completion_price=completion_price,
        temperature=None if temperature is None else _number(TEMPERATURE, temperature),
    )


def _prices(environment: Mapping[str, str]) -> tuple[float, float]:
    prices = [_number(PRICES, text) for text in environment.get(PRICES, "0,0").split(",")]
    if len(prices) != 2:
        raise SimcoreError(f"{PRICES}: two prices in dollars for a million tokens, prompt and completion: `3,15`")
    return prices[0], prices[1]


def _number(name: str, text: str) -> float:
    """Raises SimcoreError, also for `nan` and `inf`, of which a budget would have no end."""
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not (isfinite(number) and number >= 0):
        raise SimcoreError(f"{name}: {text!r} is no number from 0")
    return number
