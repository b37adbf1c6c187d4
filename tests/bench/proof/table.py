"""The rows as one table: families down, substrates and policies across."""

from typing import Any

SUBSTRATES = ("simulator", "site", "cluster")
NOT_IN_CLUSTER = "no such object in Kubernetes"


def markdown(rows: list[dict[str, Any]]) -> str:
    policies = list(dict.fromkeys(row["policy"] for row in rows))
    policies.sort(key=lambda policy: policy in ("random", "nothing"))
    columns = [(on, policy) for on in SUBSTRATES for policy in policies if _any(rows, on, policy)]
    families = list(dict.fromkeys(row["family"] for row in rows))
    head = ["family", *(f"{on}: {policy}" for on, policy in columns)]
    lines = [head, ["---"] * len(head)]
    lines += [[f"`{family}`", *(_cell(rows, on, policy, family) for on, policy in columns)] for family in families]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    unseen = {on: sum(row["unseen"] for row in rows if row["substrate"] == on) for on in SUBSTRATES}
    return f"{text}\n\nFaults that no user noticed, played again with another: {unseen}"


def _any(rows: list[dict[str, Any]], on: str, policy: str) -> bool:
    return any((row["substrate"], row["policy"]) == (on, policy) for row in rows)


def _cell(rows: list[dict[str, Any]], on: str, policy: str, family: str) -> str:
    for row in rows:
        if (row["substrate"], row["policy"], row["family"]) == (on, policy, family):
            low, high = round(100 * row["ci_low"]), round(100 * row["ci_high"])
            return f"{row['resolved']} of {row['runs']} ({low}-{high} %)"
    return ""
