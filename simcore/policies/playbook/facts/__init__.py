"""All facts, by name: importing this fills the table."""

from simcore.policies.playbook.facts import afterwards, checks, fleet, setup
from simcore.policies.playbook.facts.checks import named_by
from simcore.policies.playbook.facts.fleet import grown
from simcore.policies.playbook.facts.model import FACTS, QUESTIONS, Question

__all__ = ["FACTS", "QUESTIONS", "Question", "afterwards", "checks", "fleet", "grown", "named_by", "setup"]
