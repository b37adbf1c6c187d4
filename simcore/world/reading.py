"""The payload of a read, made when somebody asks for it."""

from simcore.kernel import step
from simcore.kernel.layout import Floats
from simcore.observation import Payload
from simcore.world.decoding import decode_detail, decode_diagnostic, decode_list, decode_metrics
from simcore.world.encode import SEVERITIES, Coded
from simcore.world.log_reading import read_lines
from simcore.world.world import World


def payload_of(out: Floats, asked: Coded, number: int, world: World) -> Payload:
    """`out` is what the kernel's step number `number` wrote; nothing that changes later is looked at."""
    topology = world.plan.topology
    if asked.kind == step.LIST:
        return decode_list(out, topology)
    if asked.kind == step.DESCRIBE:
        return decode_detail(out, asked, topology)
    if asked.kind == step.METRICS:
        return decode_metrics(out, asked, topology)
    if asked.kind == step.DIAGNOSTIC:
        return decode_diagnostic(out, asked, topology)
    return read_lines(out, asked, number, world.noise_seed, topology, _own_lines(out, asked, world))


def _own_lines(out: Floats, asked: Coded, world: World) -> tuple[tuple[str, str], ...]:
    """The lines that a scenario adds: its target writes them while it is unwell."""
    lines = world.spec.log_lines
    if not lines or asked.service not in {cause.target for cause in world.incident.causes} or not out[-1]:
        return ()
    return tuple(_split(line) for line in lines)


def _split(line: str) -> tuple[str, str]:
    """`[ERROR] text` as severity and text."""
    for severity in SEVERITIES:
        if line.startswith(f"[{severity}]"):
            return severity, line.removeprefix(f"[{severity}]").strip()
    return "INFO", line
