"""The rows as one table: families down, substrates and policies across; a column of neither chance nor doing nothing
has the name of its substrate."""

from typing import Any

from praetor.resources.ops import SCENARIOS
from tests.bench.proof.cells import ON_CLUSTERS
from tests.bench.proof.policies import NOTHING

SUBSTRATES = ("simulator", "site", "cluster")
FLOOR = ("random", NOTHING)
WHY_NOT_IN_CLUSTERS = {
    "oom_crash": "as `memory_limit`",
    "db_pool_exhaustion": "a database's own setting",
    "bad_deployment_cascade": "as `bad_version`",
    "disk_full": "no API fills or empties a volume",
    "slow_query": "inside a database",
    "cert_expiry": "a file of the application's",
    "dns_failure": "DNS is the whole cluster's",
    "rate_limit_exhaustion": "inside the application",
}
WHY_NOT_ON_SITES = "not in the contract"
Row = dict[str, Any]


def markdown(rows: list[Row]) -> str:
    """Shares with 95 % Wilson intervals; where nothing was played stands why, or a dash."""
    found = {(row["family"], row["substrate"], row["policy"]): row for row in rows}
    policies = sorted({policy for _, _, policy in found}, key=lambda name: (name in FLOOR, name == NOTHING, name))
    columns = [(on, policy) for on in SUBSTRATES for policy in policies if _any(rows, on, policy)]
    families = [family for family in (*SCENARIOS, *ON_CLUSTERS) if any(row["family"] == family for row in rows)]
    head = ["family", *(f"{on}: {policy}" if policy in FLOOR else on for on, policy in columns)]
    lines = [head, ["---"] * len(head)]
    lines += [[f"`{family}`", *(cell(found, family, *column) for column in columns)] for family in families]
    lines.append(["**all**", *(_sum(rows, *column) for column in columns)])
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    unseen = {on: sum(row["unseen"] for row in rows if row["substrate"] == on) for on in SUBSTRATES}
    return f"{text}\n\nPlayed again, since there was no fault or no user noticed it: {unseen}"


def _any(rows: list[Row], on: str, policy: str) -> bool:
    return any((row["substrate"], row["policy"]) == (on, policy) for row in rows)


def cell(found: dict[tuple[str, str, str], Row], family: str, on: str, policy: str) -> str:
    row = found.get((family, on, policy))
    if row is not None:
        return share(row)
    if policy in FLOOR:
        return "-"
    if on == "cluster":
        return WHY_NOT_IN_CLUSTERS.get(family, "-")
    return WHY_NOT_ON_SITES if on == "site" and family in ON_CLUSTERS else "-"


def share(row: Row) -> str:
    low, high = round(100 * row["ci_low"]), round(100 * row["ci_high"])
    return f"{row['resolved']} of {row['runs']} ({low}-{high} %)"


def _sum(rows: list[Row], on: str, policy: str) -> str:
    mine = [row for row in rows if (row["substrate"], row["policy"]) == (on, policy)]
    return f"{sum(row['resolved'] for row in mine)} of {sum(row['runs'] for row in mine)}"
