"""What Helm makes of the chart's demo site. Needs Helm, but no cluster."""

import pytest
import yaml

from tests.support.chart import ROOT, of_kind, rendered
from tests.support.cluster import missing_tools

pytestmark = pytest.mark.skipif(bool(missing_tools("helm")), reason="helm is not on the PATH")
ENABLED = ("--set", "demoSite.enabled=true", "--api-versions", "praetor.dev/v1alpha1/TargetSite")


def test_only_the_token_of_the_demo_site_may_be_read() -> None:
    secrets = [
        rule for role in of_kind(rendered(*ENABLED), "Role") for rule in role["rules"] if "secrets" in rule["resources"]
    ]
    assert [(rule["resourceNames"], rule["verbs"]) for rule in secrets] == [(["praetor-demo"], ["get"])]


def test_nothing_of_it_is_there_unless_it_is_asked_for() -> None:
    assert not [one for one in rendered() if "demo" in one["metadata"]["name"]]


def test_its_target_site_is_made_where_its_kind_is_known_and_may_be_broken() -> None:
    (site,) = of_kind(rendered(*ENABLED), "TargetSite")
    assert site["spec"]["chaos"] == {"allowed": "Always"}
    assert site["spec"]["http"]["serviceRef"] == {"name": site["metadata"]["name"], "port": 80}
    assert not of_kind(rendered("--set", "demoSite.enabled=true"), "TargetSite")


def test_its_target_site_says_what_its_owner_says() -> None:
    own = "demoSite.targetSite.spec.chaos.allowed=Never,demoSite.targetSite.spec.probeSeconds=5"
    (site,) = of_kind(rendered(*ENABLED, "--set", own), "TargetSite")
    assert (site["spec"]["chaos"], site["spec"]["probeSeconds"]) == ({"allowed": "Never"}, 5)


def test_sites_may_be_reached_when_the_network_is_closed() -> None:
    rule = "networkPolicy.sitesTo[0].to[0].ipBlock.cidr=10.1.2.0/24"
    policies = of_kind(rendered("--set", f"networkPolicy.enabled=true,{rule}"), "NetworkPolicy")
    (operator,) = (one["spec"] for one in policies if one["metadata"]["name"].endswith("-operator"))
    (gateway,) = (one["spec"] for one in policies if one["metadata"]["name"].endswith("-gateway"))
    assert {"to": [{"ipBlock": {"cidr": "10.1.2.0/24"}}]} in operator["egress"]
    assert len(gateway["egress"]) == 1


def test_its_pods_meet_pod_security_restricted() -> None:
    sets = [
        one for one in of_kind(rendered(*ENABLED), "Deployment", "StatefulSet") if "demo" in one["metadata"]["name"]
    ]
    assert len(sets) == 4
    for one in sets:
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["automountServiceAccountToken"]
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_disk_that_fills_up_is_memory_of_a_bounded_size() -> None:
    (api,) = (one for one in of_kind(rendered(*ENABLED), "Deployment") if one["metadata"]["name"] == "praetor-demo-api")
    volumes = {one["name"]: one for one in api["spec"]["template"]["spec"]["volumes"]}
    assert volumes["journal"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "16Mi"}


def test_the_compose_file_has_the_same_parts() -> None:
    composed = yaml.safe_load((ROOT / "manifests" / "demo-site.compose.yaml").read_text())
    assert set(composed["services"]) == {"site", "frontend", "api", "postgres"}
    told = [one for one in composed["services"]["site"]["command"] if one.startswith("--part=")]
    assert told == [f"--part={name}=http://{name}:7070" for name in ("frontend", "api", "postgres")]
