"""Who calls whom, as far as settings tell: an environment variable, perhaps of a ConfigMap, or an argument that names
another's Service. Secrets are not read."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from praetor.substrates.cluster.settings import ConfigMaps
from praetor.substrates.cluster.templates import containers_of
from praetor.substrates.cluster.workloads import Workload
from simcore.protocols import Manifest

_HINTS = re.compile(r"HOST|URL|URI|ADDR|SERVER|SERVICE|UPSTREAM|ENDPOINT|BACKEND|DSN", re.IGNORECASE)


def calls_among(
    workloads: Sequence[Workload],
    more: Mapping[str, Sequence[str]] | None = None,
    config_maps: ConfigMaps | None = None,
) -> dict[str, list[str]]:
    """Each service with those that it calls; `more` has further settings by service. `config_maps` are those that
    templates refer to, by name."""
    names = {one.name: {one.name, *one.services} for one in workloads}
    told = {one.name: [*_settings(one, config_maps or {}), *((more or {}).get(one.name, ()))] for one in workloads}
    return {
        one.name: [other for other, known in names.items() if other != one.name and any(_names(told[one.name], known))]
        for one in workloads
    }


def _settings(workload: Workload, config_maps: ConfigMaps) -> Iterator[str]:
    for container in containers_of(workload.template):
        for name, value in _variables(container, config_maps).items():
            yield f"//{value}" if _HINTS.search(name) else value
        yield from (str(text) for text in (*(container.get("command") or ()), *(container.get("args") or ())))


def _variables(container: Manifest, config_maps: ConfigMaps) -> dict[str, str]:
    """As the container gets them, but for those from where we do not read."""
    found: dict[str, str] = {}
    for one in container.get("envFrom") or ():
        data = _data(config_maps, one.get("configMapRef"))
        found |= {f"{one.get('prefix', '')}{key}": text for key, text in data.items()}
    for one in container.get("env") or ():
        ref = (one.get("valueFrom") or {}).get("configMapKeyRef")
        text = _data(config_maps, ref).get(ref["key"]) if ref else one.get("value", "")
        found |= {one["name"]: text or ""}
    return found


def _data(config_maps: ConfigMaps, ref: Manifest | None) -> dict[str, str]:
    return dict(config_maps.get((ref or {}).get("name", ""), {}).get("data") or {})


def _names(texts: Sequence[str], known: Iterable[str]) -> Iterator[bool]:
    """A host stands after `//` or `@`, or before a port or a domain: a bare word is just a word."""
    for name in known:
        host = re.escape(name)
        pattern = re.compile(rf"(?:(?://|@){host}(?=[:/.,\s?]|$))|(?:(?<![\w.-]){host}(?=:\d|\.[a-z0-9-]+\.svc\b))")
        yield any(pattern.search(text) for text in texts)
