"""What speaks for or against: flags of each service and of the whole, from figures, health, releases and logs.

A flag is there when it holds, and `unsure` when the figure that would tell is missing: then it may hold. One that
does not hold is not there. Its name never has a service's name in it, its words do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from simcore.classifier.look import GONE, Look, ServiceLook
from simcore.classifier.signs import read, sign

Flags = Mapping[str, "Flag"]
_SHARES = (0.8, 0.9, 0.96)
_CPU = (60.0, 85.0)
_ERRORS = (2.0, 10.0, 40.0, 90.0)
_SLOW_MS = (400.0, 1500.0, 5000.0)
_RELEASES_S = (120.0, 300.0, 1200.0)
_MANY_REPLICAS = 4
_OF_NEIGHBOURS = ("unwell", "errors 10", "p99 1500", "memory 0.9", "connections 0.9", "gone", "released 1200", "cpu 85")


@dataclass(frozen=True, slots=True)
class Flag:
    words: str
    unsure: bool = False


class Seen:
    """The flags of a look: `whole` and, by service, `of`."""

    def __init__(self, look: Look) -> None:
        self._look, self._read = look, read(look)

    @cached_property
    def of(self) -> dict[str, dict[str, Flag]]:
        """Of each service its own flags, those of its place, and those of its neighbours."""
        return {name: {**self._own[name], **self._told(name), **self._around(name)} for name in self._look.by_name}

    @cached_property
    def whole(self) -> dict[str, Flag]:
        """What is so for every service, and for the guess that nothing is broken."""
        found = {"always": Flag("")}
        for own in self._own.values():
            for name, flag in own.items():
                _add(found, f"any {name}", flag)
        return found

    @cached_property
    def _own(self) -> dict[str, dict[str, Flag]]:
        return {name: _with_new(one, measured(one) | self._written(name)) for name, one in self._look.by_name.items()}

    def _written(self, name: str) -> dict[str, Flag]:
        return {f"log {shown}": Flag(f"{name}: {sign(shown).says}, its log says") for shown in self._read.own[name]}

    def _told(self, name: str) -> dict[str, Flag]:
        found: dict[str, Flag] = {}
        for shown, tellers in self._read.told[name].items():
            words = f"{name}: {sign(shown).says}, {' and '.join(sorted(tellers))} say{'s' * (len(tellers) == 1)}"
            found[f"told {shown}"] = Flag(words)
            if len(tellers) > 1:
                found[f"told by several {shown}"] = Flag(words)
        return found

    def _around(self, name: str) -> dict[str, Flag]:
        callers, callees = self._look.callers[name], self._look.callees(name)
        found = {"called": Flag("")} if callers else {}
        found |= {"calls": Flag("")} if callees else {}
        for where, others in (("caller", callers), ("callee", callees)):
            for other in others:
                for flag_name, flag in _telling(self._own[other]):
                    _add(found, f"{where} {flag_name}", flag)
        return found | self._alone(name)

    def _alone(self, name: str) -> dict[str, Flag]:
        """What no other service shows."""
        found: dict[str, Flag] = {}
        rest = [own for other, own in self._own.items() if other != name]
        for flag_name, flag in _telling(self._own[name]):
            others = [own[flag_name] for own in rest if flag_name in own]
            if not others:
                found[f"alone {flag_name}"] = flag
            elif all(other.unsure for other in others):
                found[f"alone {flag_name}"] = Flag(flag.words, unsure=True)
        return found


def _telling(own: Flags) -> Iterator[tuple[str, Flag]]:
    """Those that say something about the neighbours as well."""
    return ((name, flag) for name, flag in own.items() if name.startswith("log ") or name in _OF_NEIGHBOURS)


def _add(found: dict[str, Flag], name: str, flag: Flag) -> None:
    """One that holds for sure stays, whatever else may hold."""
    if name not in found or found[name].unsure:
        found[name] = flag


def measured(service: ServiceLook) -> dict[str, Flag]:
    """What health, figures and releases say of a service itself."""
    return dict(_measured(service))


def _measured(service: ServiceLook) -> Iterator[tuple[str, Flag]]:
    name, now = service.name, service.figures
    if service.is_database:
        yield "database", Flag("")
    yield from _health(service)
    yield from _steps("memory", _share(now.memory_mb, now.memory_limit_mb), _SHARES, _memory_words(service))
    yield from _steps("cpu", now.cpu_percent, _CPU, f"{name} uses {now.cpu_percent or 0:.0f} % of its CPU")
    failing = f"{name}: {now.error_rate_percent or 0:.0f} % of requests fail"
    yield from _steps("errors", now.error_rate_percent, _ERRORS, failing)
    yield from _steps("p99", now.latency_p99_ms, _SLOW_MS, f"{name}: p99 is {now.latency_p99_ms or 0:.0f} ms")
    if service.is_database:
        used = _share(now.active_connections, now.connection_limit)
        yield from _steps("connections", used, _SHARES[1:2], _connection_words(service))
    if service.released_seconds is not None:
        for limit in _RELEASES_S:
            if service.released_seconds <= limit:
                words = f"{name} was released {service.released_seconds:.0f} s ago"
                yield f"released {limit:g}", Flag(words)


def _is_new(service: ServiceLook) -> bool:
    return service.released_seconds is not None and service.released_seconds <= _RELEASES_S[-1]


def _with_new(service: ServiceLook, flags: dict[str, Flag]) -> dict[str, Flag]:
    """What a service that was released lately shows counts once more: the same from an old one has other causes."""
    if not _is_new(service):
        return flags
    return flags | {
        f"new {name}": flag for name, flag in flags.items() if not name.startswith(("released", "database"))
    }


def _health(service: ServiceLook) -> Iterator[tuple[str, Flag]]:
    if service.health is None:
        yield from ((name, Flag("", unsure=True)) for name in ("unwell", "unhealthy", "gone"))
        return
    words = Flag(f"{service.name} is {service.health}")
    if service.health != "healthy":
        yield "unwell", words
    if service.health not in ("healthy", "degraded"):
        yield "unhealthy", words
    if service.health in GONE:
        yield "gone", words
    if _has_grown(service):
        yield "many replicas", Flag(f"{service.name} has grown to {service.replicas_desired} replicas")
    if service.replicas_desired == 0:
        yield "scaled to zero", Flag(f"no replica of {service.name} is wanted")


def _has_grown(service: ServiceLook) -> bool:
    return (service.replicas_desired or 0) >= max(_MANY_REPLICAS, (service.replicas_usual or 0) + 1)


def _steps(kind: str, value: float | None, limits: Iterable[float], words: str) -> Iterator[tuple[str, Flag]]:
    for limit in limits:
        if value is None:
            yield f"{kind} {limit:g}", Flag("", unsure=True)
        elif value >= limit:
            yield f"{kind} {limit:g}", Flag(words)


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _memory_words(service: ServiceLook) -> str:
    now = service.figures
    return f"{service.name} uses {now.memory_mb or 0:.0f} of {now.memory_limit_mb or 0:.0f} MiB"


def _connection_words(service: ServiceLook) -> str:
    now = service.figures
    return f"{service.name} at {now.active_connections or 0:.0f} of {now.connection_limit or 0:.0f} connections"
