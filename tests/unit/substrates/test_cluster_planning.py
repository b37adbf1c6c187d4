"""What a change of a workload comes to, before anything is changed: patches, what undoes them, and refusals."""

import pytest

from praetor.substrates.cluster.errors import RefusedChangeError
from praetor.substrates.cluster.planning import planned
from praetor.substrates.cluster.templates import LAST_CHANGE, RESTARTED_AT
from simcore.actions import parse_action
from tests.support.cluster_objects import (
    autoscaler,
    budget,
    config_map,
    container,
    deployment,
    looked_at,
    replica_set,
    setting,
    stateful_set,
    template,
)  # fmt: skip
from tests.support.playing import do

OLD, NEW = template(container("shop/api:v1")), template(container("shop/api:v2", memory="32Mi"))
TWO_RELEASES = {
    "deployments": [deployment(pod=NEW)],
    "replica_sets": [replica_set(1, pod=OLD, age=5000), replica_set(2, pod=NEW, age=100)],
}
MODE = setting("mode", configMap={"name": "settings", "key": "MODE"})
SIZE = setting("size", env={"name": "SIZE"})


def plan(found, kind, service="api", change_key="uid/1/1", **parameters):
    return planned(found, parse_action(do(kind, service, **parameters)), change_key)


def refusal(found, kind, service="api", **parameters):
    with pytest.raises(RefusedChangeError) as told:
        plan(found, kind, service, **parameters)
    return str(told.value)


# starting anew ------------------------------------------------------------------------------------------------------
def test_a_restart_is_what_kubectl_makes_it_under_the_key_and_the_version_that_was_seen():
    (patch,) = plan(looked_at(**TWO_RELEASES), "restart_service").patches
    assert patch.body["metadata"] == {"resourceVersion": "7", "annotations": {LAST_CHANGE: "uid/1/1"}}
    assert patch.body["spec"]["template"]["metadata"]["annotations"].keys() == {RESTARTED_AT, LAST_CHANGE}
    assert patch.undo["spec"]["template"]["metadata"]["annotations"] == {RESTARTED_AT: None, LAST_CHANGE: None}


@pytest.mark.parametrize(
    ("resources", "new", "old"),
    [
        ({"limits": {"memory": "32Mi"}}, {"limits": {"memory": "64Mi"}}, {"limits": {"memory": "32Mi"}}),
        (
            {"limits": {"memory": "32Mi"}, "requests": {"memory": "32Mi"}},
            {"limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"}},
            {"limits": {"memory": "32Mi"}, "requests": {"memory": "32Mi"}},
        ),
        (
            {"limits": {"memory": "256Mi"}, "requests": {"memory": "128Mi"}},
            {"limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"}},
            {"limits": {"memory": "256Mi"}, "requests": {"memory": "128Mi"}},
        ),
        ({}, {"limits": {"memory": "64Mi"}}, {"limits": {"memory": None}}),
    ],
    ids=["limit", "guaranteed", "request above the new limit", "none before"],
)
def test_a_new_memory_limit_keeps_requests_possible_and_knows_what_it_was(resources, new, old):
    found = looked_at(deployments=[deployment(pod=template(container(resources=resources)))])
    (patch,) = plan(found, "restart_service", memory_limit="64Mi").patches
    assert patch.body["spec"]["template"]["spec"]["containers"] == [{"name": "main", "resources": new}]
    assert patch.undo["spec"]["template"]["spec"]["containers"] == [{"name": "main", "resources": old}]


def test_the_container_that_is_meant_is_the_one_that_kubectl_means():
    side = {"name": "proxy", "image": "proxy:1"}
    found = looked_at(deployments=[deployment(pod=template(side, container()))])
    marked = template(side, container())
    marked["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "main"}
    chosen = looked_at(deployments=[deployment(pod=marked)])
    for seen, name in [(found, "proxy"), (chosen, "main")]:
        (patch,) = plan(seen, "restart_service", memory_limit="1Gi").patches
        assert patch.body["spec"]["template"]["spec"]["containers"][0]["name"] == name


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ({"deployments": [deployment(paused=True)]}, "is paused"),
        ({"stateful_sets": [stateful_set("api", updateStrategy={"type": "OnDelete"})]}, "OnDelete"),
    ],
)
@pytest.mark.parametrize("change", [("restart_service", {}), ("update_config", {"key": "size", "value": "3"})])
def test_a_rollout_that_would_wait_for_a_person_is_refused(objects, words, change):
    kind, parameters = change
    assert words in refusal(looked_at(settings=(SIZE,), **objects), kind, **parameters)


def test_the_limit_that_it_has_is_no_change():
    found = looked_at(deployments=[deployment()])
    assert "64Mi already" in refusal(found, "restart_service", memory_limit="65536Ki")


