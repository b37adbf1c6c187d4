"""What people see: runs as JSON and as pages, reports, traces, and events as they happen."""

import json

import pytest

from praetor.console.live import KEPT_RUNS, LiveTraces
from praetor.resources.conditions import RUN_CONDITIONS
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope
from tests.support.alert_bodies import captured
from tests.support.gateway import JSON, WEBHOOK, gateway_client

NOW = "2026-11-23T12:00:00Z"
TRACE = [
    {"run_uid": "u", "seq": 0, "kind": "reset", "data": {"substrate": "Simulator"}},
    {"run_uid": "u", "seq": 1, "kind": "decision", "sim_seconds": 75.0,
     "decision": {"reason": "the log says <b>why</b>", "action": {}}},
    {"run_uid": "u", "seq": 2, "kind": "effect", "reward": 0.11, "sim_seconds": 80.0,
     "action": {"action_type": "restart_service", "target_service": "payment-service",
                "parameters": {"memory_limit": "1024Mi"}}},
]  # fmt: skip
RESULT = {
    "resolved": True, "mitigated": True, "diagnosed": True, "score": 0.79, "steps": 1, "userMinutesLost": 12.0,
    "simSeconds": 300.0, "breakdown": {"r_format": 0.04},
    "causes": [{"service": "payment-service", "mechanism": "heap_oom", "mechanismClass": "memory"}],
}  # fmt: skip


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path / "data")
    yield directory
    directory.close()


async def alert_run(store, body="oom_crash_firing"):
    async with gateway_client(store) as client:
        answer = await client.post(WEBHOOK, content=captured(body), headers=JSON)
    return await store.get("IncidentRun", "praetor", answer.json()["runs"][0]["name"])


async def finished_run(store):
    run = await alert_run(store)
    complete = {"Complete", "Succeeded"}
    conditions = [
        {"type": one, "status": "True" if one in complete else "False", "reason": "EpisodeEnded",
         "lastTransitionTime": NOW} for one in RUN_CONDITIONS
    ]  # fmt: skip
    status = run["status"] | {"conditions": conditions, "phase": "Complete", "substrate": "Simulator", "result": RESULT}
    run = await store.update_status(run | {"status": status})
    await store.put_artifact(run, "trace.jsonl", "".join(f"{json.dumps(one)}\n" for one in TRACE).encode())
    await store.put_artifact(run, "postmortem.md", b"# Post-mortem\n\n<script>alert(1)</script> *fine*\n")
    return run


async def test_runs_as_json(store):
    run = await finished_run(store)
    name = run["metadata"]["name"]
    async with gateway_client(store) as client:
        assert (await client.get("/runs")).json() == {"items": [run]}
        assert (await client.get(f"/runs/{name}")).json() == run
        assert (await client.get(f"/runs/{name}?namespace=elsewhere")).status_code == 404
        report = await client.get(f"/runs/{name}/postmortem")
        trace = await client.get(f"/runs/{name}/trace")
    assert report.headers["content-type"] == "text/markdown; charset=utf-8"
    assert report.text.startswith("# Post-mortem")
    assert [json.loads(line) for line in trace.text.splitlines()] == TRACE


async def test_a_report_that_is_not_there_yet_says_when_it_will_be(store):
    run = await alert_run(store)
    async with gateway_client(store) as client:
        answer = await client.get(f"/runs/{run['metadata']['name']}/postmortem")
    assert answer.status_code == 404
    assert "stored when the run ends" in answer.json()["error"]["message"]


async def test_a_server_of_some_namespaces_shows_no_others(store):
    await alert_run(store)
    async with gateway_client(store, scope=Scope("shop", ("shop", "stock"))) as client:
        assert (await client.get("/runs")).json() == {"items": []}
        assert (await client.get("/runs?namespace=praetor")).status_code == 404


async def test_the_first_page_lists_runs_and_begins_with_what_they_are(store):
    await finished_run(store)
    async with gateway_client(store) as client:
        page = (await client.get("/")).text
    main = page[page.index("<main") :]
    assert main.index("Rehearsals in the simulator") < main.index("OutOfMemoryError on payment-service")
    assert "payment-service / heap_oom" in page


async def test_the_page_of_a_run_shows_steps_reasons_rewards_and_report(store):
    run = await finished_run(store)
    async with gateway_client(store) as client:
        page = (await client.get(f"/console/praetor/{run['metadata']['name']}")).text
    main = page[page.index("<main") :]
    assert main.index("Rehearsal in the simulator") < main.index("<h1>")
    for shown in ("restart service", "memory_limit 1024Mi", "+0.110", "1:15", "<em>fine</em>", "Succeeded"):
        assert shown in main


async def test_text_of_others_is_never_markup(store):
    hostile = await alert_run(store, "27_hostile_content")
    finished = await finished_run(store)
    async with gateway_client(store) as client:
        pages = [(await client.get(f"/console/praetor/{run['metadata']['name']}")) for run in (hostile, finished)]
        pages.append(await client.get("/"))
    for page in pages:
        assert page.status_code == 200
        assert _found(page.text) == []
        policy = page.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy
    assert "&lt;img src=x onerror=alert(1)&gt;" in pages[0].text


def _found(text):
    return [bad for bad in ("<script>alert", "<img src=x", "<b>why", "javascript:alert", "\u202e") if bad in text]


async def test_watching_a_finished_run_replays_its_trace(store):
    run = await finished_run(store)
    async with gateway_client(store) as client:
        whole = (await client.get(f"/watch/{run['metadata']['name']}")).text
        rest = (await client.get(f"/watch/{run['metadata']['name']}", headers={"Last-Event-ID": "1"})).text
    frames = whole.strip().split("\n\n")
    assert [frame.splitlines()[0] for frame in frames] == ["id: 0", "id: 1", "id: 2", "event: end"]
    assert json.loads(frames[-1].splitlines()[1][6:])["phase"] == "Complete"
    assert [frame.splitlines()[0] for frame in rest.strip().split("\n\n")] == ["id: 2", "event: end"]


async def test_watching_a_run_tells_what_happens_as_it_happens(store):
    run, live = await alert_run(store), LiveTraces()
    for event in TRACE:
        live.publish(event | {"run_uid": run["metadata"]["uid"]})
    ended = {"type": "Complete", "status": "True", "reason": "EpisodeEnded", "lastTransitionTime": NOW}
    await store.update_status(run | {"status": run["status"] | {"conditions": [ended]}})
    async with gateway_client(store, live=live) as client:
        text = (await client.get(f"/watch/{run['metadata']['name']}")).text
    assert text.count("event: trace") == 3
    assert text.rstrip().split("\n")[-2] == "event: end"


def test_live_traces_are_bounded_and_begin_again_with_the_run():
    live = LiveTraces()
    for number in range(KEPT_RUNS + 10):
        live.publish({"run_uid": f"run-{number}", "seq": 0})
    assert live.after("run-0", -1) == []
    live.publish({"run_uid": "again", "seq": 0})
    live.publish({"run_uid": "again", "seq": 1})
    live.publish({"run_uid": "again", "seq": 0})
    assert [event["seq"] for event in live.after("again", -1)] == [0]
