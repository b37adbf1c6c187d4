"""What was read around one service of a site: of itself, of who calls it and of whom it calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from praetor.resources.ops import ServiceFacts, ServiceMetrics
from simcore.classifier.look import DATABASES, GONE
from simcore.observation import LogLine

_UNREAD = ServiceMetrics.model_validate(dict.fromkeys(ServiceMetrics.model_fields))


@dataclass(frozen=True, slots=True)
class Sight:
    """All by service; `lines` are newer than the last change. What a site does not tell, or could not be asked, is
    missing."""

    service: str
    health: Mapping[str, str]
    facts: Mapping[str, ServiceFacts]
    metrics: Mapping[str, ServiceMetrics]
    lines: Mapping[str, Sequence[LogLine]]

    def calls(self) -> Sequence[str]:
        return calls_of(self.service, self.facts)

    def callers(self) -> Sequence[str]:
        return callers_of(self.service, self.facts)

    def failing(self, service: str) -> float:
        """The share of its requests that fail; all of them where nobody serves. Where its figures could not be read its
        health stands for them."""
        metrics = self.metrics.get(service)
        if self.health.get(service) in (GONE if metrics else (*GONE, "unhealthy")):
            return 1.0
        return ((metrics.error_rate_percent or 0.0) if metrics else 0.0) / 100.0

    def figures(self, service: str) -> ServiceMetrics:
        return self.metrics.get(service, _UNREAD)

    def is_database(self, service: str) -> bool:
        return runtime_of(service, self.facts.get(service)) in DATABASES


def calls_of(service: str, facts: Mapping[str, ServiceFacts]) -> Sequence[str]:
    return facts[service].calls if service in facts else ()


def callers_of(service: str, facts: Mapping[str, ServiceFacts]) -> Sequence[str]:
    return [name for name, other in facts.items() if service in other.calls]


def runtime_of(name: str, facts: ServiceFacts | None) -> str:
    """What the site says, else the database that the service is named after; "" for what nobody knows."""
    if facts is not None and facts.runtime is not None:
        return facts.runtime
    return next((database for database in DATABASES if database in name.lower()), "")
