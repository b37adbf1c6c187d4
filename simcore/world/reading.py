"""What a read showed, as a payload or as text, made when somebody asks for it."""

import numpy as np

from simcore.kernel import step
from simcore.kernel.layout import Floats
from simcore.kernel.tell import tell, write
from simcore.kernel.told import TOLD_SLOTS
from simcore.observation import Payload
from simcore.world.decoding import decode_detail, decode_diagnostic, decode_list, decode_logs, decode_metrics
from simcore.world.encode import SEVERITIES, Coded
from simcore.world.labels import labels_of
from simcore.world.programs import programs
from simcore.world.world import World

PAGE_BYTES = 32_768


class Reading:
    """`out` is what the kernel's step number `number` wrote; nothing that changes later is looked at."""

    __slots__ = ("_asked", "_number", "_out", "_world")

    def __init__(self, out: Floats, asked: Coded, number: int, world: World) -> None:
        self._out, self._asked, self._number, self._world = out, asked, number, world

    def payload(self) -> Payload:
        world, topology, own = self._world, self._world.topology, self._own_lines()
        kind, s, a, b, c, _ = self._asked
        told = np.empty(TOLD_SLOTS)
        severities = np.array([SEVERITIES.index(severity) for severity, _ in own], dtype=np.int64)
        tell(
            self._out, programs().code, labels_of(topology).labels, topology.graph, kind, s, a, b, c, self._number,
            world.noise_seed, severities, told,
        )  # fmt: skip
        if kind == step.LIST:
            return decode_list(told, topology)
        if kind == step.DESCRIBE:
            return decode_detail(told, topology)
        if kind == step.METRICS:
            return decode_metrics(told, topology)
        if kind == step.DIAGNOSTIC:
            return decode_diagnostic(told, topology)
        return decode_logs(told, topology, own)

    def text(self) -> str | None:
        """None for what the kernel cannot write: lines of the scenario's own, very long or very large ones."""
        if self._own_lines():
            return None
        known, topology, page = programs(), self._world.topology, np.empty(PAGE_BYTES, dtype=np.uint8)
        kind, s, a, b, c, _ = self._asked
        length = write(
            self._out, known.code, known.letters, *labels_of(topology), topology.graph, kind, s, a, b, c, self._number,
            self._world.noise_seed, page,
        )  # fmt: skip
        return str(page[:length].data, "ascii") if length >= 0 else None

    def _own_lines(self) -> tuple[tuple[str, str], ...]:
        """The lines that a scenario adds: its target writes them while it is unwell."""
        lines = self._world.spec.log_lines
        if not lines or self._asked.kind != step.LOGS or not self._out[-1]:
            return ()
        if self._asked.service not in {cause.target for cause in self._world.incident.causes}:
            return ()
        return tuple(_split(line) for line in lines)


def _split(line: str) -> tuple[str, str]:
    """`[ERROR] text` as severity and text."""
    for severity in SEVERITIES:
        if line.startswith(f"[{severity}]"):
            return severity, line.removeprefix(f"[{severity}]").strip()
    return "INFO", line
