"""The language model that a run names: where it is, and the key that it wants. The key goes to the process that plays,
by its stdin, and nowhere else."""

import ipaddress
import os
from typing import Any, Protocol, runtime_checkable

from praetor.controller.sites import Lookup, Secrets
from praetor.guard.targets import LanguageModel
from praetor.policies.llm.environment import ENDPOINT, KEY, model_of_environment
from praetor.resources.policy import LANGUAGE_MODEL, KeySecretRef, ModelBudget, ModelServiceRef, PolicyRef
from simcore.errors import DeniedError, NotFoundError, SimcoreError
from simcore.protocols import Manifest

_MEANT_FOR = "endpoint"
_WHERE = "spec.policy.secretRef"


class UnavailableModelError(Exception):
    """It cannot be asked; the text says why and what would help."""


@runtime_checkable
class Services(Protocol):
    """A store that can also read Services."""

    async def service(self, namespace: str, name: str) -> Manifest:
        """Raises NotFoundError, DeniedError."""


async def model_of(policy: PolicyRef, namespace: str, store: Lookup) -> LanguageModel | None:
    """None for a policy that is no language model. Raises UnavailableModelError, and StoreError when the store cannot
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
        raise UnavailableModelError(f"spec.policy names no endpoint, and {problem}") from None
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
        raise UnavailableModelError(f"spec.policy.serviceRef: there are no Services outside a cluster; set {ENDPOINT}")
    try:
        service = await store.service(namespace, ref.name)
    except (NotFoundError, DeniedError) as problem:
        raise UnavailableModelError(f"spec.policy.serviceRef: {problem}") from None
    address = _address_of(service, ref)
    host = f"[{address}]" if address.version == 6 else str(address)
    if ref.scheme == "https":
        host = f"{ref.name}.{namespace}.svc"
    return f"{ref.scheme}://{host}:{ref.port}{ref.path.rstrip('/')}", (f"{address}/{address.max_prefixlen}",)


def _address_of(service: Manifest, ref: ModelServiceRef) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    spec, where = service["spec"], f"spec.policy.serviceRef: Service {ref.name!r}"
    ports = [port["port"] for port in spec.get("ports") or ()]
    if ref.port not in ports:
        raise UnavailableModelError(f"{where} has no port {ref.port}; it has {', '.join(map(str, ports)) or 'none'}")
    try:
        return ipaddress.ip_address(spec.get("clusterIP") or "")
    except ValueError:
        raise UnavailableModelError(f"{where} has no cluster IP that could be dialled") from None


async def _key_of(ref: KeySecretRef, endpoint: str, namespace: str, store: Lookup) -> str:
    """From the Secret; where there are no Secrets, from the environment."""
    if not isinstance(store, Secrets):
        return _key_of_environment(ref)
    try:
        values = await store.secret(namespace, ref.name)
    except NotFoundError:
        raise UnavailableModelError(f"{_WHERE}: there is no Secret {ref.name!r} in {namespace!r}") from None
    except DeniedError:
        raise UnavailableModelError(
            f"{_WHERE}: the operator may not read Secret {ref.name!r}; give its ServiceAccount the verb get on this "
            f"one by a Role in {namespace!r}"
        ) from None
    meant_for = values.get(_MEANT_FOR, "").strip().rstrip("/")
    if meant_for and meant_for != endpoint.rstrip("/"):
        raise UnavailableModelError(f"{_WHERE}: Secret {ref.name!r} is meant for another endpoint, as its entry says")
    if not values.get(ref.key):
        raise UnavailableModelError(f"{_WHERE}: Secret {ref.name!r} has no key {ref.key!r}")
    return values[ref.key].strip()


def _key_of_environment(ref: KeySecretRef) -> str:
    key = os.environ.get(KEY, "")
    if not key:
        raise UnavailableModelError(
            f"{_WHERE}: there are no Secrets outside a cluster: set {KEY} to the key of {ref.name!r}"
        )
    return key
