"""The settings of a service that `update_config` may set: where each stands, and what it is now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from praetor.resources.kubernetes_site import ConfigSetting
from praetor.substrates.cluster.templates import annotations_of, container_named
from praetor.substrates.cluster.times import seconds_ago
from praetor.substrates.cluster.workloads import Workload
from simcore.observation import ConfigChange
from simcore.protocols import Manifest

CPU_LIMIT = "cpu.limit"
"""The main container's: a setting of every workload."""
NOT_SET = "none"
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ConfigMaps = Mapping[str, Manifest]
"""Those that settings name, by name, as far as they are there and may be read."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as it is; `text` is None where it is not set, or stands where we cannot read it."""

    setting: ConfigSetting
    text: str | None


def settings_of(settings: Sequence[ConfigSetting], service: str) -> list[ConfigSetting]:
    return [one for one in settings if one.service == service]


def values_of(settings: Sequence[ConfigSetting], workload: Workload, config_maps: ConfigMaps) -> list[Value]:
    own = settings_of(settings, workload.name)
    return [Value(one, value_of(one, workload.template, config_maps)) for one in own]


def value_of(setting: ConfigSetting, template: Manifest, config_maps: ConfigMaps) -> str | None:
    if setting.config_map is not None:
        found = config_maps.get(setting.config_map.name)
        return None if found is None else (found.get("data") or {}).get(setting.config_map.key)
    assert setting.env is not None
    variable = variable_of(template, setting.env.container, setting.env.name)
    return None if variable is None or "valueFrom" in variable else variable.get("value", "")


def variable_of(template: Manifest, container: str | None, name: str) -> dict[str, Any] | None:
    found = container_named(template, container)
    return next((one for one in (found or {}).get("env") or () if one["name"] == name), None)


def changes_of_maps(
    settings: Sequence[ConfigSetting], service: str, config_maps: ConfigMaps, now: datetime
) -> list[ConfigChange]:
    """Settings that are not as they were applied: what was applied is in the object, who changed it since, too."""
    found = []
    for one in settings_of(settings, service):
        if one.config_map is None or one.config_map.name not in config_maps:
            continue
        manifest, key = config_maps[one.config_map.name], one.config_map.key
        old, new = _applied(manifest).get(key), (manifest.get("data") or {}).get(key)
        if old is not None and new is not None and old != new:
            found.append(ConfigChange(one.key, old, new, _set_seconds_ago(manifest, key, now)))
    return found


def _applied(manifest: Manifest) -> dict[str, str]:
    try:
        return dict(loads(annotations_of(manifest).get(_APPLIED, "{}")).get("data") or {})
    except (ValueError, AttributeError):
        return {}


def _set_seconds_ago(manifest: Manifest, key: str, now: datetime) -> float:
    """When the manager that owns the key wrote last; without one, when the object was made."""
    owners = [
        one.get("time")
        for one in manifest["metadata"].get("managedFields") or ()
        if f"f:{key}" in ((one.get("fieldsV1") or {}).get("f:data") or {})
    ]
    newest = max((time for time in owners if time), default=manifest["metadata"].get("creationTimestamp"))
    return seconds_ago(newest, now) or 0.0
