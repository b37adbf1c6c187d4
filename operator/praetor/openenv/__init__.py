"""OpenEnv: simcore as an environment that OpenEnv's own clients use, and a server that speaks their protocol.

Names are resolved when first used: the server must not import the `openenv` library, which the environment, the
client and the provider are made of.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praetor.openenv.client import PraetorEnv
    from praetor.openenv.environment import PraetorAction, PraetorEnvironment, PraetorObservation, PraetorState
    from praetor.openenv.provider.provider import KubernetesProvider

_HOMES = {
    "KubernetesProvider": "praetor.openenv.provider.provider",
    "PraetorAction": "praetor.openenv.environment",
    "PraetorEnv": "praetor.openenv.client",
    "PraetorEnvironment": "praetor.openenv.environment",
    "PraetorObservation": "praetor.openenv.environment",
    "PraetorState": "praetor.openenv.environment",
}

__all__ = [
    "KubernetesProvider",
    "PraetorAction",
    "PraetorEnv",
    "PraetorEnvironment",
    "PraetorObservation",
    "PraetorState",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'praetor.openenv' has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "openenv":
            raise
        told = f"{name} is made of the openenv library, which is not installed: pip install 'praetor[openenv]'"
        raise ModuleNotFoundError(told, name=missing.name) from None