# how many -----------------------------------------------------------------------------------------------------------
def test_a_paused_deployment_can_be_scaled():
    (patch,) = plan(looked_at(deployments=[deployment(paused=True)]), "scale_service", replicas=3).patches
    assert (patch.body["spec"], patch.was, patch.undo["spec"]) == ({"replicas": 3}, {"replicas": 1}, {"replicas": 1})


def test_an_autoscaler_that_is_at_work_would_overrule_and_one_that_sleeps_takes_over():
    at_work = looked_at(deployments=[deployment(replicas=2)], autoscalers=[autoscaler()])
    assert "autoscaler api-hpa (2 to 6 replicas) sets its replicas" in refusal(at_work, "scale_service", replicas=4)
    away = [replica_set(1, desired_replicas="2")]
    asleep = looked_at(deployments=[deployment(replicas=0)], autoscalers=[autoscaler()], replica_sets=away)
    assert "takes over from there" in plan(asleep, "scale_service", replicas=2).message


def test_fewer_pods_than_a_disruption_budget_wants_are_refused():
    found = looked_at(deployments=[deployment(replicas=3)], disruption_budgets=[budget(least=2)])
    assert "wants at least 2 pods" in refusal(found, "scale_service", replicas=1)
    assert plan(found, "scale_service", replicas=2).patches


# an earlier version -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["r1:v1", "r1", "1", "v1"])
def test_a_version_is_named_by_revision_or_tag(version):
    (patch,) = plan(looked_at(**TWO_RELEASES), "rollback_deployment", to_version=version).patches
    assert patch.body["spec"]["template"] == {"$patch": "replace", **OLD}
    assert patch.undo == {"toRevision": 2, "command": "kubectl rollout undo deployments/api --to-revision=2"}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("r2:v2", "runs already; there are r1:v1"),
        ("v2", "runs already"),
        ("r7", "has no 'r7'; there are r1:v1"),
        ("v0.0.0", "has no 'v0.0.0'; there are r1:v1"),
    ],
)
def test_what_runs_and_what_does_not_exist_is_refused_with_what_does(version, words):
    assert words in refusal(looked_at(**TWO_RELEASES), "rollback_deployment", to_version=version)


def test_of_a_first_release_there_is_no_earlier_one():
    found = looked_at(deployments=[deployment()], replica_sets=[replica_set(1)])
    assert "there is no earlier one" in refusal(found, "rollback_deployment", to_version="v0")


def test_a_stateful_set_is_taken_back_to_a_controller_revision():
    def controller_revision(number, pod):
        owner = [{"uid": "uid-store", "controller": True}]
        data = {"spec": {"template": pod | {"$patch": "replace"}}}
        return {"metadata": {"name": f"store-{number}", "ownerReferences": owner}, "revision": number, "data": data}

    found = looked_at(
        stateful_sets=[stateful_set("store", pod=NEW)],
        controller_revisions=[controller_revision(1, OLD), controller_revision(2, NEW)],
    )
    assert found.workloads["store"].version == "r2:v2"
    (patch,) = plan(found, "rollback_deployment", "store", to_version="v1").patches
    assert patch.body["spec"]["template"] == {"$patch": "replace", **OLD}


def test_a_template_never_gets_into_the_undo_record_of_a_rollback():
    secret = template(container("shop/api:v2", env=[{"name": "API_TOKEN", "value": "hunter2"}]))
    found = looked_at(
        deployments=[deployment(pod=secret)], replica_sets=[replica_set(1, pod=OLD), replica_set(2, pod=secret)]
    )
    (patch,) = plan(found, "rollback_deployment", to_version="v1").patches
    assert "hunter2" not in str(patch.record("shop"))


# settings -----------------------------------------------------------------------------------------------------------
def with_map(**changes):
    stored = config_map(MODE="evil")
    stored["metadata"]["annotations"] = changes.pop("annotations", {})
    return looked_at(deployments=[deployment()], settings=(MODE, SIZE), maps=(stored | changes,))


def test_a_key_of_a_config_map_is_set_and_the_pods_are_replaced():
    stored, rolled = plan(with_map(), "update_config", key="mode", value="good").patches
    assert (stored.body["data"], stored.undo["data"], stored.kind) == ({"MODE": "good"}, {"MODE": "evil"}, "merge")
    assert RESTARTED_AT in rolled.body["spec"]["template"]["metadata"]["annotations"]


def test_a_change_that_was_cut_in_two_is_gone_on_with():
    half = with_map(annotations={LAST_CHANGE: "uid/1/1"}, data={"MODE": "good"})
    (rolled,) = plan(half, "update_config", key="mode", value="good").patches
    assert rolled.name == "api"


