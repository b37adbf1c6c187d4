"""What a grep can see of a service: phrases in its log, in the logs of those that name it and of those it names.

A feature is a short text: a word for where, the phrase's number in the book, perhaps a level. No name of a service
is in one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from simcore.observation import AlertNotice, Logs, Observation
from simcore.policies.keyword.phrases import Phrasebook, normalised

if TYPE_CHECKING:
    from simcore.episode import Episode

LINES = 200
_OWN_LEVELS = (0.05, 0.1, 0.2, 0.35)
_TOLD_LEVELS = (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Scene:
    """The alert, whether it still fires, and for each service how many times its log has which line."""

    title: str
    paged: str
    firing: bool
    logs: Mapping[str, Mapping[str, int]]


def read_scene(episode: "Episode", alert: Observation) -> Scene:
    """Every log is read in a fork of its own: all are as they are at the alert, and the episode is not touched."""
    notice = alert.payload
    assert isinstance(notice, AlertNotice)
    logs = {name: _lines(episode, name) for name in episode.world.topology.names}
    return Scene(notice.title, notice.service, notice.title in alert.alerts, logs)


def _lines(episode: "Episode", service: str) -> Counter[str]:
    asked = {"action_type": "read_logs", "target_service": service, "parameters": {"lines": LINES}}
    payload = episode.fork().step(asked).observation.payload
    assert isinstance(payload, Logs)
    return Counter(line.message for line in payload.lines)


class Written(NamedTuple):
    """A log as phrases: each one's share of the lines, and of those that name another service, who is named."""

    shares: dict[int, float]
    about: dict[tuple[int, str], float]


class SceneFeatures:
    """Features of a scene: those of the whole (`whole`), and of each service (`of`)."""

    def __init__(self, scene: Scene, book: Phrasebook) -> None:
        self._scene, self._book = scene, book
        names = tuple(scene.logs)
        self._written = {name: _written(lines, name, names, book) for name, lines in scene.logs.items()}
        self._trouble = {name: set(log.shares) - book.usual for name, log in self._written.items()}
        self._writers = Counter(phrase for troubles in self._trouble.values() for phrase in troubles)
        self._told: dict[str, dict[int, dict[str, float]]] = {name: {} for name in names}
        for writer, log in self._written.items():
            for (phrase, about), share in log.about.items():
                self._told[about].setdefault(phrase, {})[writer] = share

    def whole(self) -> set[str]:
        """What is so for every service, and for the guess that nothing is broken."""
        title = normalised(self._scene.title.replace(self._scene.paged, "OTHER", 1))
        found = {"always", f"title {title}", f"firing {self._scene.firing:d}"}
        found |= {f"any {phrase}" for phrase in self._writers}
        found |= {f"several {phrase}" for phrase, writers in self._writers.items() if writers > 1}
        return found | {f"paged {phrase}" for phrase in self._trouble[self._scene.paged]}

    def of(self, service: str) -> set[str]:
        return {*self._own(service), *self._of_callers(service), *self._place(service)}

    def refused(self) -> list[str]:
        """The services that others say refuse their connections."""
        refusing = {number for number, phrase in enumerate(self._book.phrases) if "connection refused" in phrase}
        return [name for name, told in self._told.items() if refusing & told.keys()]

    def _own(self, service: str) -> Iterator[str]:
        for phrase, share in self._written[service].shares.items():
            yield f"own {phrase}"
            yield from (f"own {phrase} {level:g}" for level in _OWN_LEVELS if share >= level)
            if phrase in self._book.usual:
                continue
            if self._writers[phrase] == 1:
                yield f"alone {phrase}"
            elif share >= max(log.shares.get(phrase, 0.0) for log in self._written.values()):
                yield f"most {phrase}"

    def _of_callers(self, service: str) -> Iterator[str]:
        for phrase, tellers in self._told[service].items():
            yield f"told {phrase}"
            if len(tellers) > 1:
                yield f"told by several {phrase}"
            yield from (f"told {phrase} {level:g}" for level in _TOLD_LEVELS if max(tellers.values()) >= level)
        yield from (f"caller {phrase}" for caller in self._callers(service) for phrase in self._trouble[caller])
        yield from (f"callee {phrase}" for callee in self._callees(service) for phrase in self._trouble[callee])

    def _place(self, service: str) -> Iterator[str]:
        """Where it stands among those that complain of one another."""
        callers, callees, paged = self._callers(service), self._callees(service), self._scene.paged
        own = self._trouble[service] - {phrase for phrase, _ in self._written[service].about}
        shape = f"{bool(callers):d}{bool(callees):d}{bool(own):d}"
        yield from (f"shape {shape}", f"callers {min(len(callers), 3)}")
        if paged in callers:
            yield "called by paged"
        if service == paged:
            yield f"is paged {shape}"

    def _callers(self, service: str) -> set[str]:
        return {teller for tellers in self._told[service].values() for teller in tellers}

    def _callees(self, service: str) -> set[str]:
        return {about for _, about in self._written[service].about}


def _written(lines: Mapping[str, int], writer: str, names: tuple[str, ...], book: Phrasebook) -> Written:
    total = sum(lines.values())
    shares: dict[int, float] = {}
    about: dict[tuple[int, str], float] = {}
    for line, count in lines.items():
        read = book.read(line, writer, names)
        if read is None:
            continue
        phrase, other = read
        shares[phrase] = shares.get(phrase, 0.0) + count / total
        if other:
            about[phrase, other] = about.get((phrase, other), 0.0) + count / total
    return Written(shares, about)
