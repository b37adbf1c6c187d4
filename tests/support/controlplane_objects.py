"""Good objects of the three kinds, and bad ones with the words that their refusal must have."""

import copy
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]
API_VERSION = "praetor.dev/v1alpha1"
ALERT = {
    "source": "alertmanager",
    "groupKey": "{}:{}",
    "title": "payment-service is down",
    "labels": {"service": "payment-service"},
}
SCENARIO_SPEC: Manifest = {
    "family": "oom_crash",
    "level": "easy",
    "description": "A service is killed for its memory.",
    "alert": {"titles": ["{service} restarts"], "description": "It restarts again and again."},
    "variants": [
        {
            "name": "heap",
            "mechanism": "heap_oom",
            "targets": ["payment-service"],
            "remedies": [[{"predicate": "MemoryCoversNeed"}]],
        }
    ],
}


RUN_DEFAULTS: Manifest = {
    "difficulty": 0.5,
    "policy": {"name": "playbook"},
    "target": {"simulator": {}},
    "mode": "Act",
    "approval": "Never",
    "approvalTimeoutSeconds": 3600,
    "backoffLimit": 3,
    "suspend": False,
}
"""What is filled into the spec of an IncidentRun, but for its scenario and its seed."""


def run(name: str = "a-run", **spec: Any) -> Manifest:
    return _object("IncidentRun", name, {"scenarioRef": {"name": "oom-crash"}} | spec)


def alert_run(name: str = "a-run", **alert: Any) -> Manifest:
    return _object("IncidentRun", name, {"alert": ALERT | alert})


def scenario(name: str = "a-scenario", **spec: Any) -> Manifest:
    return _object("IncidentScenario", name, copy.deepcopy(SCENARIO_SPEC) | spec)


def site(name: str = "a-site", **spec: Any) -> Manifest:
    return _object("TargetSite", name, spec)


def without(manifest: Manifest, field: str) -> Manifest:
    return manifest | {"spec": {name: value for name, value in manifest["spec"].items() if name != field}}


