"""The one HTTP client for URLs that others name: it dials what it checked, follows nothing, and reads no more than it
said it would."""

import json
import math
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import httpx

from praetor.guard.addresses import AddressRules
from praetor.guard.errors import GuardError, TooLargeError, UnreachableError
from praetor.guard.hurried import HurriedTransport
from praetor.guard.resolving import Resolve, resolve, resolved_within

ANSWER_LIMIT_BYTES = 4 * 1024 * 1024
_SCHEMES = {"http": 80, "https": 443}
_USER_AGENT = "praetor"
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
"""Nothing was sent yet: another address may be asked."""


class Answer(NamedTuple):
    """What came back; `body` is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def allow(self) -> str:
        return self.headers.get("allow", "")

    def json(self) -> Any:
        """Raises ValueError, also for NaN and Infinity, which are no JSON."""
        return json.loads(self.body, parse_constant=_no_json)

    def json_or_none(self) -> Any:
        """None for what is no JSON."""
        try:
            return self.json()
        except ValueError:
            return None


class GuardedClient:
    """Speaks to one origin. Its name is resolved for each request, every address that it has is checked, and those that
    were checked are the ones that are dialled, in turn until one takes the connection: a name that changes in between
    changes nothing.

    Raises GuardError for what must not be dialled, UnreachableError when there is no answer in time, TooLargeError.
    """

    def __init__(
        self,
        base_url: str,
        *,
        rules: AddressRules | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 5.0,
        limit_bytes: int = ANSWER_LIMIT_BYTES,
        verify: Any = True,
        resolve: Resolve = resolve,
    ) -> None:
        self._base = checked_url(base_url)
        self._rules, self._resolve = rules or AddressRules(), resolve
        self._timeout_seconds, self._limit_bytes = timeout_seconds, limit_bytes
        self._reached = ""
        self._transport = HurriedTransport(_trusted() if verify is True else verify)
        self._http = httpx.Client(
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **(headers or {})},
            timeout=timeout_seconds, transport=self._transport, follow_redirects=False, trust_env=False,
        )  # fmt: skip

    @property
    def origin(self) -> str:
        """The URL without its path, for messages: it has no credentials, which `checked_url` refuses."""
        return f"{self._base.scheme}://{self._base.netloc.decode()}"

    def close(self) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        within_seconds: float = math.inf,
    ) -> Answer:
        """`path` is below the base URL; `body` is sent as JSON. It takes no longer than `within_seconds`, nor than any
        request of this client may."""
        whole_seconds = min(self._timeout_seconds, within_seconds)
        url = self._base.copy_with(raw_path=self._base.raw_path.rstrip(b"/") + path.encode())
        url = url.copy_merge_params(dict(query)) if query else url
        told = {"Host": url.netloc.decode(), **(headers or {})}
        extensions = {"sni_hostname": url.host} if url.scheme == "https" else {}
        self._transport.hurry(whole_seconds)
        addresses = self._addresses(url, whole_seconds)
        for number, address in enumerate(addresses, 1):
            last = number == len(addresses)
            request = self._http.build_request(
                method, url.copy_with(host=address), json=body, headers=told, extensions=extensions,
                timeout=_patience(whole_seconds, number, last),
            )  # fmt: skip
            try:
                answer = self._answer(request)
            except httpx.HTTPError as problem:
                if last or not isinstance(problem, _NOT_CONNECTED):
                    raise UnreachableError(f"{self.origin}{path}: {_in_words(problem)}") from None
            else:
                self._reached = address
                return answer
        raise AssertionError("the last address answers or raises")

    def _addresses(self, url: httpx.URL, within_seconds: float) -> list[str]:
        """All that may be dialled, and first the one that was reached last: none where one may not."""
        port = url.port or _SCHEMES[url.scheme]
        try:
            addresses = resolved_within(within_seconds, self._resolve, url.host, port)
        except TimeoutError:
            raise UnreachableError(f"{self.origin}: the name did not resolve in time") from None
        except OSError as problem:
            raise UnreachableError(f"{self.origin}: the name does not resolve: {problem}") from None
        for address in addresses:
            if objection := self._rules.objection(address, port):
                raise GuardError(f"{self.origin}: {objection}")
        if not addresses:
            raise UnreachableError(f"{self.origin}: the name has no address")
        return sorted(addresses, key=lambda address: address != self._reached)

    def _answer(self, request: httpx.Request) -> Answer:
        response = self._http.send(request, stream=True)
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise UnreachableError(f"{self.origin}: the answer is compressed, which nobody asked for")
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > self._limit_bytes:
                    raise TooLargeError(f"{self.origin}: the answer has more than {self._limit_bytes} bytes")
            return Answer(response.status_code, response.headers, bytes(body))
        finally:
            response.close()


def _patience(whole_seconds: float, number: int, last: bool) -> httpx.Timeout:
    """Connecting to each address but the last gets half of the time that is left by then."""
    return httpx.Timeout(whole_seconds, connect=whole_seconds if last else whole_seconds / 2**number)


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities whose certificates count, read once for all clients: that takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


def checked_url(text: str) -> httpx.URL:
    """Raises GuardError for what is no http(s) URL of a host, or brings credentials, a query or a fragment."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as problem:
        raise GuardError(f"{text[:200]!r} is no URL: {problem}") from None
    if url.scheme not in _SCHEMES or not url.host:
        raise GuardError(f"{text[:200]!r}: a URL begins with http:// or https:// and names a host")
    if url.userinfo:
        raise GuardError("a URL has no credentials in it: they come from a secret")
    if url.query or url.fragment:
        raise GuardError(f"{text[:200]!r}: the base of a site has neither query nor fragment")
    return url


def _in_words(problem: httpx.HTTPError) -> str:
    if isinstance(problem, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(problem, httpx.LocalProtocolError):  # its text repeats what was to be sent, a token included
        return "what was to be sent is no HTTP; a token with a line break in it, perhaps"
    return str(problem) or type(problem).__name__


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
