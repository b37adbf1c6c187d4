"""Facts about all services together, as the list of them tells."""

from simcore.policies.playbook.facts.model import Answer, fact
from simcore.policies.playbook.findings import Findings

_MANY_REPLICAS = 4


@fact("detail")
def somebody_starves(findings: Findings, suspect: str) -> Answer:
    names = [row.name for row in findings.rows.values() if row.replicas_ready == 0 < row.replicas_desired]
    return Answer(bool(names), f"no pods ready: {', '.join(names)}" if names else "every service has pods")


@fact("detail")
def somebody_has_grown(findings: Findings, suspect: str) -> Answer:
    names = grown(findings)
    return Answer(bool(names), f"grown: {', '.join(names)}" if names else "no service has grown")


def grown(findings: Findings) -> list[str]:
    """Services with more replicas than a service of this size usually asks for, largest first."""
    rows = [row for row in findings.rows.values() if row.replicas_desired >= _MANY_REPLICAS]
    return [row.name for row in sorted(rows, key=lambda row: -row.replicas_desired)]