def _object(kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


@dataclass(frozen=True)
class Refusal:
    """An object that must not be stored, and what its author must be able to read."""

    title: str
    manifest: Manifest
    words: tuple[str, ...]


def _alert_without_title() -> Manifest:
    alert = {name: value for name, value in ALERT.items() if name != "title"}
    return _object("IncidentRun", "a-run", {"alert": alert})


def _variant(**changes: Any) -> Manifest:
    return SCENARIO_SPEC["variants"][0] | changes


REFUSALS = (
    Refusal("an unknown field", run(polcy={"name": "x"}), ("spec.polcy",)),
    Refusal("an unknown field deep inside", run(policy={"nmae": "x"}), ("spec.policy.nmae",)),
    Refusal("a field in another case", run(max_steps=3), ("spec.max_steps",)),
    Refusal("text for a number", run(seed="seven"), ("spec.seed", "integer")),
    Refusal("a number in quotes", run(seed="7"), ("spec.seed", "integer")),
    Refusal("a fraction for a whole number", run(maxSteps=1.5), ("spec.maxSteps", "integer")),
    Refusal("text for a truth value", run(suspend="yes"), ("spec.suspend", "boolean")),
    Refusal("a negative seed", run(seed=-1), ("spec.seed", "greater than or equal to 0")),
    Refusal("a seed of more than 31 bits", run(seed=2**31), ("spec.seed", "2147483647")),
    Refusal("a difficulty over 1", run(difficulty=1.5), ("spec.difficulty", "less than or equal to 1")),
    Refusal("no steps", run(maxSteps=0), ("spec.maxSteps", "greater than or equal to 1")),
    Refusal("too many steps", run(maxSteps=201), ("spec.maxSteps", "200")),
    Refusal("too many retries", run(backoffLimit=11), ("spec.backoffLimit", "10")),
    Refusal("no time at all", run(activeDeadlineSeconds=0), ("spec.activeDeadlineSeconds",)),
    Refusal("an unknown split", run(split="holdout"), ("spec.split", "train", "validation", "test")),
    Refusal("an unknown way to cancel", run(cancel="Later"), ("spec.cancel", "Graceful", "Now")),
    Refusal("scenario and alert", run(alert=ALERT), ("spec", "exactly one of scenarioRef and alert")),
    Refusal(
        "neither scenario nor alert",
        without(run(), "scenarioRef"),
        ("spec", "exactly one of scenarioRef and alert"),
    ),
    Refusal("an unknown kind of scenario", run(scenarioRef={"kind": "File", "name": "x"}), ("scenarioRef.kind",)),
    Refusal("a scenario without a name", run(scenarioRef={}), ("spec.scenarioRef.name", "equired")),
    Refusal("a scenario with a path", run(scenarioRef={"name": "../x"}), ("spec.scenarioRef.name",)),
    Refusal("an empty policy", run(policy={"name": ""}), ("spec.policy.name",)),
    Refusal("a model for who is none", run(policy={"name": "playbook", "model": "m"}), ("policy", "of the policy llm")),
    Refusal(
        "two places of a model",
        run(policy={"name": "llm", "model": "m", "endpoint": "https://a.example", "serviceRef": {"name": "b"}}),
        ("spec.policy", "exclude each other"),
    ),
    Refusal(
        "an endpoint without a model",
        run(policy={"name": "llm", "endpoint": "https://a.example"}),
        ("spec.policy", "needs the model's name"),
    ),
    Refusal(
        "dollars without prices",
        run(policy={"name": "llm", "budget": {"maxDollars": 1}}),
        ("spec.policy.budget", "maxDollars needs prices"),
    ),
    Refusal("an unknown mode", run(mode="Try"), ("spec.mode", "DryRun", "Suggest")),
    Refusal("an unknown level of approval", run(approval="Sometimes"), ("spec.approval", "RiskyActions")),
    Refusal(
        "a window without a schedule",
        site(guardrails={"maintenanceWindows": [{"schedule": "daily", "durationSeconds": 60}]}),
        ("spec.guardrails.maintenanceWindows", "schedule"),
    ),
    Refusal("no target", run(target={}), ("spec.target", "exactly one of simulator and siteRef")),
    Refusal(
        "two targets",
        run(target={"simulator": {}, "siteRef": {"name": "shop"}}),
        ("spec.target", "exactly one of simulator and siteRef"),
    ),
    Refusal("a long name", run("r" * 53), ("metadata", "name", "at most 52")),
    Refusal("an alert without a title", _alert_without_title(), ("spec.alert.title", "equired")),
    Refusal("a long title", alert_run(title="t" * 201), ("spec.alert.title", "200")),
    Refusal("a label that is a number", alert_run(labels={"port": 80}), ("spec.alert.labels.port", "string")),
    Refusal("a long label", alert_run(labels={"a": "b" * 201}), ("spec.alert.labels.a", "200")),
    Refusal("a long label name", alert_run(labels={"a" * 101: "b"}), ("spec.alert.labels", "100 characters")),
    Refusal("many labels", alert_run(labels={f"l{i}": "" for i in range(25)}), ("spec.alert.labels", "24")),
    Refusal("a time that is none", alert_run(startsAt="yesterday"), ("spec.alert.startsAt",)),
    Refusal("an unknown state of an alert", alert_run(status="pending"), ("spec.alert.status", "firing")),
    Refusal("a scenario without variants", scenario(variants=[]), ("spec.variants", "at least 1")),
    Refusal(
        "two variants of one name",
        scenario(variants=[_variant(), _variant(weight=2)]),
        ("spec.variants", "heap"),
    ),
    Refusal("an unknown topology", scenario(topology="Mall"), ("spec.topology", "Shop", "Any")),
    Refusal(
        "a setting that cannot be restored",
        scenario(variants=[_variant(remedies=[[{"predicate": "SettingRestored", "setting": "luck"}]])]),
        ("setting", "memory.limit"),
    ),
    Refusal("many faults at once too often", scenario(multiFaultShare=0.6), ("spec.multiFaultShare", "0.5")),
    Refusal("a long line of a log", scenario(logLines=["x" * 257]), ("spec.logLines", "256")),
    Refusal("too many lines of a log", scenario(logLines=["x"] * 21), ("spec.logLines", "20")),
    Refusal(
        "a rubric that asks for an unknown action",
        scenario(rubric=[{"description": "x", "requiredAction": "guess"}]),
        ("spec.rubric", "requiredAction", "read_logs"),
    ),
    Refusal(
        "an unknown predicate",
        scenario(variants=[_variant(remedies=[[{"predicate": "Luck"}]])]),
        ("predicate", "MemoryCoversNeed"),
    ),
    Refusal(
        "a parameter's name in another style",
        scenario(variants=[_variant(parameters={"Leak-Rate": {"low": 1, "high": 2}})]),
        ("parameters",),
    ),
    Refusal("text for a number in a scenario", scenario(noFaultShare="0.1"), ("spec.noFaultShare",)),
    Refusal("a scenario's field in another case", scenario(no_fault_share=0.1), ("spec.no_fault_share",)),
    Refusal("an unknown field of a scenario", scenario(anomaly="oom"), ("spec.anomaly",)),
    Refusal("a scenario with dots in its name", scenario("oom.crash"), ("metadata", "name", "dot")),
    Refusal("a long scenario name", scenario("s" * 64), ("metadata", "name", "63")),
    Refusal("a site that matches everything", site(match={"labels": {}}), ("spec.match.labels", "at least 1")),
    Refusal("an unknown field of a site", site(url="http://shop"), ("spec.url",)),
)
