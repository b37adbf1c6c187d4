"""Who calls, and may they: tokens and roles of a real API server."""

import pytest

from praetor.kube.access import AccessReviewer, Deed, User
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import Resource
from tests.controlplane.server import ControlPlane
from tests.support.eventually import eventually

RUNS = Resource("praetor.dev", "v1alpha1", "incidentruns")


@pytest.fixture
async def reviewer(client: KubeClient) -> AccessReviewer:
    return AccessReviewer(client)


def let(apiserver: ControlPlane, namespace: str, user: str, verb: str) -> None:
    role = ("create", "role", "reader", f"--verb={verb}", "--resource=configmaps", "-n", namespace)
    apiserver.kubectl(*role)
    apiserver.kubectl("create", "rolebinding", "reader", "--role=reader", f"--user={user}", "-n", namespace)


def deed(verb: str, namespace: str) -> Deed:
    return Deed(verb, Resource("", "v1", "configmaps"), namespace)


async def test_a_token_says_who_calls(apiserver: ControlPlane, reviewer: AccessReviewer) -> None:
    user = await reviewer.user_of(apiserver.tokens["alice"])
    assert user
    assert user.name == "alice"
    assert "system:authenticated" in user.groups


async def test_an_unknown_token_is_nobodys(reviewer: AccessReviewer) -> None:
    assert await reviewer.user_of("nobody") is None


async def test_a_service_account_is_known(apiserver: ControlPlane, reviewer: AccessReviewer, namespace: str) -> None:
    apiserver.kubectl("create", "serviceaccount", "robot", "-n", namespace)
    token = apiserver.kubectl("create", "token", "robot", "-n", namespace).stdout.strip()
    user = await reviewer.user_of(token)
    assert user
    assert user.name == f"system:serviceaccount:{namespace}:robot"
    assert f"system:serviceaccounts:{namespace}" in user.groups


async def test_a_token_for_another_audience_is_not_taken(apiserver: ControlPlane, namespace: str) -> None:
    apiserver.kubectl("create", "serviceaccount", "robot", "-n", namespace)
    tokens = {
        audience: apiserver.kubectl(
            "create", "token", "robot", "-n", namespace, f"--audience={audience}"
        ).stdout.strip()
        for audience in ("praetor", "other")
    }
    async with KubeClient(load_credentials(str(apiserver.kubeconfig))) as client:
        reviewer = AccessReviewer(client, audiences=["praetor"])
        assert await reviewer.user_of(tokens["praetor"])
        assert await reviewer.user_of(tokens["other"]) is None


async def test_rights_are_asked_for_by_verb_and_namespace(
    apiserver: ControlPlane, reviewer: AccessReviewer, namespace: str
) -> None:
    let(apiserver, namespace, "alice", "list")
    alice, bob = User("alice"), User("bob")
    assert await reviewer.may(alice, deed("list", namespace))
    assert not await reviewer.may(alice, deed("create", namespace))
    assert not await reviewer.may(alice, deed("list", "default"))
    assert not await reviewer.may(bob, deed("list", namespace))
    assert await reviewer.may(User("root", groups=("system:masters",)), Deed("get", RUNS, namespace, "oom-1"))


async def test_an_answer_holds_for_a_short_while(apiserver: ControlPlane, client: KubeClient, namespace: str) -> None:
    alice = User("alice")
    forgets, remembers = (AccessReviewer(client, cache_seconds=seconds) for seconds in (0.1, 3600.0))
    assert not await forgets.may(alice, deed("list", namespace))
    let(apiserver, namespace, "alice", "list")
    await eventually(lambda: forgets.may(alice, deed("list", namespace)))
    assert await remembers.may(alice, deed("list", namespace))
    apiserver.kubectl("delete", "rolebinding", "reader", "-n", namespace)
    await eventually(lambda: is_refused(forgets, alice, namespace))
    assert await remembers.may(alice, deed("list", namespace))


async def is_refused(reviewer: AccessReviewer, user: User, namespace: str) -> bool:
    return not await reviewer.may(user, deed("list", namespace))