@pytest.mark.parametrize(
    ("key", "value", "changes", "words"),
    [
        ("PATH", "/", {}, "may not be set; spec.kubernetes.config of its TargetSite allows mode, size"),
        ("mode", "evil", {}, "is 'evil' already"),
        ("mode", "good", {"immutable": True}, "is immutable"),
    ],
)
def test_what_is_not_on_the_list_or_changes_nothing_is_refused(key, value, changes, words):
    assert words in refusal(with_map(**changes), "update_config", key=key, value=value)


def test_a_config_map_that_is_not_there_is_named():
    found = looked_at(deployments=[deployment()], settings=(MODE,))
    assert "no ConfigMap 'settings'" in refusal(found, "update_config", key="mode", value="good")


def test_a_variable_is_set_beside_the_others_and_its_undo_knows_whether_it_was_there():
    def undo_of(*env):
        found = looked_at(deployments=[deployment(pod=template(container(env=list(env))))], settings=(SIZE,))
        (patch,) = plan(found, "update_config", key="size", value="3").patches
        assert patch.body["spec"]["template"]["spec"]["containers"] == [
            {"name": "main", "env": [{"name": "SIZE", "value": "3"}]}
        ]
        return patch.undo["spec"]["template"]["spec"]["containers"][0]["env"]

    assert undo_of({"name": "SIZE", "value": "1"}) == [{"name": "SIZE", "value": "1"}]
    assert undo_of() == [{"name": "SIZE", "$patch": "delete"}]


def test_a_variable_that_comes_from_a_secret_is_not_set():
    taken = {"name": "SIZE", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    found = looked_at(deployments=[deployment(pod=template(container(env=[taken])))], settings=(SIZE,))
    assert "comes from elsewhere" in refusal(found, "update_config", key="size", value="3")


# the CPU limit ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("resources", "value", "new", "old"),
    [
        ({"limits": {"cpu": "10m"}}, "0.05", {"limits": {"cpu": "50m"}}, {"limits": {"cpu": "10m"}}),
        ({"limits": {"cpu": "10m"}}, "none", {"limits": {"cpu": None}}, {"limits": {"cpu": "10m"}}),
        ({}, "2", {"limits": {"cpu": "2000m"}}, {"limits": {"cpu": None}}),
        (
            {"limits": {"cpu": "10m"}, "requests": {"cpu": "10m"}},
            "50m",
            {"limits": {"cpu": "50m"}, "requests": {"cpu": "50m"}},
            {"limits": {"cpu": "10m"}, "requests": {"cpu": "10m"}},
        ),
    ],
    ids=["raised", "taken away", "new", "guaranteed"],
)
def test_the_cpu_limit_is_a_setting_of_every_workload(resources, value, new, old):
    found = looked_at(deployments=[deployment(pod=template(container(resources=resources)))])
    (patch,) = plan(found, "update_config", key="cpu.limit", value=value).patches
    assert patch.body["spec"]["template"]["spec"]["containers"] == [{"name": "main", "resources": new}]
    assert patch.undo["spec"]["template"]["spec"]["containers"] == [{"name": "main", "resources": old}]
    assert RESTARTED_AT in patch.body["spec"]["template"]["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("value", "words"),
    [("much", "not a quantity"), ("65", "outside 10m to 64000m, or none"), ("0.01", "is 10m already")],
)
def test_a_cpu_limit_that_is_none_and_one_that_it_has_are_refused(value, words):
    found = looked_at(deployments=[deployment(pod=template(container(resources={"limits": {"cpu": "10m"}})))])
    assert words in refusal(found, "update_config", key="cpu.limit", value=value)


def test_who_gives_the_name_of_the_cpu_limit_to_another_setting_means_that():
    workers = setting("cpu.limit", env={"name": "WORKERS"})
    found = looked_at(deployments=[deployment()], settings=(workers,))
    (patch,) = plan(found, "update_config", key="cpu.limit", value="4").patches
    assert "env" in patch.body["spec"]["template"]["spec"]["containers"][0]


# once ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("restart_service", {}), ("scale_service", {"replicas": 5}), ("update_config", {"key": "size", "value": "3"})],
)
def test_what_was_made_under_the_same_key_is_not_made_again(kind, parameters):
    made = deployment()
    made["metadata"]["annotations"] = {LAST_CHANGE: "uid/1/1"}
    found = looked_at(deployments=[made], settings=(SIZE,))
    assert plan(found, kind, **parameters).done
    assert not plan(found, kind, change_key="uid/1/2", **parameters).done
    assert not plan(found, kind, change_key="", **parameters).done
