"""The tables of what a policy repairs, in the README and in docs/sites.md: each of their cells follows from the runs
that are published beside them."""

import re
from pathlib import Path

import pytest

from praetor.resources.ops import SCENARIOS
from tests.bench.proof.cells import ON_CLUSTERS, Record, rows
from tests.bench.proof.policies import NOTHING
from tests.bench.proof.table import share

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "figures" / "repaired.jsonl"
COLUMNS = {
    "site": ("site", "playbook"),
    "cluster": ("cluster", "playbook"),
    "site: random": ("site", "random"),
    "site: nothing": ("site", NOTHING),
    "cluster: random": ("cluster", "random"),
    "cluster: nothing": ("cluster", NOTHING),
}
FAMILIES = {"site": SCENARIOS, "cluster": ON_CLUSTERS}


@pytest.fixture(scope="module")
def measured():
    found = rows(Record(RECORD).played.values())
    return {(row["substrate"], row["policy"], row["family"]): row for row in found}


def told(document: str) -> list[dict[str, str]]:
    """The rows of its tables that begin with a family, by the heads of their columns."""
    heads, found = [], []
    for line in (ROOT / document).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if line.startswith("| family |"):
            heads = cells
        elif re.match(r"\| `[a-z_]+` \|", line) and heads:
            found.append(dict(zip(heads, cells, strict=True)))
        elif not line.startswith("|"):
            heads = []
    return found


@pytest.mark.parametrize("document", ["README.md", "docs/sites.md"])
def test_every_cell_is_what_the_published_runs_say(document, measured):
    compared = 0
    for row in told(document):
        for head, (substrate, policy) in COLUMNS.items():
            found = measured.get((substrate, policy, row["family"].strip("`")))
            if head in row and found is not None:
                assert row[head] == share(found), (row["family"], head)
                compared += 1
    assert compared >= len(SCENARIOS) + len(ON_CLUSTERS)


def test_ten_runs_of_the_playbook_are_published_for_each(measured):
    for substrate, families in FAMILIES.items():
        for family in families:
            assert measured[substrate, "playbook", family]["runs"] >= 10, (substrate, family)
