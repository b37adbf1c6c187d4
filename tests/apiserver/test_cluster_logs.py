"""Logs of pods whose node does not answer: nobody takes them for empty."""

import json
from typing import Any

import pytest

from praetor.kube.paths import STATEFUL_SETS
from praetor.substrates.cluster.system import NamespaceSystem
from simcore.actions import parse_action
from simcore.errors import UnavailableError
from tests.support.small_shop import Shop

AWAY = {
    "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 1}},
}


@pytest.fixture
def stranded(shop: Shop) -> Shop:
    """The pod of `store` is on a node that nobody can dial."""
    node: dict[str, Any]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"away-from-{shop.name}"}, "status": AWAY}
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "store", "controller": True}
    owner |= {"uid": shop.get(STATEFUL_SETS, "store")["metadata"]["uid"]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "store-0", "labels": {"app": "store"}, "ownerReferences": [owner]},
        "spec": {"nodeName": node["metadata"]["name"], "containers": [{"name": "main", "image": "store:1"}]},
    }
    for manifest in (node, pod):
        shop.kubectl("create", "-f", "-", stdin=json.dumps(manifest))
    return shop


def look(system: NamespaceSystem, kind: str, **parameters: Any) -> Any:
    asked = {"action_type": kind, "target_service": "store", "parameters": parameters}
    return system.look(parse_action(asked), 0.0)


def test_a_log_that_cannot_be_read_is_an_error_and_a_diagnostic_goes_without(
    stranded: Shop, system: NamespaceSystem
) -> None:
    with pytest.raises(UnavailableError, match="store-0/log"):
        look(system, "read_logs")
    assert look(system, "run_diagnostic", command="check_health").service == "store"
