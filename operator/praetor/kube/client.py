"""A thin client of the API server: manifests in, manifests out, refusals as simcore's errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

import httpx

from praetor.kube.credentials import Credentials
from praetor.kube.paths import Resource
from praetor.kube.refusals import TOO_MANY_REQUESTS, refusal, retry_after_seconds
from simcore.errors import InvalidObjectError, UnavailableError
from simcore.protocols import Manifest

PAGE_SIZE = 500
_ATTEMPTS = 4
_LONGEST_WAIT_SECONDS = 5.0
_AUTHORIZATION_SECONDS = 60.0
WATCH_SECONDS = 290
_WATCH_SILENCE_SECONDS = 100.0
_UNAUTHORIZED = 401
_STRICT = {"fieldValidation": "Strict"}
_LENIENT = {"fieldValidation": "Ignore"}
FIELD_MANAGER = "praetor"
PatchKind = Literal["strategic-merge", "merge", "json"]


class KubeClient:
    """Keeps connections alive and shares them; use it from one event loop, and close it there."""

    def __init__(self, credentials: Credentials, *, timeout_seconds: float = 30.0) -> None:
        self._credentials = credentials
        self._authorization: str | None = None
        self._authorized_until = 0.0
        self._http = httpx.AsyncClient(
            base_url=credentials.server,
            verify=credentials.ssl_context(),
            proxy=credentials.configuration.proxy,
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=60.0),
        )

    async def __aenter__(self) -> "KubeClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Manifest:
        return await self.request("GET", resource.path(namespace, name))

    async def find(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        selector: str = "",
        may_lag: bool = False,
    ) -> list[Manifest]:
        """All of them as of now, page by page. The server leaves out apiVersion and kind of list items.

        With `may_lag` as of a moment ago: out of the server's cache, which otherwise first waits (up to 0.1 s)
        until it knows that it is up to date. `selector` says more of labels than that they are equal.
        """
        selectors = {"labelSelector": selector or _selector(labels), "fieldSelector": _selector(fields)}
        query = ({"resourceVersion": "0"} if may_lag else {"limit": str(PAGE_SIZE)}) | {
            name: text for name, text in selectors.items() if text
        }
        found: list[Manifest] = []
        while True:
            page = await self.request("GET", resource.path(namespace), query=query)
            found += page["items"]
            query["continue"] = page["metadata"].get("continue", "")
            if not query["continue"]:
                return found

    async def snapshot(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> tuple[list[Manifest], str]:
        """All of them, and the version to watch from."""
        query = {"limit": str(PAGE_SIZE)} | ({"labelSelector": selector} if selector else {})
        found: list[Manifest] = []
        while True:
            page = await self.request("GET", resource.path(namespace), query=query)
            found += page["items"]
            query["continue"] = page["metadata"].get("continue", "")
            if not query["continue"]:
                return found, page["metadata"]["resourceVersion"]

    async def watch(
        self, resource: Resource, namespace: str | None, version: str, selector: str = ""
    ) -> AsyncIterator[str]:
        """What happens after `version`, a line of JSON each, until the server ends it (after minutes, as asked).

        Raises UnavailableError when nothing came for longer than bookmarks (about one a minute) should take.
        """
        query = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        } | ({"labelSelector": selector} if selector else {})
        path, patience = resource.path(namespace), httpx.Timeout(30.0, read=_WATCH_SILENCE_SECONDS)
        try:
            async with self._http.stream(
                "GET", path, params=query, headers=await self._headers(), timeout=patience
            ) as response:
                if response.is_error:
                    await response.aread()
                    raise refusal(response)
                async for line in response.aiter_lines():
                    yield line
        except httpx.TransportError as error:
            raise UnavailableError(f"WATCH {path}: {type(error).__name__} {error}".rstrip()) from error

    async def create(self, resource: Resource, namespace: str | None, manifest: Manifest) -> Manifest:
        return await self.request("POST", resource.path(namespace), body=manifest, query=_STRICT)

    async def replace(self, resource: Resource, manifest: Manifest, subresource: str = "") -> Manifest:
        """Compare-and-swap: `manifest` carries the resourceVersion that it was made from.

        Of a subresource, fields that the server does not know are dropped: its schema may be the older one.
        """
        metadata = manifest["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"], subresource)
        return await self.request("PUT", path, body=manifest, query=_LENIENT if subresource else _STRICT)

    async def patch(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        body: Any,
        *,
        kind: PatchKind = "strategic-merge",
        dry_run: bool = False,
    ) -> Manifest:
        """As the field manager `praetor`; with `dry_run` the server checks everything and stores nothing."""
        query = _STRICT | {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        return await self.request(
            "PATCH",
            resource.path(namespace, name),
            body=body,
            query=query,
            content_type=f"application/{kind}-patch+json",
        )

    async def delete(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        version: str | None = None,
    ) -> None:
        """What it owned goes after it. Raises NotFoundError, and ConflictError if it has another uid, or another
        resourceVersion than `version`."""
        options: Manifest = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        wanted = {"uid": uid, "resourceVersion": version}
        if any(wanted.values()):
            options["preconditions"] = {name: value for name, value in wanted.items() if value}
        await self.request("DELETE", resource.path(namespace, name), body=options)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> Manifest:
        """One request. The server's "too many requests" (nothing was done) is waited out a few times."""
        return _object(await self._response(method, path, body, query, content_type))

    async def text(self, path: str, *, query: Mapping[str, str] | None = None) -> str:
        """What is no object, for example a pod's log."""
        return (await self._response("GET", path, None, query)).text

    async def _response(
        self, method: str, path: str, body: Any, query: Mapping[str, str] | None, content_type: str | None = None
    ) -> httpx.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            response = await self._authorized(method, path, body, query, content_type)
            if response.status_code != TOO_MANY_REQUESTS or attempt == _ATTEMPTS:
                break
            await asyncio.sleep(min(retry_after_seconds(response) or 1.0, _LONGEST_WAIT_SECONDS))
        if response.is_error:
            raise refusal(response)
        return response

    async def _authorized(
        self, method: str, path: str, body: Any, query: Mapping[str, str] | None, content_type: str | None
    ) -> httpx.Response:
        response = await self._send(method, path, body, query, content_type)
        if response.status_code == _UNAUTHORIZED:  # the token may have been rotated a moment ago
            await asyncio.to_thread(self._credentials.renew)
            self._authorized_until = 0.0
            response = await self._send(method, path, body, query, content_type)
        return response

    async def _send(
        self, method: str, path: str, body: Any, query: Mapping[str, str] | None, content_type: str | None
    ) -> httpx.Response:
        headers = await self._headers() | ({"Content-Type": content_type} if content_type else {})
        try:
            return await self._http.request(method, path, json=body, params=query, headers=headers)
        except httpx.TransportError as error:
            text = f"{method} {path}: {type(error).__name__} {error}".rstrip()
            raise UnavailableError(f"{text} (API server {self._credentials.server})") from error

    async def _headers(self) -> dict[str, str]:
        if time.monotonic() >= self._authorized_until:
            self._authorization = await asyncio.to_thread(self._credentials.authorization)
            self._authorized_until = time.monotonic() + _AUTHORIZATION_SECONDS
        return {"Authorization": self._authorization} if self._authorization else {}


def _selector(terms: Mapping[str, str] | None) -> str:
    return ",".join(f"{name}={value}" for name, value in (terms or {}).items())


def _object(response: httpx.Response) -> Manifest:
    answer: Any = response.json()
    if not isinstance(answer, dict):
        raise InvalidObjectError(f"{response.request.url.path}: the server answered no JSON object")
    return answer
