"""How far a site keeps the `/ops/*` contract: the report, and the judgement of one answer.

Whoever calls a site, by whatever client, judges with `fault_of`; `praetor.sites.check` asks every endpoint.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from praetor.resources.ops import ENDPOINTS, ChangeAnswer, Endpoint
from praetor.resources.wire import Wire

MOST_PROBLEMS = 3
BUSY = frozenset({429, 502, 503, 504})
"""They say nothing of the endpoint: to be asked again."""
_NOT_THERE = frozenset({404, 405, 501})


class Verdict(StrEnum):
    CONFORMANT = "Conformant"
    MISSING = "Missing"
    WRONG_SHAPE = "WrongShape"
    UNTRIED = "Untried"
    """A change that is there, as far as can be seen; to see its answer it would have to be made."""


Found = tuple[Verdict, str]
"""Of an endpoint, and what was wrong with it."""


class EndpointConformance(Wire):
    """One endpoint of a site."""

    endpoint: str = Field(max_length=100, description="Such as `GET /ops/health`.")
    verdict: Verdict = Field(strict=False, description="Whether the endpoint keeps the contract.")
    problem: str = Field("", max_length=1000, description="What was wrong with it, or not tried.")


class SiteConformance(Wire):
    """A whole site."""

    url: str = Field(max_length=2000, description="Where it was asked.")
    conforms: bool = Field(description="What is needed is there, and nothing that is there has a wrong shape.")
    complete: bool = Field(description="It conforms and no endpoint is missing but optional ones.")
    idempotency_key: bool = Field(description="The site says that it honours Idempotency-Key.")
    services: list[str] = Field(max_length=100, description="The services that it names.")
    endpoints: list[EndpointConformance] = Field(max_length=20, description="Each endpoint of the contract.")


def report_of(url: str, found: dict[str, Found], *, services: list[str], idempotency_key: bool) -> SiteConformance:
    """`found`: name of the endpoint -> verdict and problem, for every endpoint of the contract."""
    verdicts = {name: verdict for name, (verdict, _) in found.items()}
    present = {name for name, verdict in verdicts.items() if verdict is not Verdict.MISSING}
    needed = {one.name for one in ENDPOINTS if one.needed}
    conforms = needed <= present and Verdict.WRONG_SHAPE not in verdicts.values()
    return SiteConformance(
        url=url,
        conforms=conforms,
        complete=conforms and {one.name for one in ENDPOINTS if not one.optional} <= present,
        idempotency_key=idempotency_key,
        services=services,
        endpoints=[
            EndpointConformance(
                endpoint=f"{one.method} {one.path}", verdict=found[one.name][0], problem=found[one.name][1][:1000]
            )
            for one in ENDPOINTS
        ],
    )


def is_there(status: int, allow: str = "") -> bool:
    """Whether a change's path exists, by the answer to OPTIONS, which is safe by HTTP's definition: a server that knows
    the path but not OPTIONS answers 405. `allow` is the answer's Allow header."""
    methods = {method.strip().upper() for method in allow.split(",")}
    return status not in (404, 501) and (methods == {""} or "POST" in methods)


class Existence(NamedTuple):
    """Of a change. `is_there` is None where the site is too busy to say; `status` is of the answer that it follows
    from."""

    is_there: bool | None
    status: int

    @property
    def problem(self) -> str:
        unclear = ", which does not say whether it is there" if self.is_there is None else ""
        return f"OPTIONS: status {self.status}{unclear}"

    def verdict(self, there: str) -> Found:
        """`there` is told of one that exists."""
        if self.is_there:
            return Verdict.UNTRIED, there
        return Verdict.UNTRIED if self.is_there is None else Verdict.MISSING, self.problem


def existence(answers: Iterable[tuple[int, str]]) -> Existence:
    """By (status, Allow) of the answers to OPTIONS at a change's paths."""
    status = 0
    for status, allow in answers:
        if status in BUSY:
            return Existence(None, status)
        if is_there(status, allow):
            return Existence(True, status)
    return Existence(False, status)


def is_missing(asked: Endpoint, status: int, body: Any) -> bool:
    """Whether an answer says that the site has no such endpoint: 501 always, 404 and 405 unless they refuse a change
    in the form of the contract, whose path is there then."""
    return status == 501 or (status in _NOT_THERE and fault_of(asked, status, body) != "")


def is_stranger(asked: Endpoint, status: int, body: Any) -> bool:
    """Whether the site does not let its caller in; 403 may also refuse a change, in the form of the contract."""
    return status == 401 or (status == 403 and fault_of(asked, status, body) != "")


def fault_of(asked: Endpoint, status: int, body: Any) -> str:
    """What is wrong with an answer, or "". `body` is the parsed JSON, or None where it was none.

    A change may be refused, by a status from 400 with the change's own form; a read may not.
    """
    if asked.method == "GET" and not 200 <= status < 300:
        return f"status {status}, expected 200"
    if body is None:
        return f"status {status} with a body that is no JSON"
    problem = shape_problem(asked.answer, body)
    if problem or asked.answer is not ChangeAnswer:
        return problem
    answer = ChangeAnswer.model_validate(body)
    if answer.ok and not 200 <= status < 300:
        return f"ok: true with status {status}; a refusal says ok: false"
    if not answer.ok and not answer.error:
        return "ok: false without an error; it should say why and what would be accepted"
    return ""


def shape_problem(model: type[BaseModel], body: Any) -> str:
    """Where the body has another shape than the model, or ""."""
    try:
        model.model_validate(body)
    except ValidationError as problem:
        return problem_text(problem)
    return ""


def problem_text(problem: ValidationError) -> str:
    """`path: what was wrong` for the first problems, in one line."""
    errors = problem.errors(include_url=False)
    told = [f"{_path(error['loc'])}: {error['msg']}" for error in errors[:MOST_PROBLEMS]]
    more = len(errors) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".") or "body"
