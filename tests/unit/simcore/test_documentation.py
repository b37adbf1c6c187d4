"""What the documentation says of the simulator is what the simulator has."""

import re
from pathlib import Path

from simcore.kernel.grade import CAPS
from simcore.results import RewardBreakdown

TEXT = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text()
ROW = re.compile(r"^\| `(r_\w+)` \| (.+) \| (-?\d\.\d\d) \|$", re.MULTILINE)


def test_the_components_in_the_table_are_those_that_are_paid_in_their_order_with_their_caps():
    told = [(name, float(cap)) for name, _, cap in ROW.findall(TEXT)]
    assert told == list(zip(RewardBreakdown().to_json(), CAPS, strict=True))
