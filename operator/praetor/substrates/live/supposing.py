"""Who calls whom, at a site that does not say: as far as log lines name others."""

import re
from collections.abc import Mapping, Sequence

from praetor.resources.ops import ServiceFacts
from praetor.substrates.live.sight import runtime_of
from praetor.substrates.live.signs import signs
from simcore.classifier.look import DATABASES
from simcore.observation import LogLine


def supposed(lines: Mapping[str, Sequence[LogLine]]) -> dict[str, ServiceFacts]:
    """Each service with those that its complaints are about; `lines` has every service."""
    databases = [name for name in lines if runtime_of(name, None) in DATABASES]
    return {name: ServiceFacts(name=name, calls=_called(name, lines, databases)) for name in lines}


def _called(service: str, lines: Mapping[str, Sequence[LogLine]], databases: list[str]) -> list[str]:
    if service in databases:
        return []
    told = [line for line in lines[service] if line.severity not in ("INFO", "DEBUG")]
    words = " ".join(line.message.rpartition(" - ")[2] for line in told)
    named = [name for name in lines if name != service and _is_named(name, words)]
    speaks_of_one = any(sign.shows_in(line) for sign in signs() if sign.of == "database" for line in told)
    return list(dict.fromkeys([*named, *(databases if speaks_of_one and len(databases) == 1 else [])]))


def _is_named(name: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", words) is not None
