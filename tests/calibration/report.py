"""The comparison as text, for people."""

from collections.abc import Iterable, Iterator, Sequence

from tests.calibration import cascades, comparison
from tests.calibration.boutique import PODS
from tests.calibration.data import NEZHA, PETSHOP
from tests.calibration.faults import without_fault
from tests.calibration.nezha import read_day
from tests.calibration.petshop import read_petshop
from tests.calibration.quartiles import Quartiles
from tests.calibration.rows import Row
from tests.calibration.seen import CPU, P99, RATE

_LEGEND = """\
Medians [quartiles], n real ones. inside: whether the simulated median lies between the real quartiles. In brackets: not
judged, since there are fewer than 7 real ones or since it follows from others. noise: how often the real median or less
would be read if the simulated values were true, by the noise of the CPU's instrument in calm minutes alone."""


def report() -> Iterator[str]:
    """Line by line; only of measurements that are there."""
    if NEZHA.exists():
        yield from _titled("Online Boutique when nothing is wrong (Nezha, calm minutes)", _calm())
        yield from _titled("Faults of Online Boutique (Nezha)", _compared(comparison.rows(read_day(NEZHA))))
    if PETSHOP.exists():
        yield from _titled("Cascades of PetShop", _compared(cascades.rows(read_petshop(PETSHOP))))
    yield _LEGEND


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (title, "=" * len(title), *lines, "")


def _calm() -> Iterator[str]:
    real, simulated = read_day(NEZHA).calm_day, without_fault()
    table = [["pod", "requests/s real", "simulated", "CPU % real", "simulated", "p99 ms real", "simulated"]]
    for pod in PODS:
        sides = (_short(side[pod][metric]) for metric in (RATE, CPU, P99) for side in (real, simulated))
        table.append([pod, *sides])
    return _aligned(table)


def _compared(rows: Iterable[Row]) -> Iterator[str]:
    table = [("kind", "what", "real", "n", "simulated", "inside")]
    for row in rows:
        table.append((row.kind, row.title, _range(row.real), str(row.real.count), _range(row.simulated), row.verdict))
    return _aligned(table)


def _range(found: Quartiles) -> str:
    return f"{_short(found.median)} [{_short(found.low)} .. {_short(found.high)}]" if found.count else "-"


def _short(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
