"""A site's `/ops/*` as calls: strict about what comes back, patient with reads, careful with changes."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from praetor.guard.client import Answer, GuardedClient
from praetor.guard.errors import GuardedError, TooLargeError, UnreachableError
from praetor.guard.redaction import redacted
from praetor.resources.conformance import BUSY, Existence, existence, fault_of, is_missing, is_stranger
from praetor.resources.ops import (
    IDEMPOTENCY_HEADER,
    ChangeAnswer,
    Endpoint,
    ServiceFacts,
    ServiceLogs,
    ServiceMetrics,
    SiteHealth,
    SiteServices,
    endpoint,
)
from praetor.substrates.site.errors import (
    MissingEndpointError,
    RefusedError,
    SiteError,
    UnclearError,
    WrongShapeError,
)

_READ_ATTEMPTS = 3
_LONGEST_PAUSE_SECONDS = 1.0
T = TypeVar("T", bound=BaseModel)


class OpsClient:
    """Reads are tried three times, since they change nothing; a change once. Raises SiteError, GuardError."""

    def __init__(self, http: GuardedClient, sleep: Callable[[float], None] = time.sleep) -> None:
        self._http, self._sleep = http, sleep

    def close(self) -> None:
        self._http.close()

    def health(self) -> SiteHealth:
        return self._read("health", SiteHealth)

    def services(self) -> dict[str, ServiceFacts]:
        """What runs, by name; of a site that does not tell, or not as its contract says, nothing: it is optional."""
        try:
            return {facts.name: facts for facts in self._read("services", SiteServices).services}
        except (SiteError, GuardedError):
            return {}

    def metrics(self, service: str) -> ServiceMetrics:
        return self._read("metrics", ServiceMetrics, {"service": service})

    def logs(self, service: str, lines: int) -> list[str]:
        return self._read("logs", ServiceLogs, {"service": service, "lines": str(lines)}).logs

    def change(self, name: str, body: Mapping[str, Any], idempotency_key: str) -> str:
        """What the site says it does. Raises RefusedError with the site's words; after an UnreachableError or an
        UnclearError nobody knows whether it was done."""
        asked = endpoint(name)
        headers = {IDEMPOTENCY_HEADER: idempotency_key} if idempotency_key else {}
        answer = self._sent(asked, asked.path, body, headers)
        if asked.alias and is_missing(asked, answer.status, answer.json_or_none()):
            answer = self._sent(asked, asked.alias, body, headers)
        told = self._parsed(asked, answer, ChangeAnswer)
        if not told.ok:
            raise RefusedError(redacted(told.error or told.message))
        return redacted(told.message)

    def has(self, name: str) -> bool:
        """Whether the site has this change; nothing is changed by asking. Raises SiteError where it does not say."""
        found = self.existence(endpoint(name))
        if found.is_there is None:
            raise SiteError(f"{endpoint(name).path}: {found.problem}")
        return found.is_there

    def answer(self, asked: Endpoint, query: Mapping[str, str] | None = None) -> Answer:
        """Of a read, whatever it is. Raises SiteError where we are not let in."""
        return self._patiently(asked, "GET", asked.path, query)

    def existence(self, asked: Endpoint) -> Existence:
        """Of a change. Raises as `answer` does."""
        answers = (self._patiently(asked, "OPTIONS", path, None) for path in asked.paths)
        return existence((answer.status, answer.allow) for answer in answers)

    def _read(self, name: str, model: type[T], query: Mapping[str, str] | None = None) -> T:
        asked = endpoint(name)
        return self._parsed(asked, self.answer(asked, query), model)

    def _patiently(self, asked: Endpoint, method: str, path: str, query: Mapping[str, str] | None) -> Answer:
        for attempt in range(1, _READ_ATTEMPTS + 1):
            last = attempt == _READ_ATTEMPTS
            try:
                answer = self._http.request(method, path, query=query)
            except UnreachableError:
                if last:
                    raise
            else:
                if last or answer.status not in BUSY:
                    return _let_in(asked, method, path, answer)
            self._sleep(random.uniform(0.1, 1.0) * min(0.2 * 2.0**attempt, _LONGEST_PAUSE_SECONDS))
        raise AssertionError("the last attempt returns or raises")

    def _sent(self, asked: Endpoint, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        try:
            answer = self._http.request("POST", path, body=dict(body), headers=headers)
        except TooLargeError as problem:
            raise UnclearError(str(problem)) from None
        return _let_in(asked, "POST", path, answer)

    def _parsed(self, asked: Endpoint, answer: Answer, model: type[T]) -> T:
        body = answer.json_or_none()
        problem = fault_of(asked, answer.status, body)
        if is_missing(asked, answer.status, body):
            raise MissingEndpointError(f"this site has no {asked.method} {asked.path}")
        if problem:
            kind = UnclearError if asked.method == "POST" and not _says_no(answer.status) else WrongShapeError
            raise kind(f"{asked.method} {asked.path}: {problem}")
        return model.model_validate(body)


def _says_no(status: int) -> bool:
    """By HTTP's own meaning nothing was done: it is elsewhere, or the request was wrong."""
    return 300 <= status < 500


def _let_in(asked: Endpoint, method: str, path: str, answer: Answer) -> Answer:
    if is_stranger(asked, answer.status, answer.json_or_none()):
        raise SiteError(f"{method} {path}: status {answer.status}: the site does not know the token")
    return answer
