"""PetShop: 26 issues of a real application at AWS (amazon-science/petshop-root-cause-analysis, low traffic).

An issue has five periods of five minutes: the first lies wholly before it, the third and fourth within it, the others
partly. *Before* is the median of the first periods of all issues (one alone is too noisy for p99), *during* the mean of
the third and fourth by requests. The load is open: requests at the entry do not change.
"""

import csv
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.calibration.quartiles import middle

SITE, SEARCH, TABLE, PAY = "PetSite", "PetSearch", "petInfo table", "payforadoption"
LIST, GATEWAY, UPDATER, FUNCTION = "petlistadoptions", "API gateway", "statusupdater Lambda", "statusupdater function"
LATENCY, AVAILABILITY = "latency", "availability"
CALLEES = {
    SITE: (SEARCH, PAY, LIST), LIST: (SEARCH,), SEARCH: (TABLE,), PAY: (GATEWAY,), GATEWAY: (UPDATER,),
    UPDATER: (FUNCTION,), FUNCTION: (TABLE,), TABLE: (),
}  # fmt: skip
"""Of `graph.csv`, the parts that an issue befalls or passes through."""
_NODES = {
    "PetSite": SITE,
    "PetSearch_AWS::ECS::Fargate": SEARCH,
    "petInfo_AWS::DynamoDB::Table": TABLE,
    "payforadoption_AWS::ECS::Container": PAY,
    "petlistadoptions_AWS::ECS::Fargate": LIST,
    "PetAdoptionStatusUpdater/prod_AWS::ApiGateway::Stage": GATEWAY,
    "lambdastatusupdater_AWS::Lambda": UPDATER,
    "lambdastatusupdater_AWS::Lambda::Function": FUNCTION,
}
_COMMANDS = (
    ("searchdelay", "delay in search"), ("delaymode1", "delay in pay"), ("sleep(", "delay in the Lambda"),
    ("issue_dynamo_db_requests", "overloaded table"), ("errorpercent", "errors on a share of calls"),
    ("errormode1", "errors in pay"), ("inject = true", "errors in the Lambda"),
)  # fmt: skip
_ASKED_MS = re.compile(r"(?:sleep\(|--value ')(\d+)")
_CALLED_ONCE = {(LIST, SEARCH), (FUNCTION, TABLE)}
"""Callers known to call once a request where another one calls, too."""
_BEFORE, _DURING, _PERIOD_S = 0, [2, 3], 300.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Node:
    """How a node is: mean latency, its p99, the share of requests that fail."""

    mean_ms: float
    p99_ms: float
    failing_percent: float


@dataclass(frozen=True, slots=True)
class Issue:
    """`before` and `during` by node; `asked_ms` is the delay that was asked for, NaN if none was."""

    name: str
    kind: str
    metric: str
    root: str
    asked_ms: float
    before: Mapping[str, Node]
    during: Mapping[str, Node]

    def added(self, node: str) -> float:
        """Milliseconds of mean latency, or percentage points of failing requests."""
        before, during = self.before[node], self.during[node]
        if self.metric == LATENCY:
            return during.mean_ms - before.mean_ms
        return during.failing_percent - before.failing_percent


@dataclass(frozen=True, slots=True, eq=False)
class PetShop:
    usual: Mapping[str, Node]
    requests_per_second: Mapping[str, float]
    issues: tuple[Issue, ...]

    def calls_per_request(self, caller: str, callee: str) -> float:
        """Requests of the callee that come from `caller`, per request of the caller."""
        rate = self.requests_per_second
        if (caller, callee) in _CALLED_ONCE:
            return 1.0
        taken = sum(rate[other] for other, c in _CALLED_ONCE if c == callee)
        return (rate[callee] - taken) / rate[caller]


def way_to_site(root: str) -> tuple[str, ...]:
    """The shortest way from a node over its callers to the entry."""
    ways: list[tuple[str, ...]] = [(root,)]
    for way in ways:
        if way[-1] == SITE:
            return way
        ways += [(*way, caller) for caller, callees in CALLEES.items() if way[-1] in callees]
    raise ValueError(f"nobody calls {root}")


@lru_cache(maxsize=2)
def read_petshop(folder: Path) -> PetShop:
    """Raises OSError, KeyError or ValueError for a folder that holds something else."""
    raw = [
        (path.parent, _columns(path.parent / "metrics.csv")) for path in sorted(folder.glob("t*/issue_*/target.json"))
    ]
    firsts = [{key: float(values[_BEFORE]) for key, values in columns.items()} for _, columns in raw]
    usual = {key: middle(first.get(key, math.nan) for first in firsts) for key in set().union(*firsts)}
    before = {node: _node(node, usual) for node in CALLEES}
    rates = {node: usual[node, "requests", "Sum"] / _PERIOD_S for node in CALLEES}
    return PetShop(before, rates, tuple(_issue(path, columns, before) for path, columns in raw))


_Key = tuple[str, str, str]


def _columns(path: Path) -> dict[_Key, Floats]:
    """By (node, metric, statistic), a value a period."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    found = {}
    for column in range(1, len(rows[0])):
        if rows[0][column] in _NODES:
            key = (_NODES[rows[0][column]], rows[1][column], rows[2][column])
            found[key] = np.array([float(row[column] or "nan") for row in rows[4:]])
    return found


def _node(node: str, values: Mapping[_Key, float]) -> Node:
    return Node(
        1000.0 * values[node, LATENCY, "Average"],
        1000.0 * values[node, LATENCY, "p99"],
        100.0 - values[node, AVAILABILITY, "Average"],
    )


def _issue(folder: Path, columns: Mapping[_Key, Floats], before: Mapping[str, Node]) -> Issue:
    target = json.loads((folder / "target.json").read_text(encoding="utf-8"))
    command = target["metadata"]["reproducibility"]["command"].replace("\\", "")
    kind = next(kind for mark, kind in _COMMANDS if mark in command)
    during = {key: _within(columns, key) for key in columns}
    asked = _ASKED_MS.search(command)
    return Issue(
        f"{folder.parent.name}/{folder.name}", kind, target["target"]["metric"], _NODES[target["root_cause"]["node"]],
        float(asked[1]) if asked and kind.startswith("delay") else math.nan,
        before, {node: _node(node, during) for node in CALLEES},
    )  # fmt: skip


def _within(columns: Mapping[_Key, Floats], key: _Key) -> float:
    values = columns[key][_DURING]
    weights = columns[key[0], "requests", "Sum"][_DURING] if key[2] == "Average" else np.ones(len(_DURING))
    known = np.isfinite(values) & np.isfinite(weights)
    return float(np.average(values[known], weights=weights[known])) if known.any() else math.nan
