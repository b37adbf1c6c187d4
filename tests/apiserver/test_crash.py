"""An operator killed at any moment: the next one brings the run to the same end, never twice, never lost.

Each operator is killed with SIGKILL right before or right after one of the changes that it makes for a run,
while a second one waits for the Lease; so each of them is first the survivor of one crash and then the
victim of the next. Nobody waits until the Lease of the dead has run out: it is taken from them.
"""

import base64
import gzip
import hashlib
import json
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from simcore.trace import broken_links
from tests.controlplane.server import ControlPlane
from tests.support.operators import LONG_LEASE, LONGEST_SECONDS, Cluster, Operator, run_manifest, running, until

pytestmark = pytest.mark.waits(200)
SPEC = {"policy": {"name": "playbook"}, "seed": 3}
UNDISTURBED = "undisturbed"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.mark.timeout(3600)  # for hangs: an operator begins for each of its changes, twice
def test_a_run_ends_the_same_wherever_its_operator_is_killed(
    crds_installed: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    cluster = Cluster(crds_installed, namespace)
    with running(cluster.server, cluster.namespace, tmp_path / "first") as operator:
        expected = undisturbed(cluster)
        effects = effects_of(operator, UNDISTURBED)
    assert effects > 0
    crashes = [(moment, number) for number in range(1, effects + 1) for moment in ("before", "after")]
    with ExitStack() as stack:
        victim = stack.enter_context(doomed(cluster, tmp_path, crashes[0]))
        until(lambda: leads(cluster, victim), LONGEST_SECONDS, victim.tail)
        survivor = stack.enter_context(doomed(cluster, tmp_path, crashes[1]))
        for crash, after_next in zip(crashes, [*crashes[2:], None, None], strict=True):
            victim.wait_ready()
            survivor.wait_ready()
            cluster.apply(run_manifest(name_of(crash), **SPEC))
            assert victim.process.wait(LONGEST_SECONDS) == -signal.SIGKILL, victim.tail()
            write_holder(cluster, "")
            until(lambda leader=survivor: leads(cluster, leader), LONGEST_SECONDS, survivor.tail)
            victim, survivor = survivor, stack.enter_context(doomed(cluster, tmp_path, after_next))
            cluster.wait("condition=Complete", name_of(crash))
            assert final_objects(cluster, name_of(crash)) == expected, f"killed {crash}\n{victim.tail()}"


def undisturbed(cluster: Cluster) -> dict[str, Any]:
    cluster.apply(run_manifest(UNDISTURBED, **SPEC))
    cluster.wait("condition=Complete", UNDISTURBED)
    return final_objects(cluster, UNDISTURBED)


def effects_of(operator: Operator, name: str) -> int:
    """How many changes the operator says that it made for a run."""
    numbers = [int(found) for found in re.findall(rf"/{name}: effect (\d+):", operator.log.read_text())]
    assert numbers == list(range(1, len(numbers) + 1))
    return len(numbers)


def name_of(crash: tuple[str, int]) -> str:
    return f"killed-{crash[0]}-{crash[1]}"


@contextmanager
def doomed(cluster: Cluster, logs: Path, crash: tuple[str, int] | None) -> Iterator[Operator]:
    """Begun, not waited for: it gets ready while others work. None: nothing happens to it."""
    name = name_of(crash) if crash else f"unharmed-{len(list(logs.iterdir()))}"
    point = {"PRAETOR_TEST_CRASH": f"{crash[0]}:{crash[1]}@{name}"} if crash else {}
    operator = Operator(cluster.server, cluster.namespace, logs / name, **LONG_LEASE, **point)
    try:
        yield operator
    finally:
        operator.stop()


def leads(cluster: Cluster, operator: Operator) -> bool:
    if not cluster.exists("lease", "praetor-operator"):
        return False
    holder = cluster.get("lease", "praetor-operator")["spec"].get("holderIdentity") or ""
    return f"_{operator.process.pid}_" in holder


def final_objects(cluster: Cluster, name: str) -> dict[str, Any]:
    """All that is left of a run, without what must differ: its name, uids, times, versions, hashes."""
    run = cluster.get("irun", name)
    maps = cluster.server.kubectl_json(
        *("-n", cluster.namespace, "get", "configmaps"),
        *("-l", f"praetor.dev/run-uid={run['metadata']['uid']}"),
    )
    check_trace_ref(run, maps["items"])
    found = {
        "status": run["status"],
        "configMaps": sorted((content_of(one) for one in maps["items"]), key=lambda one: one["name"]),
        "events": sorted((event_of(one) for one in cluster.events(name)), key=lambda one: one["reason"]),
    }
    return json.loads(anonymous(json.dumps(found, sort_keys=True), run))


def anonymous(text: str, run: dict[str, Any]) -> str:
    for known, hidden in ((run["metadata"]["uid"], "UID"), (run["metadata"]["name"], "RUN")):
        text = text.replace(known, hidden)
    return _SHA256.sub("SHA256", _TIME.sub("TIME", text))


def content_of(config_map: dict[str, Any]) -> dict[str, Any]:
    text = {name: unpacked(packed) for name, packed in config_map.get("binaryData", {}).items()}
    return {
        "name": config_map["metadata"]["name"],
        "immutable": config_map["immutable"],
        "owners": [owner["uid"] for owner in config_map["metadata"]["ownerReferences"]],
        "text": config_map.get("data", {}) | text,
    }


def unpacked(packed: str) -> str:
    return gzip.decompress(base64.b64decode(packed)).decode()


def event_of(event: dict[str, Any]) -> dict[str, Any]:
    regarding = event["involvedObject"]
    about = {key: regarding[key] for key in ("kind", "name", "uid")}
    return {key: event[key] for key in ("reason", "message", "type", "count")} | {"regarding": about}


def check_trace_ref(run: dict[str, Any], config_maps: list[dict[str, Any]]) -> None:
    """What a hash must be cannot be seen after hashes are hidden: it is checked before."""
    reference = run["status"]["traceRef"]
    trace = next(one for one in config_maps if one["metadata"]["name"] == reference["name"])
    text = unpacked(trace["binaryData"]["trace.jsonl.gz"])
    assert hashlib.sha256(text.encode()).hexdigest() == reference["sha256"]
    assert broken_links(text.splitlines()) == []


def test_a_standby_does_nothing_while_another_leads(
    crds_installed: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    cluster = Cluster(crds_installed, namespace)
    with (
        running(crds_installed, namespace, tmp_path / "leader") as leader,
        running(crds_installed, namespace, tmp_path / "standby") as standby,
    ):
        cluster.apply(run_manifest("one", **SPEC))
        cluster.wait("condition=Complete", "one")
        until(lambda: effects_of(leader, "one") > 0, LONGEST_SECONDS, leader.tail)
        assert effects_of(standby, "one") == 0


def test_an_operator_whose_lease_was_taken_ends_and_says_so(
    crds_installed: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    cluster = Cluster(crds_installed, namespace)
    with running(crds_installed, namespace, tmp_path / "log") as operator:
        until(lambda: leads(cluster, operator), LONGEST_SECONDS, operator.tail)
        until(lambda: usurped(cluster, operator), LONGEST_SECONDS, operator.tail)
        assert operator.process.wait(LONGEST_SECONDS) == 1, operator.tail()
        assert "the Lease was lost" in operator.tail()


def usurped(cluster: Cluster, operator: Operator) -> bool:
    """Another writes itself into the Lease; its holder may renew at the same moment and win, so more than once."""
    write_holder(cluster, "usurper", leaseDurationSeconds=3600)
    return operator.process.poll() is not None


def write_holder(cluster: Cluster, identity: str, **more: Any) -> None:
    written = json.dumps({"spec": {"holderIdentity": identity} | more})
    cluster.kubectl("patch", "lease", "praetor-operator", "--type=merge", "-p", written, check=False)
