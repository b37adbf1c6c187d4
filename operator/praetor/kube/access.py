"""Who calls, and may they: asked of the API server, remembered for seconds."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from praetor.kube.client import KubeClient
from praetor.kube.paths import SELF_SUBJECT_ACCESS_REVIEWS, SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS, Resource
from simcore.protocols import Manifest

T = TypeVar("T")
CACHE_SECONDS = 10.0
CACHE_ENTRIES = 1024


@dataclass(frozen=True, slots=True)
class User:
    """Whom a token belongs to, as the API server said."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants to do to an object, or to all of a namespace."""

    verb: str
    resource: Resource
    namespace: str
    name: str = ""
    subresource: str = ""

    def attributes(self) -> dict[str, str]:
        """As a review's `resourceAttributes`."""
        return {
            "verb": self.verb,
            "group": self.resource.group,
            "version": self.resource.version,
            "resource": self.resource.plural,
            "subresource": self.subresource,
            "namespace": self.namespace,
            "name": self.name,
        }


async def may_we(client: KubeClient, deed: Deed) -> bool:
    """Whether we ourselves may, as the API server says; it tells everybody about themselves."""
    resource = SELF_SUBJECT_ACCESS_REVIEWS
    body = {
        "apiVersion": f"{resource.group}/{resource.version}",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": deed.attributes()},
    }
    status = (await client.create(resource, None, body)).get("status", {})
    return bool(status.get("allowed")) and not status.get("denied", False)


class AccessReviewer:
    """TokenReview, then SubjectAccessReview.

    `audiences`: a token must be meant for one of them; none given: for the API server.
    """

    def __init__(
        self, client: KubeClient, *, audiences: Sequence[str] = (), cache_seconds: float = CACHE_SECONDS
    ) -> None:
        self._client = client
        self._audiences = list(audiences)
        self._users: _Remembered[User | None] = _Remembered(cache_seconds)
        self._answers: _Remembered[bool] = _Remembered(cache_seconds)

    async def user_of(self, token: str) -> User | None:
        """None for a token that the API server does not accept. The token itself is not kept."""
        digest = hashlib.sha256(token.encode()).digest()
        return await self._users.of(digest, lambda: self._review_token(token))

    async def may(self, user: User, deed: Deed) -> bool:
        return await self._answers.of((user, deed), lambda: self._review_access(user, deed))

    async def _review_token(self, token: str) -> User | None:
        spec: dict[str, Any] = {"token": token}
        if self._audiences:
            spec["audiences"] = self._audiences
        status = await self._review(TOKEN_REVIEWS, "TokenReview", spec)
        meant = not self._audiences or set(self._audiences) & set(status.get("audiences") or ())
        return _user(status["user"]) if status.get("authenticated") and meant else None

    async def _review_access(self, user: User, deed: Deed) -> bool:
        subject = {"user": user.name, "uid": user.uid, "groups": user.groups, "extra": dict(user.extra)}
        status = await self._review(
            SUBJECT_ACCESS_REVIEWS, "SubjectAccessReview", subject | {"resourceAttributes": deed.attributes()}
        )
        return bool(status.get("allowed")) and not status.get("denied", False)

    async def _review(self, resource: Resource, kind: str, spec: Mapping[str, Any]) -> Manifest:
        body = {"apiVersion": f"{resource.group}/{resource.version}", "kind": kind, "spec": dict(spec)}
        answer = await self._client.create(resource, None, body)
        status: Manifest = answer.get("status", {})
        return status


class _Remembered(Generic[T]):
    """Answers of the last seconds, the least recently made forgotten first. A failure is not an answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answers: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    async def of(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        known = self._answers.get(question)
        if known and known[0] > time.monotonic():
            return known[1]
        answer = await ask()
        self._answers.pop(question, None)
        self._answers[question] = (time.monotonic() + self._seconds, answer)
        while len(self._answers) > CACHE_ENTRIES:
            self._answers.popitem(last=False)
        return answer


def _user(info: Mapping[str, Any]) -> User:
    extra = info.get("extra") or {}
    return User(
        name=info.get("username", ""),
        uid=info.get("uid", ""),
        groups=tuple(info.get("groups") or ()),
        extra=tuple((name, tuple(values)) for name, values in sorted(extra.items())),
    )
