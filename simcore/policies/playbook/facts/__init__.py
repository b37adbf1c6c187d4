"""All facts, by name: importing this fills the table."""

from simcore.policies.playbook.facts import afterwards, checks, fleet, setup
from simcore.policies.playbook.facts.checks import named_by
from simcore.policies.playbook.facts.fleet import grown
from simcore.policies.playbook.facts.model import FACTS, LINKS, QUESTIONS, RESOURCES, SETUP, Question

__all__ = [
    "FACTS",
    "LINKS",
    "QUESTIONS",
    "RESOURCES",
    "SETUP",
    "Question",
    "afterwards",
    "checks",
    "fleet",
    "grown",
    "named_by",
    "setup",
]
