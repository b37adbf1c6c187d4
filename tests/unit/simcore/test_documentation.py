"""What the documentation says of the simulator is what the simulator has."""

from pathlib import Path

from simcore.grading.components import CAPS
from simcore.world.mechanisms import MECHANISMS

TEXT = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text()


def test_every_mechanism_is_in_the_table_with_its_class():
    for mechanism in MECHANISMS.values():
        assert f"| `{mechanism.name}` | {mechanism.mechanism_class} | {mechanism.summary} |" in TEXT


def test_every_component_is_in_the_table_with_its_cap():
    for name, cap in CAPS.items():
        line = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |"))
        assert line.endswith(f"| {cap:.2f} |")
