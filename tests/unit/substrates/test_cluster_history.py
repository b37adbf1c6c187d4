"""The history of a workload: which revisions are one release, how old it is, and what was changed with it."""

import pytest

from praetor.substrates.cluster import payloads
from praetor.substrates.cluster.templates import LAST_CHANGE, RESTARTED_AT, tag_of
from simcore.observation import ConfigChange, Deploy
from tests.support.cluster_objects import (
    config_map,
    container,
    deployment,
    looked_at,
    pod,
    replica_set,
    setting,
    template,
)  # fmt: skip

V1, V2 = container("shop/api:v1"), container("shop/api:v2")
MODE = setting("mode", configMap={"name": "settings", "key": "MODE"})
SIZE = setting("size", env={"name": "SIZE"})


def marked(one, **annotations):
    found = template(one)
    found["metadata"]["annotations"] = annotations
    return found


def detail(*templates, settings=(), maps=(), pods=(), ages=(5000, 900, 100)):
    sets = [
        replica_set(n, pod=one, age=age) for n, (one, age) in enumerate(zip(templates, ages, strict=False), start=1)
    ]
    found = looked_at(
        deployments=[deployment(pod=templates[-1])], replica_sets=sets, pods=pods, settings=settings, maps=maps
    )
    return payloads.service_detail(found, "api", None)


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("api", "latest"), ("shop/api:v1.2", "v1.2"), ("host:5000/shop/api", "latest"),
        ("shop/api@sha256:0123456789abcdef0123", "0123456789ab"),
        ("shop/api:v1@sha256:0123456789abcdef", "0123456789ab"),
    ],
)  # fmt: skip
def test_a_version_has_the_tag_of_its_image(image, tag):
    assert tag_of(image) == tag


def test_the_releases_are_told_oldest_first_with_their_ages():
    assert detail(template(V1), template(V2)).rollouts == (Deploy("r1:v1", 5000), Deploy("r2:v2", 900))


def test_a_restart_is_no_release():
    """It is named by its newest revision, and as old as its first."""
    restarted = {RESTARTED_AT: "2026-01-31T11:00:00Z"}
    assert detail(template(V1), template(V2), marked(V2, **restarted)).rollouts[-1] == Deploy("r3:v2", 900)


def test_a_limit_that_praetor_set_is_no_release_and_one_that_somebody_set_is():
    small, large = container("shop/api:v1", memory="32Mi"), container("shop/api:v1", memory="64Mi")
    by_us = {LAST_CHANGE: "uid/1/4", RESTARTED_AT: "2026-01-31T11:00:00Z"}
    assert [one.version for one in detail(template(V1), template(small)).rollouts] == ["r1:v1", "r2:v1"]
    assert [one.version for one in detail(template(small), marked(large, **by_us)).rollouts] == ["r2:v1"]


def test_an_image_that_comes_after_praetors_restart_is_a_release_although_it_carries_the_mark():
    by_us = {LAST_CHANGE: "uid/1/4"}
    found = detail(template(V1), marked(V1, **by_us), marked(V2, **by_us))
    assert [one.version for one in found.rollouts] == ["r2:v1", "r3:v2"]


def test_a_replica_set_that_is_used_again_is_as_old_as_its_pods():
    sets = [replica_set(2, pod=template(V2), age=900), replica_set(3, pod=template(V1), age=5000, revision_history="1")]
    sets[1]["metadata"]["uid"] = "uid-api-h1"
    found = looked_at(deployments=[deployment(pod=template(V1))], replica_sets=sets, pods=[pod(age=40)])
    assert payloads.service_detail(found, "api", None).rollouts == (Deploy("r2:v2", 900), Deploy("r3:v1", 40))


def test_a_template_that_was_just_set_is_the_next_revision():
    found = looked_at(deployments=[deployment(pod=template(V2))], replica_sets=[replica_set(4, pod=template(V1))])
    assert found.workloads["api"].version == "r5:v2"


def test_what_was_changed_with_a_release_is_told_under_the_names_that_actions_use():
    before = container(
        "shop/api:v1", memory="128Mi", env=[{"name": "SIZE", "value": "9"}, {"name": "API_TOKEN", "value": "a"}]
    )
    after = container(
        "shop/api:v1", memory="32Mi", env=[{"name": "SIZE", "value": "1"}, {"name": "API_TOKEN", "value": "b"}]
    )
    assert detail(template(before), template(after), settings=(SIZE,)).config_changes == (
        ConfigChange("size", "9", "1", 900),
        ConfigChange("env.API_TOKEN", "[redacted]", "[redacted]", 900),
        ConfigChange("memory.limit", "128Mi", "32Mi", 900),
    )


def test_a_config_map_that_is_not_as_it_was_applied_tells_what_was_and_since_when():
    stored = config_map(applied='{"data": {"MODE": "good"}}', MODE="evil")
    fields = {"fieldsV1": {"f:data": {"f:MODE": {}}}, "time": "2026-01-31T11:59:00Z", "manager": "somebody"}
    stored["metadata"]["managedFields"] = [fields]
    found = detail(template(V1), settings=(MODE,), maps=(stored,))
    assert found.config_changes == (ConfigChange("mode", "good", "evil", 60),)
    assert found.config == (("mode", "evil"),)
