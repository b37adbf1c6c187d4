"""All facts, by name: importing this fills the table."""

from simcore.policies.facts import afterwards, checks, fleet, setup
from simcore.policies.facts.checks import named_by
from simcore.policies.facts.fleet import grown
from simcore.policies.facts.model import FACTS, QUESTIONS, Question

__all__ = ["FACTS", "QUESTIONS", "Question", "afterwards", "checks", "fleet", "grown", "named_by", "setup"]
