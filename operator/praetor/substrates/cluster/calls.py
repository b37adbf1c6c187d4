"""Who calls whom, as far as settings tell: an environment variable or an argument that names another's Service."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from praetor.substrates.cluster.templates import containers_of, plain_env
from praetor.substrates.cluster.workloads import Workload

_HINTS = re.compile(r"HOST|URL|URI|ADDR|SERVER|SERVICE|UPSTREAM|ENDPOINT|BACKEND|DSN", re.IGNORECASE)


def calls_among(workloads: Sequence[Workload], more: Mapping[str, Sequence[str]] | None = None) -> dict[str, list[str]]:
    """Each service with those that it calls; `more` has further settings by service, such as values of ConfigMaps."""
    names = {one.name: {one.name, *one.services} for one in workloads}
    told = {one.name: [*_settings(one), *((more or {}).get(one.name, ()))] for one in workloads}
    return {
        one.name: [other for other, known in names.items() if other != one.name and any(_names(told[one.name], known))]
        for one in workloads
    }


def _settings(workload: Workload) -> Iterator[str]:
    for container in containers_of(workload.template):
        for name, value in plain_env(container).items():
            yield f"//{value}" if _HINTS.search(name) else value
        yield from (str(text) for text in (*(container.get("command") or ()), *(container.get("args") or ())))


def _names(texts: Sequence[str], known: Iterable[str]) -> Iterator[bool]:
    """A host stands after `//` or `@`, or before a port or a domain: a bare word is just a word."""
    for name in known:
        host = re.escape(name)
        pattern = re.compile(rf"(?:(?://|@){host}(?=[:/.,\s?]|$))|(?:(?<![\w.-]){host}(?=:\d|\.[a-z0-9-]+\.svc\b))")
        yield any(pattern.search(text) for text in texts)
