"""What Helm makes of the chart. Needs Helm, but no cluster."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.chart import ROOT, Manifest, of_kind, pod_specs, rendered
from tests.support.cluster import CHART, fails, missing_tools, run

pytestmark = pytest.mark.skipif(bool(missing_tools("helm")), reason="helm is not on the PATH")

EVERYTHING = (
    "--set",
    "targetNamespaces[0].name=shop,networkPolicy.enabled=true,watchNamespaces={shop,billing},operator.replicas=2",
)


def rules(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for role in of_kind(manifests, "Role", "ClusterRole"):
        for rule in role["rules"]:
            yield role["kind"], rule


def test_webhook_sources_become_a_file_that_the_gateway_is_told_of() -> None:
    manifests = rendered("--set", "webhook.sources.nagios.title=output,gateway.whenResolved=Now")
    (stored,) = (one for one in of_kind(manifests, "ConfigMap") if one["metadata"]["name"].endswith("webhook-sources"))
    assert yaml.safe_load(stored["data"]["webhook-sources.yaml"]) == {"nagios": {"title": "output"}}
    (gateway,) = (spec["containers"][0] for spec in pod_specs(manifests) if spec["containers"][0]["name"] == "gateway")
    (mount,) = (one for one in gateway["volumeMounts"] if one["name"] == "webhook-sources")
    (told,) = (one["value"] for one in gateway["env"] if one["name"] == "PRAETOR_WEBHOOK_SOURCES")
    assert told == f"{mount['mountPath']}/webhook-sources.yaml"
    assert "--when-resolved=Now" in gateway["args"]
    assert not of_kind(rendered(), "ConfigMap"), "without sources there is no file"


def test_helm_finds_nothing_wrong_with_the_chart() -> None:
    assert "0 chart(s) failed" in run("helm", "lint", "--strict", str(CHART))


@pytest.mark.parametrize("settings", [(), EVERYTHING], ids=["defaults", "everything"])
def test_no_role_has_a_wildcard_or_reads_secrets(settings: tuple[str, ...]) -> None:
    seen = list(rules(rendered(*settings)))

    assert len(seen) > 10
    for kind, rule in seen:
        assert "*" not in rule["apiGroups"] + rule["resources"] + rule["verbs"], (kind, rule)
        assert "secrets" not in rule["resources"], (kind, rule)


def test_named_namespaces_get_roles_and_nothing_but_reviews_is_cluster_wide() -> None:
    manifests = rendered("--set", "watchNamespaces={shop,billing}")

    granted = {role["metadata"]["namespace"] for role in of_kind(manifests, "Role")}
    bound = {binding["roleRef"]["name"] for binding in of_kind(manifests, "ClusterRoleBinding")}
    assert granted == {"shop", "billing", "praetor-system"}
    assert bound == {"praetor-system-praetor-operator-reviews", "praetor-system-praetor-gateway-reviews"}


def test_only_the_named_workloads_may_be_changed_and_nothing_be_made_or_deleted() -> None:
    chosen = ("--set", "targetNamespaces[0].name=shop,targetNamespaces[0].configMaps={settings}")
    (role,) = (one for one in of_kind(rendered(*chosen), "Role") if one["metadata"]["namespace"] == "shop")
    changing = [rule for rule in role["rules"] if set(rule["verbs"]) - {"get", "list"}]

    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "patch", "create"}
    assert [rule.get("resourceNames") or rule["resources"] for rule in changing] == [
        ["deployments", "statefulsets"], ["pods/eviction"], ["settings"],
    ]  # fmt: skip
    assert not [one for one in of_kind(rendered(), "Role") if one["metadata"]["namespace"] == "shop"]


def test_experiments_may_break_what_is_named_for_them_among_the_namespaces_of_runs() -> None:
    chosen = ("--set", "targetNamespaces[0].name=shop,targetNamespaces[0].chaos=true,targetNamespaces[1].name=billing")
    broken = rendered(*chosen, "--set", "chaos.enabled=true")
    roles = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in of_kind(broken, "Role")}
    deadmen = {one["metadata"].get("namespace") for one in broken if one["metadata"]["name"] == "praetor-deadman"}

    assert {name for namespace, name in roles if namespace == "billing"} == {"praetor-praetor-system-target"}
    assert {name for namespace, name in roles if namespace == "shop"} == {
        "praetor-praetor-system-target", "praetor-operator-praetor-system-chaos", "praetor-deadman",
    }  # fmt: skip
    assert deadmen == {"shop"}
    off = rendered(*chosen)
    assert not [one for one in off if "chaos" in one["metadata"]["name"] or "deadman" in one["metadata"]["name"]]


def test_every_binding_names_a_role_and_an_account_of_the_chart() -> None:
    manifests = rendered(*EVERYTHING)
    made = {(each["kind"], each["metadata"]["name"]) for each in manifests}

    bindings = of_kind(manifests, "RoleBinding", "ClusterRoleBinding")
    assert len(bindings) == 10
    for binding in bindings:
        reference, subject = binding["roleRef"], binding["subjects"][0]
        assert (reference["kind"], reference["name"]) in made
        assert ("ServiceAccount", subject["name"]) in made


def test_pods_meet_pod_security_restricted_on_a_read_only_file_system() -> None:
    specs = pod_specs(rendered())

    assert len(specs) == 2
    for spec in specs:
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["readOnlyRootFilesystem"] is True
            assert security["capabilities"] == {"drop": ["ALL"]}


def test_operator_and_gateway_run_one_image_and_a_digest_wins_over_a_tag() -> None:
    digest = "sha256:" + "a" * 64
    settings = ("--set", f"image.repository=example.test/praetor,image.tag=v1,image.digest={digest}")

    images = {spec["containers"][0]["image"] for spec in pod_specs(rendered(*settings))}
    assert images == {f"example.test/praetor@{digest}"}


def test_crds_are_those_that_the_models_generate_and_stay_when_asked() -> None:
    generated = {path.name: yaml.safe_load(path.read_text()) for path in (ROOT / "crds").glob("*.yaml")}
    kept = of_kind(rendered(), "CustomResourceDefinition")

    assert len(kept) == 3
    for crd in kept:
        assert crd["metadata"].pop("annotations")["helm.sh/resource-policy"] == "keep"
        assert crd in [_without_annotations(each) for each in generated.values()]


def test_crds_go_with_the_release_or_are_left_out_when_asked() -> None:
    unkept = of_kind(rendered("--set", "crds.keep=false"), "CustomResourceDefinition")
    assert len(unkept) == 3
    assert all("helm.sh/resource-policy" not in crd["metadata"].get("annotations", {}) for crd in unkept)
    assert not of_kind(rendered("--set", "crds.enabled=false"), "CustomResourceDefinition")


def test_a_secret_of_ones_own_is_used_and_none_is_made() -> None:
    manifests = rendered("--set", "webhook.existingSecret=mine,webhook.existingSecretKey=key")

    environments = [spec["containers"][0]["env"] for spec in pod_specs(manifests)]
    references = [each["valueFrom"] for environment in environments for each in environment if "TOKEN" in each["name"]]
    assert references == [{"secretKeyRef": {"name": "mine", "key": "key"}}]
    assert not of_kind(manifests, "Secret")


def test_without_the_gateway_nothing_of_it_is_left() -> None:
    manifests = rendered("--set", "gateway.enabled=false", *EVERYTHING)

    assert of_kind(manifests, "Deployment")
    assert not [each for each in manifests if "gateway" in each["metadata"]["name"]]


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("gateway.replica=2", "replica"),
        ("operator.workers=0", "workers"),
        ("image.digest=latest", "digest"),
        ("watchNamespaces={Shop}", "watchNamespaces"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("chaos.namespaces={shop}", "namespaces"),
    ],
)
def test_a_wrong_value_is_refused_by_name(setting: str, named: str) -> None:
    assert named in fails("helm", "template", str(CHART), "--set", setting)


def test_the_readme_describes_every_value_with_its_default() -> None:
    documented = dict(re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", (CHART / "README.md").read_text(), re.M))
    defaults = dict(_leaves(yaml.safe_load((CHART / "values.yaml").read_text())))

    assert {name: yaml.safe_load(value) for name, value in documented.items()} == defaults


def test_the_manifests_to_apply_without_helm_are_what_the_chart_renders() -> None:
    settings = ("--set", "crds.enabled=false,webhook.existingSecret=praetor-webhook")
    written = yaml.safe_load_all(Path(ROOT / "manifests" / "base" / "praetor.yaml").read_text())

    assert [manifest for manifest in written if manifest] == rendered(*settings), "run `make manifests`"


def _leaves(values: Manifest, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value and key != "resources":
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _without_annotations(crd: Manifest) -> Manifest:
    metadata = {key: value for key, value in crd["metadata"].items() if key != "annotations"}
    return {**crd, "metadata": metadata}


def test_networks_that_sites_may_be_in_are_told_to_the_operator_alone() -> None:
    deployments = of_kind(rendered("--set", "guard.allowCIDRs={10.96.0.0/12,fd00::/8}"), "Deployment")
    told = {
        deployment["metadata"]["name"]: variable["value"]
        for deployment in deployments
        for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        if variable["name"] == "PRAETOR_GUARD_ALLOW_CIDRS"
    }
    assert told == {"praetor-operator": "10.96.0.0/12,fd00::/8"}
    defaults = yaml.safe_dump_all(rendered())
    assert "PRAETOR_GUARD_ALLOW_CIDRS" not in defaults
