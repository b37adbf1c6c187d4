"""What the chart renders for the OpenEnv server, in both modes. Needs Helm, but no cluster."""

import pytest

from tests.support.chart import Manifest, of_kind, rendered
from tests.support.cluster import CHART, fails, missing_tools

pytestmark = pytest.mark.skipif(bool(missing_tools("helm")), reason="helm is not on the PATH")

MODES = ("Sidecar", "Deployment")


def served(mode: str, *settings: str) -> list[Manifest]:
    return rendered("--set", ",".join((f"openenv.enabled=true,openenv.mode={mode}", *settings)))


def serving_deployment(manifests: list[Manifest]) -> Manifest:
    """The one with the server's container."""
    (found,) = (each for each in of_kind(manifests, "Deployment") if container_of(each, "openenv"))
    return found


def container_of(deployment: Manifest, name: str) -> Manifest | None:
    return next((each for each in deployment["spec"]["template"]["spec"]["containers"] if each["name"] == name), None)


def named(manifests: list[Manifest], kind: str, name: str = "praetor-openenv") -> list[Manifest]:
    return [each for each in of_kind(manifests, kind) if each["metadata"]["name"] == name]


def test_nothing_of_it_is_there_unless_enabled() -> None:
    assert "openenv" not in str(rendered("--set", "openenv.mode=Deployment,networkPolicy.enabled=true"))


def test_a_sidecar_is_in_the_operators_pods_and_a_deployment_in_its_own() -> None:
    operator = serving_deployment(served("Sidecar"))
    own = serving_deployment(served("Deployment", "openenv.replicas=3", "operator.replicas=2"))
    assert container_of(operator, "operator")
    assert not container_of(own, "operator")
    assert (own["metadata"]["name"], own["spec"]["replicas"]) == ("praetor-openenv", 3)


@pytest.mark.parametrize("mode", MODES)
def test_its_service_leads_to_its_containers_port(mode: str) -> None:
    manifests = served(mode, "openenv.service.port=80")
    (service,) = named(manifests, "Service")
    deployment = serving_deployment(manifests)
    container = container_of(deployment, "openenv")
    assert container
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    (port,) = service["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, container["ports"][0]["name"])
    assert f"--port={container['ports'][0]['containerPort']}" in container["args"]


@pytest.mark.parametrize("mode", MODES)
def test_it_is_probed_bounded_and_restricted(mode: str) -> None:
    container = container_of(serving_deployment(served(mode)), "openenv")
    assert container
    for probe, path in {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}.items():
        assert container[probe]["httpGet"] == {"path": path, "port": "openenv"}
    assert container["resources"]["limits"]["memory"] == "1Gi"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_it_has_no_credentials_of_the_api_server_in_either_mode() -> None:
    own = serving_deployment(served("Deployment"))["spec"]["template"]["spec"]
    assert own["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in own
    sidecar = container_of(serving_deployment(served("Sidecar")), "openenv")
    assert sidecar
    hidden = {mount["mountPath"]: mount["name"] for mount in sidecar["volumeMounts"]}
    assert hidden["/var/run/secrets/kubernetes.io/serviceaccount"] == "no-credentials"


@pytest.mark.parametrize("mode", MODES)
def test_its_token_is_made_or_is_ones_own(mode: str) -> None:
    def reference(manifests: list[Manifest]) -> Manifest:
        container = container_of(serving_deployment(manifests), "openenv")
        assert container
        (token,) = (each for each in container["env"] if each["name"] == "PRAETOR_OPENENV_TOKEN")
        return dict(token["valueFrom"]["secretKeyRef"])

    made = served(mode)
    assert len(named(made, "Secret")) == 1
    assert reference(made) == {"name": "praetor-openenv", "key": "token"}
    own = served(mode, "openenv.existingSecret=mine", "openenv.existingSecretKey=key")
    assert not named(own, "Secret")
    assert reference(own) == {"name": "mine", "key": "key"}


@pytest.mark.parametrize("mode", MODES)
def test_a_network_policy_lets_clients_in_and_a_pod_of_its_own_call_nobody(mode: str) -> None:
    manifests = served(mode, "networkPolicy.enabled=true", "networkPolicy.openenvFrom[0].podSelector.matchLabels.a=b")
    (policy,) = named(manifests, "NetworkPolicy")
    labels = serving_deployment(manifests)["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    (rule,) = policy["spec"]["ingress"]
    assert rule == {"ports": [{"port": "openenv"}], "from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}
    assert "egress" not in policy["spec"]
    assert policy["spec"]["policyTypes"] == (["Ingress"] if mode == "Sidecar" else ["Ingress", "Egress"])


def test_pods_of_its_own_have_a_disruption_budget() -> None:
    assert named(served("Deployment"), "PodDisruptionBudget")
    assert not named(served("Sidecar"), "PodDisruptionBudget")


@pytest.mark.parametrize("setting", ["openenv.mode=Pod", "openenv.maxSessions=0", "openenv.service.sessionAffinity=x"])
def test_a_wrong_value_is_refused_by_name(setting: str) -> None:
    assert setting.split("=")[0].rpartition(".")[2] in fails("helm", "template", str(CHART), "--set", setting)
