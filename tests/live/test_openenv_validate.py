"""The library's validator on our package and on our running server.

Its runtime graders get a provider that starts `praetor openenv serve` on loopback; what needs Docker is said by name.
"""

import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from praetor.openenv import package
from tests.support.openenv_servers import Running, praetor_server, talk

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")
pytest.importorskip("openenv.validation", reason="this openenv has no validation package")

from openenv.cli._validation import validate_running_environment
from openenv.validation import Level, run_validation
from openenv.validation.parsers.openenv_yaml import OpenEnvYamlParser
from openenv.validation.providers import ExecResult
from openenv.validation.runtime.contracts import load_runtime_plan
from openenv.validation.types import ProviderCapability

ROOT = Path(__file__).parents[2]
NEEDS_DOCKER = {"runtime.network_policy": "network_policy"}
RUNTIME = {
    "runtime.startup",
    "runtime.reward_well_formed",
    "runtime.observation_schema",
    "runtime.state_contract",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with praetor_server() as running:
        yield running


@pytest.fixture(scope="module")
def packaged(tmp_path_factory) -> Path:
    """The package alone: the validator reads the whole of its folder, twice."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copy(ROOT / "openenv.yaml", folder)
    shutil.copytree(ROOT / package.FOLDER, folder / package.FOLDER)
    return folder


class OnLoopback:
    """Where no Docker is: it isolates nothing, and says so by its capabilities."""

    name = "loopback"
    capabilities = frozenset({ProviderCapability.IMAGE_BUILD})
    supported_network_modes = frozenset({"no-network"})

    def __init__(self, url: str) -> None:
        self.base_url = url

    def build(self, root, execution) -> str:
        assert (root / execution.dockerfile).is_file()
        return "sha256:" + "0" * 64

    def start(self, spec) -> "OnLoopback":
        assert httpx.get(f"{self.base_url}/health", trust_env=False, timeout=240).status_code == 200
        return self

    def inspect(self) -> dict:
        return {}

    def logs(self, max_bytes: int = 65536) -> str:
        return ""

    def exec(self, argv, timeout_s) -> ExecResult:
        raise NotImplementedError

    def stop(self) -> None:
        pass


def test_the_running_server_meets_every_criterion_of_the_validator(server):
    report = validate_running_environment(server.url, timeout_s=240)
    failed = [criterion for criterion in report["criteria"] if not criterion["passed"]]
    assert len(report["criteria"]) >= 6
    assert (report["passed"], failed) == (True, [])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of how its client connects
def test_every_grader_that_needs_no_docker_passes(server, packaged):
    report = run_validation(packaged, max_level=Level.SEMANTIC, provider=OnLoopback(server.url))
    said = {result.check_id: (result.status.value, " ".join(result.evidence)) for result in report.results}
    assert said["runtime.startup"][0] == "pass", said["runtime.startup"]
    unwritten = {name for name, (_, why) in said.items() if why == "grader not implemented in this build"}
    assert {name for name, (status, _) in said.items() if status == "pass"} == RUNTIME | {"static.manifest"}
    for name in said.keys() - unwritten - RUNTIME - {"static.manifest"}:
        assert said[name] == ("skip", f"missing provider capabilities: {NEEDS_DOCKER[name]}")
    assert report.verdict.value != "fail"


def test_the_whole_validator_in_docker(packaged):
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode:
        pytest.skip("no Docker daemon is here: the image cannot be built, nor its network measured")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".dockerignore"):
        shutil.copy(ROOT / name, packaged)
    for name in ("requirements", "simcore", "operator"):
        shutil.copytree(ROOT / name, packaged / name, ignore=shutil.ignore_patterns("__pycache__"))
    report = run_validation(packaged, max_level=Level.RUNTIME)
    assert not [result for result in report.results if result.status.value in ("fail", "error")]


@pytest.mark.parametrize("plan", [package.PROBE, package.ORACLE, package.EMPTY])
def test_every_plan_is_one_that_the_validator_reads(packaged, plan):
    execution = OpenEnvYamlParser().parse(packaged).execution
    assert load_runtime_plan(packaged, execution.model_copy(update={"probe_path": plan})).actions


def test_what_is_declared_is_what_is_served(server, packaged):
    """Graders that this build of the library names and does not have yet."""
    declared = OpenEnvYamlParser().parse(packaged).capabilities
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    tools = httpx.post(f"{server.url}/mcp", json=asked, trust_env=False, timeout=240).json()["result"]["tools"]
    assert {tool["name"] for tool in tools} == set(declared.declared_tools)
    for split, count in declared.declared_task_count.items():
        given = httpx.post(f"{server.url}/praetor/num_tasks", json={"split": split}, trust_env=False, timeout=240)
        assert given.json() == {"num_tasks": count}


def test_an_episode_is_the_same_to_the_byte_when_it_is_played_again(server, packaged):
    plan = load_runtime_plan(packaged, OpenEnvYamlParser().parse(packaged).execution)
    reset = plan.reset.options | {"seed": plan.reset.seed, "episode_id": plan.reset.episode_id}
    frames = [{"type": "reset", "data": reset}, *({"type": "step", "data": action} for action in plan.actions)]
    assert talk(server.ws, frames) == talk(server.ws, frames)


def test_the_oracles_script_earns_the_top_reward(server, packaged):
    script = packaged / OpenEnvYamlParser().parse(packaged).capabilities.oracle.location
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT}/operator"}
    done = subprocess.run([script, server.url], env=environment, capture_output=True, text=True, timeout=600)
    assert done.stdout == '{"reward": 0.79, "resolved": true}\n', done.stderr


def test_auto_env_finds_the_package_by_its_name(server, packaged):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, while it looks for packages
        from openenv.auto import AutoEnv

        name = OpenEnvYamlParser().parse(packaged).name
        client = AutoEnv.from_env(name, base_url=server.url, skip_install=True)
    with client.sync() as env:
        assert env.reset(seed=1).observation["kind"] == "alert"
