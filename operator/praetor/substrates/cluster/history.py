"""What was changed of a service lately, as its revisions tell: limits and environment. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from praetor.guard.redaction import redacted_value
from praetor.resources.kubernetes_site import ConfigSetting
from praetor.substrates.cluster.revisions import Revision
from praetor.substrates.cluster.settings import NOT_SET, settings_of
from praetor.substrates.cluster.templates import limit_of, main_container, plain_env
from praetor.substrates.cluster.workloads import Workload
from simcore.observation import ConfigChange

_REMEMBERED_S = 86_400.0


def changes_of_template(workload: Workload, settings: Sequence[ConfigSetting], now: datetime) -> list[ConfigChange]:
    """Newest first."""
    known = {
        one.env.name: one.key for one in settings_of(settings, workload.name) if one.env and one.env.container is None
    }
    pairs = zip(workload.revisions, workload.revisions[1:], strict=False)
    found = [change for before, after in pairs for change in _between(before, after, known, now)]
    return [change for change in reversed(found) if change.seconds_ago <= _REMEMBERED_S]


def _between(before: Revision, after: Revision, known: dict[str, str], now: datetime) -> Iterator[ConfigChange]:
    ago = max(0.0, (now - after.rolled_out).total_seconds())
    old, new = main_container(before.template), main_container(after.template)
    for resource in ("memory", "cpu"):
        was, is_now = limit_of(old, resource), limit_of(new, resource)
        if was != is_now:
            yield ConfigChange(f"{resource}.limit", was or NOT_SET, is_now or NOT_SET, ago)
    old_env, new_env = plain_env(old), plain_env(new)
    for name in sorted(old_env.keys() | new_env.keys()):
        if old_env.get(name) != new_env.get(name):
            yield ConfigChange(known.get(name, f"env.{name}"), _shown(name, old_env), _shown(name, new_env), ago)


def _shown(name: str, env: dict[str, str]) -> str:
    return redacted_value(name, env[name]) if name in env else NOT_SET
