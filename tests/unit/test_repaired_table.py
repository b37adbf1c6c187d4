"""The tables of what a policy repairs, in the README and in docs/sites.md: each of their cells follows from the runs
that are published beside them."""

import re
from pathlib import Path

import pytest

from praetor.resources.ops import SCENARIOS
from tests.bench.proof.cells import ON_CLUSTERS, Record, rows
from tests.bench.proof.policies import NOTHING
from tests.bench.proof.table import cell

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "figures" / "repaired.jsonl"
COLUMNS = {
    "simulator": ("simulator", "playbook"),
    "site": ("site", "playbook"),
    "cluster": ("cluster", "playbook"),
    "site: random": ("site", "random"),
    "site: nothing": ("site", NOTHING),
    "cluster: random": ("cluster", "random"),
    "cluster: nothing": ("cluster", NOTHING),
}
FAMILIES = {"simulator": (*SCENARIOS, *ON_CLUSTERS), "site": SCENARIOS, "cluster": ON_CLUSTERS}
TABLES = {"README.md": 3, "docs/sites.md": 7}


@pytest.fixture(scope="module")
def measured():
    found = rows(Record(RECORD).played.values())
    return {(row["family"], row["substrate"], row["policy"]): row for row in found}


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


@pytest.mark.parametrize(("document", "columns"), TABLES.items())
def test_every_cell_is_what_the_published_runs_say(document, columns, measured):
    compared = []
    for row in told(document):
        for head in COLUMNS.keys() & row.keys():
            family = row["family"].strip("`")
            assert row[head] == cell(measured, family, *COLUMNS[head]), (family, head)
            compared.append((head, family))
    assert len(set(compared)) == columns * len(FAMILIES["simulator"])


@pytest.mark.parametrize("column", COLUMNS)
def test_ten_runs_are_published_for_each(column, measured):
    substrate, policy = COLUMNS[column]
    for family in FAMILIES[substrate]:
        assert measured[family, substrate, policy]["runs"] >= 10, family


def test_the_sums_in_words_are_those_of_the_runs(measured):
    text = (ROOT / "docs" / "sites.md").read_text()
    for substrate, policy in COLUMNS.values():
        mine = [row for (_, *column), row in measured.items() if column == [substrate, policy]]
        assert f"{sum(row['resolved'] for row in mine)} of {sum(row['runs'] for row in mine)}" in text, (
            substrate,
            policy,
        )
