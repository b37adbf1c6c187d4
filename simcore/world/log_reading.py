"""Lines of a log, drawn from the sources that a read found; the same step and service give the same lines."""

from bisect import bisect
from itertools import accumulate
from typing import NamedTuple

from simcore.kernel import logs
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_COUNT, OUT_PAYLOAD
from simcore.kernel.random import uniforms
from simcore.observation import LogLine, Logs
from simcore.topologies.topology import Topology
from simcore.world.encode import SEVERITIES, Coded
from simcore.world.log_words import LINES

_LONGEST_LOOK_BACK = 2048
_TROUBLED_WEIGHT = 8.0  # a service in trouble writes twice as much
_OWN_WEIGHT = 3.0
_LOG_STREAM = 2


class Source(NamedTuple):
    """Something that writes lines: how often relative to the others, how bad, and what."""

    weight: float
    severity: str
    message: str


def read_lines(
    out: Floats, asked: Coded, step: int, seed: int, topology: Topology, own: tuple[tuple[str, str], ...]
) -> Logs:
    """The newest lines that are as bad as was asked for, newest last. `own` are lines that a scenario adds."""
    sources = _sources(out, asked.service, topology)
    sources += [Source(_OWN_WEIGHT, severity, message) for severity, message in own]
    lines, lowest, since = int(asked.a), int(asked.b), asked.c
    total = sum(source.weight for source in sources)
    wanted = sum(source.weight for source in sources if SEVERITIES.index(source.severity) >= lowest)
    look_back = lines if lowest == 0 else min(_LONGEST_LOOK_BACK, round(2.0 * lines * total / max(wanted, 0.01)) + 20)
    units = uniforms(seed + _LOG_STREAM, (step * 64 + asked.service) * 2 * _LONGEST_LOOK_BACK, 2 * look_back)
    found = _draw(sources, 3.0 if total > _TROUBLED_WEIGHT else 6.0, units)
    if lowest:
        found = [line for line in found if SEVERITIES.index(line.severity) >= lowest]
    kept = [line for line in found[:lines] if line.seconds_ago <= since]
    return Logs(topology.names[asked.service], tuple(reversed(kept)))


def _draw(sources: list[Source], spacing: float, units: list[float]) -> list[LogLine]:
    """The log, newest first: one line about every `spacing` seconds."""
    limits = list(accumulate(source.weight for source in sources))
    last, found = len(sources) - 1, []
    for number in range(len(units) // 2):
        source = sources[min(bisect(limits, units[2 * number + 1] * limits[-1]), last)]
        found.append(LogLine(round(spacing * (number + units[2 * number]), 1), source.severity, source.message))
    return found


def _sources(out: Floats, service: int, topology: Topology) -> list[Source]:
    rows = out[OUT_PAYLOAD : OUT_PAYLOAD + logs.SOURCE_COLUMNS * int(out[OUT_COUNT])]
    runtime = topology.parts[service].runtime
    return [
        _source(int(code), weight, first, second, runtime, topology)
        for code, weight, first, second in rows.reshape(-1, logs.SOURCE_COLUMNS).tolist()
        if code != logs.NOTHING
    ]


def _source(code: int, weight: float, first: float, second: float, runtime: str, topology: Topology) -> Source:
    line = LINES[code]
    text = line.texts.get(runtime) or line.texts["any"]
    if line.names:
        text = text.format(first, second, name=topology.names[int(first)])
    elif "{" in text:
        text = text.format(first, second)
    return Source(weight, line.severity, _formatted(text, line.severity, topology.log_format))


def _formatted(text: str, severity: str, log_format: str) -> str:
    """As the topology's services write: plain words, logfmt or JSON."""
    if log_format == "logfmt":
        return f'level={severity.lower()} msg="{text}"'
    if log_format == "json":
        escaped = text.replace('"', '\\"')
        return f'{{"level":"{severity.lower()}","msg":"{escaped}"}}'
    return text
