"""The objects of an environment, and the settings that they are made of."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.openenv.provider import manifests
from praetor.openenv.provider.manifests import INSTANCE, Names
from praetor.openenv.provider.settings import PodSettings, Wanted

NAMES = Names("openenv-echo-1", "here", "openenv-holder-1", "uid-1", 1_800_000_000)


def container(**options: Any) -> dict[str, Any]:
    wanted = Wanted("echo:1", settings=PodSettings().but(options))
    found: dict[str, Any] = manifests.pod(NAMES, wanted)["spec"]["containers"][0]
    return found


@given(st.text(max_size=300))
def test_any_image_gives_a_name_that_a_service_may_have(image: str) -> None:
    name = manifests.new_name(image)
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)
    assert len(name) <= 63


def test_two_environments_of_one_image_have_two_names() -> None:
    assert manifests.new_name("registry:5000/a/Echo_Env:1") != manifests.new_name("registry:5000/a/Echo_Env:1")
    assert manifests.new_name("registry:5000/a/Echo_Env:1").startswith("openenv-echo-env-")


def test_all_objects_belong_to_the_lease_and_carry_their_end() -> None:
    wanted = Wanted("echo:1", token_variable="TOKEN")
    made = [manifests.pod(NAMES, wanted), manifests.service(NAMES, wanted), manifests.secret(NAMES, wanted, "t")]
    for each in made:
        assert each["metadata"]["ownerReferences"][0]["uid"] == "uid-1"
        assert each["metadata"]["labels"]["openenv.praetor.dev/expires"] == "1800000000"


def test_the_service_selects_its_own_pod_whatever_labels_are_asked_for() -> None:
    wanted = Wanted("echo:1", settings=PodSettings(labels={INSTANCE: "another", "team": "a"}))
    labels = manifests.pod(NAMES, wanted)["metadata"]["labels"]
    assert manifests.service(NAMES, wanted)["spec"]["selector"].items() <= labels.items()
    assert labels["team"] == "a"


def test_a_token_is_in_the_secret_only() -> None:
    wanted = Wanted("echo:1", token_variable="TOKEN")
    environment = manifests.pod(NAMES, wanted)["spec"]["containers"][0]["env"]
    source = {"secretKeyRef": {"name": NAMES.name, "key": "token"}}
    assert {"name": "TOKEN", "valueFrom": source} in environment


def test_a_secret_of_the_namespace_becomes_a_variable() -> None:
    environment = container(secret_env={"HF_TOKEN": "hub/key"})["env"]
    source = {"secretKeyRef": {"name": "hub", "key": "key"}}
    assert {"name": "HF_TOKEN", "valueFrom": source} in environment


def test_the_image_keeps_its_command_unless_another_is_given() -> None:
    assert not {"command", "args", "imagePullPolicy"} & set(container())
    assert container(command=["python3"], args=[])["command"] == ["python3"]
    assert container(args=[])["args"] == []


def test_an_unknown_option_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown option memory; there are .*memory_limit"):
        PodSettings().but({"memory": "1Gi"})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user_id": 0}, "do not run as root"),
        ({"command": "python3 -m server"}, "a list of texts"),
        ({"secret_env": {"A": "secret"}}, "expected SECRET/KEY"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PodSettings().but(options)
