"""The language model that a run names: where it is, and the key that it wants. The key goes to the process that plays,
by its stdin, and nowhere else."""

from typing import Any

from praetor.controller.references import (
    Lookup,
    Secrets,
    Services,
    UnusableError,
    address_of,
    as_network,
    secret_of,
    value_of,
    value_outside,
)  # fmt: skip
from praetor.guard.targets import LanguageModel
from praetor.policies.llm.environment import ENDPOINT, KEY, model_of_environment
from praetor.resources.policy import LANGUAGE_MODEL, KeySecretRef, ModelBudget, ModelServiceRef, PolicyRef
from simcore.errors import DeniedError, NotFoundError, SimcoreError

_MEANT_FOR = "endpoint"
_WHERE = "spec.policy.secretRef"


async def model_of(policy: PolicyRef, namespace: str, store: Lookup) -> LanguageModel | None:
    """None for a policy that is no language model. Raises UnusableError, and StoreError when the store cannot
    say."""
    if policy.name != LANGUAGE_MODEL:
        return None
    if policy.endpoint is None and policy.service_ref is None:
        return await _of_environment(policy, namespace, store)
    endpoint, allow = policy.endpoint or "", tuple[str, ...]()
    if policy.service_ref is not None:
        endpoint, allow = await _endpoint_of(policy.service_ref, namespace, store)
    key = await _key_of(policy.secret_ref, endpoint, namespace, store) if policy.secret_ref else ""
    costs = _costs(policy.budget or ModelBudget())
    return LanguageModel(endpoint, policy.model or "", key, temperature=policy.temperature, allow=allow, **costs)


def _costs(budget: ModelBudget) -> dict[str, Any]:
    prices = budget.prices
    return {
        "max_tokens": budget.max_tokens,
        "max_dollars": budget.max_dollars,
        "prompt_price": prices.prompt if prices else 0.0,
        "completion_price": prices.completion if prices else 0.0,
    }


async def _of_environment(policy: PolicyRef, namespace: str, store: Lookup) -> LanguageModel:
    """The endpoint is the environment's, and so is what the run does not say."""
    try:
        known = model_of_environment()
    except SimcoreError as problem:
        raise UnusableError(f"spec.policy names no endpoint, and {problem}") from None
    costs = _costs(policy.budget or ModelBudget())
    return LanguageModel(
        known.endpoint,
        policy.model or known.model,
        await _key_of(policy.secret_ref, known.endpoint, namespace, store) if policy.secret_ref else known.key,
        temperature=known.temperature if policy.temperature is None else policy.temperature,
        **(costs if policy.budget else {name: getattr(known, name) for name in costs}),
    )


async def _endpoint_of(ref: ModelServiceRef, namespace: str, store: Lookup) -> tuple[str, tuple[str, ...]]:
    """(URL, what may be dialled for it). Over TLS by its name, which the certificate has; else by its address."""
    if not isinstance(store, Services):
        raise UnusableError(f"spec.policy.serviceRef: there are no Services outside a cluster; set {ENDPOINT}")
    try:
        service = await store.service(namespace, ref.name)
    except (NotFoundError, DeniedError) as problem:
        raise UnusableError(f"spec.policy.serviceRef: {problem}") from None
    address = address_of(service["spec"], ref.port, f"spec.policy.serviceRef: Service {ref.name!r}")
    host = f"[{address}]" if address.version == 6 else str(address)
    if ref.scheme == "https":
        host = f"{ref.name}.{namespace}.svc"
    return f"{ref.scheme}://{host}:{ref.port}{ref.path.rstrip('/')}", (as_network(address),)


async def _key_of(ref: KeySecretRef, endpoint: str, namespace: str, store: Lookup) -> str:
    """From the Secret; where there are no Secrets, from the environment."""
    if not isinstance(store, Secrets):
        return value_outside(KEY, f"the key of {ref.name!r}", _WHERE)
    values = await secret_of(ref.name, _WHERE, namespace, store)
    meant_for = values.get(_MEANT_FOR, "").strip().rstrip("/")
    if meant_for and meant_for != endpoint.rstrip("/"):
        raise UnusableError(f"{_WHERE}: Secret {ref.name!r} is meant for another endpoint, as its entry says")
    return value_of(values, ref.key, ref.name, _WHERE)
