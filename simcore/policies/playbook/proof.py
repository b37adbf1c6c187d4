"""Whether a cure has worked, and whether there was anything to cure: what time and the list of services say."""

from simcore.policies.playbook.facts.afterwards import may_be_worked_off
from simcore.policies.playbook.findings import Findings
from simcore.policies.playbook.suspects import SEEN_IN_THE_LIST
from simcore.policies.playbook.table import Row

TAKES_EFFECT_S = 25.0
_PATIENCE_S = 75.0
_JUST_FIRED_S = 15.0


def has_taken_effect(findings: Findings) -> bool:
    return findings.now - findings.last_change > TAKES_EFFECT_S


def goes_on(findings: Findings, suspect: str) -> bool:
    """Whether there is trouble although a change had its time: less of it where the suspect is well again, more of it
    where something is still being worked off."""
    if may_be_worked_off(findings, suspect):
        return False
    row, since = findings.rows.get(suspect), findings.now - findings.last_change
    is_well = row is not None and row.health == "healthy"
    looked = findings.rows_at - findings.last_change > (TAKES_EFFECT_S if is_well else 2 * TAKES_EFFECT_S)
    trouble = findings.firing or bool(findings.unwell())
    return trouble and looked and since > (1.6 * TAKES_EFFECT_S if is_well else _PATIENCE_S)


def is_settled(findings: Findings, seconds: float) -> bool:
    """Whether everything has been well for so long, and was looked at meanwhile."""
    seen_well = findings.rows_at > findings.last_change + 0.4 * seconds and not findings.unwell()
    return not findings.firing and seen_well and findings.quiet_seconds() >= seconds


def is_calm(findings: Findings, row: Row) -> bool:
    """Whether it all may have healed by itself while the evidence was gathered; what kills pods comes and goes."""
    if findings.firing or findings.last_change > 0 or row.suspects in {"fallen", *SEEN_IN_THE_LIST}:
        return False
    quiet_seconds = findings.now - findings.last_firing
    return quiet_seconds > _JUST_FIRED_S and not (findings.unwell() and findings.rows_at >= findings.now)
