"""Which family of incidents an alert speaks of: from its words, never from parts of words.

An honest None is worth more than a guess: without a family there is no rehearsal, and a person is told to
look.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from praetor.alerts.words import Words, words_of

_TELLING_LABELS = ("alertname", "reason", "exit_code", "exitcode", "exitCode")

_OUT_OF_MEMORY = (
    "oom",
    "oomkill",
    "oomkilled",
    "out of memory",
    "outofmemory",
    "exit code 137",
    "exitcode 137",
)
_NOT_YET = ("running", "almost", "nearly", "prevent", "avoid")  # "running out of memory" is no crash yet
_DATABASE = (
    "db", "database", "databases", "postgres", "postgresql", "psql", "pgbouncer", "mysql", "mariadb", "jdbc",
    "hikari", "hikaricp", "hikaripool", "sql",
)  # fmt: skip
_POOL = ("pool", "pools", "hikaripool")
_USED_UP = (
    "exhausted", "exhaustion", "exhausting", "depleted", "saturated", "saturation", "waiting", "starved",
    "timeout", "timeouts", "timed out", "no available connection", "no connections available",
)  # fmt: skip
_TOO_MANY = ("too many connections", "too many clients", "remaining connection slots are reserved")
_DEPLOY = ("deploy", "deployment", "rollout", "release", "upgrade")
_AFTER = ("after", "since", "following", "post", "by", "caused by")
_ARTICLES = (
    "",
    "the",
    "a",
    "last",
    "latest",
    "new",
    "recent",
    "the last",
    "the latest",
    "the new",
    "the recent",
)
_SINCE_DEPLOY = tuple(
    " ".join(f"{after} {article} {deploy}".split()) for after in _AFTER for article in _ARTICLES for deploy in _DEPLOY
)
_BAD_DEPLOY = tuple(f"{bad} {deploy}" for bad in ("bad", "faulty", "broken") for deploy in _DEPLOY)
_SYMPTOM = (
    "error", "errors", "5xx", "500s", "fail", "fails", "failing", "failed", "failure", "failures", "latency",
    "crash", "crashes", "crashing", "crashloop", "memory", "down", "degraded", "slow", "starved",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Classification:
    """`family` is None when no family fits. `evidence` says which words, and where they stand."""

    family: str | None
    service: str | None
    evidence: tuple[str, ...] = ()


def classify(alert: Mapping[str, Any]) -> Classification:
    """The family of `spec.alert` in its wire form. The most specific family that fits wins: a memory or pool
    problem that began with a deploy is the deploy's."""
    texts = list(_texts(alert))
    service = alert.get("service") or None
    for family, reading in _FAMILIES:
        evidence = tuple(f"{place}: {found}" for place, words in texts for found in reading(words))
        if evidence:
            return Classification(family, service, evidence)
    return Classification(None, service)


def _texts(alert: Mapping[str, Any]) -> Iterable[tuple[str, Words]]:
    labels = alert.get("labels") or {}
    annotations = alert.get("annotations") or {}
    places = {"title": alert.get("title"), "description": alert.get("description")}
    places |= {f"label {name}": f"{name} {labels[name]}" for name in _TELLING_LABELS if labels.get(name)}
    said = set(places.values())
    places |= {f"annotation {name}": text for name, text in annotations.items() if text not in said}
    for place, text in places.items():
        if text and not place.endswith("_url"):
            yield place, words_of(str(text))


def _bad_deployment(words: Words) -> list[str]:
    if found := words.first(_BAD_DEPLOY):
        return [found]
    when, what = words.first(_SINCE_DEPLOY), words.first(_SYMPTOM)
    return [f"{what}, {when}"] if when and what else []


def _pool_exhaustion(words: Words) -> list[str]:
    database, pool, used_up = words.first(_DATABASE), words.first(_POOL), words.first(_USED_UP)
    if database and pool and used_up:
        return [f"{database}, {pool}, {used_up}"]
    too_many = words.first(_TOO_MANY)
    return [f"{database}, {too_many}"] if database and too_many else []


def _out_of_memory(words: Words) -> list[str]:
    found = words.first(_OUT_OF_MEMORY, unless_after=_NOT_YET)
    return [found] if found else []


_FAMILIES: tuple[tuple[str, Callable[[Words], list[str]]], ...] = (
    ("bad_deployment_cascade", _bad_deployment),
    ("db_pool_exhaustion", _pool_exhaustion),
    ("oom_crash", _out_of_memory),
)
