"""Which patches a change is: what is refused, and why, is decided here. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from praetor.substrates.cluster.errors import RefusedChangeError
from praetor.substrates.cluster.plan import Patch, Plan, patch_of, patch_of_map, was_made
from praetor.substrates.cluster.settings import CPU_LIMIT, NOT_SET, settings_of, value_of, variable_of
from praetor.substrates.cluster.sightings import Seen
from praetor.substrates.cluster.templates import (
    LAST_CHANGE,
    RESTARTED_AT,
    annotations_of,
    container_named,
    limit_of,
    main_container,
    request_of,
)
from praetor.substrates.cluster.usage import number
from praetor.substrates.cluster.versions import revision_named
from praetor.substrates.cluster.workloads import Workload
from simcore.actions import Action, RestartService, RollbackDeployment, ScaleService, UpdateConfig
from simcore.quantity import format_mebibytes, mebibytes
from simcore.settings import BY_NAME

_MADE_BEFORE = "made before, under the same key; it is not made twice"
_SHOWN_AS = {"memory": "memory", "cpu": "CPU"}


def planned(seen: Seen, action: Action, key: str) -> Plan:
    """Raises RefusedChangeError."""
    workload = seen.workloads[action.target_service or ""]
    match action:
        case UpdateConfig(parameters=given):
            return _config(seen, workload, given.key, given.value, key)
        case _ if was_made(workload.manifest, key):
            return Plan(_MADE_BEFORE)
        case RestartService(parameters=given):
            return _restart(workload, given.memory_limit, key, seen.now)
        case ScaleService(parameters=given):
            return _scale(workload, given.replicas, key)
        case RollbackDeployment(parameters=given):
            return _rollback(workload, given.to_version, key)
    raise AssertionError(f"{action.action_type} changes nothing")


# starting anew ------------------------------------------------------------------------------------------------------
def _restart(workload: Workload, memory_limit: str | None, key: str, now: datetime) -> Plan:
    _may_roll_out(workload, "restart")
    if not workload.desired:
        raise RefusedChangeError(f"{_named(workload)} has no pods to replace: scale it first")
    if memory_limit is None:
        return Plan(f"{_named(workload)}: its pods are replaced one after another", (_rollout(workload, key, now),))
    limit = format_mebibytes(mebibytes(memory_limit))
    was = limit_of(main_container(workload.template), "memory")
    if (old := number(was)) and old == number(limit):
        raise RefusedChangeError(f"{workload.name}: its memory limit is {was} already; a plain restart takes none")
    return _limited(workload, "memory", limit, key, now)


def _limited(workload: Workload, resource: str, limit: str | None, key: str, now: datetime) -> Plan:
    """The rollout that gives the main container this limit, or none."""
    container = main_container(workload.template)
    was, (new, before) = limit_of(container, resource), _resources(container, resource, limit)
    patch = _rollout(
        workload, key, now,
        {"name": container["name"], "resources": new}, {"name": container["name"], "resources": before},
        {f"{resource} limit": was},
    )  # fmt: skip
    told = f"now with a {_SHOWN_AS[resource]} limit of {limit or NOT_SET} (it was {was or NOT_SET})"
    return Plan(f"{_named(workload)}: its pods are replaced, {told}", (patch,))


def _resources(container: dict[str, Any], resource: str, limit: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """(new, old). A request that was the limit stays the limit, one above it comes down to it."""
    was, request = limit_of(container, resource), request_of(container, resource)
    new: dict[str, Any] = {"limits": {resource: limit}}
    old: dict[str, Any] = {"limits": {resource: was}}
    asked = number(request)
    if limit is not None and asked is not None and (asked == number(was) or asked > (number(limit) or 0.0)):
        new["requests"], old["requests"] = {resource: limit}, {resource: request}
    return new, old


def _rollout(
    workload: Workload,
    key: str,
    now: datetime,
    container: dict[str, Any] | None = None,
    container_before: dict[str, Any] | None = None,
    was: dict[str, Any] | None = None,
) -> Patch:
    """New pods, as `kubectl rollout restart` has them made, perhaps with another container."""
    before = annotations_of(workload.template)
    marks = {RESTARTED_AT: now.isoformat(timespec="seconds")} | ({LAST_CHANGE: key} if key else {})

    def spec(annotations: dict[str, str | None], one: dict[str, Any] | None) -> dict[str, Any]:
        template: dict[str, Any] = {"metadata": {"annotations": annotations}}
        return {"template": template | ({"spec": {"containers": [one]}} if one else {})}

    old: dict[str, str | None] = {name: before.get(name) for name in marks}
    return patch_of(
        workload, key, spec(dict(marks), container), {"revision": workload.running.number} | (was or {}),
        spec(old, container_before),
    )  # fmt: skip


def _may_roll_out(workload: Workload, what: str) -> None:
    if workload.spec.get("paused"):
        raise RefusedChangeError(
            f"{_named(workload)} is paused, so that a {what} would wait: resume it first (kubectl rollout resume)"
        )
    strategy = (workload.spec.get("updateStrategy") or {}).get("type")
    if strategy == "OnDelete":
        raise RefusedChangeError(
            f"{_named(workload)} has the update strategy OnDelete: a {what} would wait until somebody deletes its pods"
        )


# how many -----------------------------------------------------------------------------------------------------------
def _scale(workload: Workload, replicas: int, key: str) -> Plan:
    now = workload.desired
    if replicas == now:
        raise RefusedChangeError(f"{_named(workload)} has {now} replicas already")
    told = _of_autoscaler(workload, replicas)
    _of_budgets(workload, replicas)
    patch = patch_of(workload, key, {"replicas": replicas}, {"replicas": now}, {"replicas": now})
    return Plan(f"{_named(workload)}: {replicas} replicas are wanted ({now} before){told}", (patch,))


def _of_autoscaler(workload: Workload, replicas: int) -> str:
    """What to add to the receipt. One at zero is asleep, and takes over as soon as there is a pod."""
    if workload.autoscaler is None:
        return ""
    spec, name = workload.autoscaler["spec"], workload.autoscaler["metadata"]["name"]
    low, high = spec.get("minReplicas", 1), spec["maxReplicas"]
    bounds = f"the autoscaler {name} ({low} to {high} replicas)"
    if workload.desired or not replicas:
        raise RefusedChangeError(
            f"{_named(workload)}: {bounds} sets its replicas and would overrule this within seconds; its bounds or its "
            "target would have to change, which is not among the actions"
        )
    return f"; {bounds} takes over from there"


def _of_budgets(workload: Workload, replicas: int) -> None:
    for budget in workload.disruption_budgets:
        least = budget["spec"].get("minAvailable")
        if isinstance(least, int) and replicas < least and replicas < workload.desired:
            raise RefusedChangeError(
                f"{_named(workload)}: its PodDisruptionBudget {budget['metadata']['name']!r} wants at least {least} "
                f"pods at any time, and {replicas} would be fewer"
            )


# an earlier version -------------------------------------------------------------------------------------------------
def _rollback(workload: Workload, to_version: str, key: str) -> Plan:
    wanted = revision_named(workload, to_version)
    _may_roll_out(workload, "rollback")
    template = {"$patch": "replace", **wanted.template}
    patch = patch_of(workload, key, {"template": template}, {"revision": workload.running.number}, {})
    back = f"kubectl rollout undo {workload.resource.plural}/{workload.name} --to-revision={workload.running.number}"
    undo = {"toRevision": workload.running.number, "command": back}  # a template may hold what no trace may
    message = f"{_named(workload)}: {wanted.version} is rolled out over {workload.version}"
    return Plan(message, (replace(patch, undo=undo),))


# settings -----------------------------------------------------------------------------------------------------------
def _config(seen: Seen, workload: Workload, name: str, value: str, key: str) -> Plan:
    settings = settings_of(seen.settings, workload.name)
    setting = next((one for one in settings if one.key == name), None)
    _may_roll_out(workload, "change of a setting")
    if setting is None and name == CPU_LIMIT:
        return _cpu_limit(workload, value, key, seen.now)
    if setting is None:
        known = ", ".join(one.key for one in settings) or "none"
        raise RefusedChangeError(
            f"key: {name!r} of {workload.name} may not be set; spec.kubernetes.config of its TargetSite allows {known},"
            f" and {CPU_LIMIT} may always be set"
        )
    was = value_of(setting, workload.template, seen.config_maps)
    if setting.config_map is None:
        assert setting.env is not None
        return _variable(workload, setting.env.container, setting.env.name, value, was, key, seen.now)
    manifest = seen.config_maps.get(setting.config_map.name)
    if manifest is None:
        raise RefusedChangeError(f"key: there is no ConfigMap {setting.config_map.name!r}, or it may not be read")
    if manifest.get("immutable"):
        raise RefusedChangeError(f"key: ConfigMap {setting.config_map.name!r} is immutable")
    is_set = was_made(manifest, key)
    if was == value and not is_set:
        raise RefusedChangeError(f"{name} of {workload.name} is {value!r} already")
    patches = [] if is_set else [patch_of_map(manifest, setting, key, value)]
    if not was_made(workload.manifest, key):
        patches.append(_rollout(workload, key, seen.now))
    if not patches:
        return Plan(_MADE_BEFORE)
    return Plan(
        f"{name} of {workload.name} becomes {value!r} (it was {was!r}), and its pods are replaced", tuple(patches)
    )


def _cpu_limit(workload: Workload, value: str, key: str, now: datetime) -> Plan:
    """As a restart sets the memory limit; `none` takes it away."""
    if was_made(workload.manifest, key):
        return Plan(_MADE_BEFORE)
    limit, was = _cores(value), limit_of(main_container(workload.template), "cpu")
    if number(was) == number(limit):
        raise RefusedChangeError(f"{workload.name}: its CPU limit is {was or NOT_SET} already")
    return _limited(workload, "cpu", limit, key, now)


def _cores(value: str) -> str | None:
    """In thousandths of a core, as Kubernetes writes them; None for no limit."""
    if value == NOT_SET:
        return None
    try:
        return f"{round(1000 * BY_NAME[CPU_LIMIT].parse(value))}m"
    except ValueError as problem:
        raise RefusedChangeError(f"value: {problem}, or {NOT_SET}") from None


def _variable(
    workload: Workload, where: str | None, name: str, value: str, was: str | None, key: str, now: datetime
) -> Plan:
    container = container_named(workload.template, where)
    if container is None:
        raise RefusedChangeError(f"key: {workload.name} has no container {where!r}")
    if was_made(workload.manifest, key):
        return Plan(_MADE_BEFORE)
    if "valueFrom" in (variable_of(workload.template, where, name) or {}):
        raise RefusedChangeError(
            f"key: the variable {name} of {workload.name} comes from elsewhere, and is not set here"
        )
    if was == value:
        raise RefusedChangeError(f"{name} of {workload.name} is {value!r} already")
    new = {"name": container["name"], "env": [{"name": name, "value": value}]}
    gone = {"name": name, "$patch": "delete"} if was is None else {"name": name, "value": was}
    patch = _rollout(workload, key, now, new, {"name": container["name"], "env": [gone]}, {name: was})
    return Plan(f"{name} of {workload.name} becomes {value!r} (it was {was!r}), and its pods are replaced", (patch,))


def _named(workload: Workload) -> str:
    return f"{workload.kind} {workload.name}"
