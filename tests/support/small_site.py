"""A site of three services that keeps the `/ops/*` contract in memory, on loopback: what a substrate is tested with."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

SERVICES = ("frontend", "api", "postgres")
CALM = {
    "cpu_percent": 10.0, "memory_mb": 100.0, "memory_limit_mb": 512.0, "error_rate_percent": 0.0,
    "request_latency_p99_ms": 40.0, "active_connections": 5.0, "requests_per_second": 60.0,
}  # fmt: skip


AnySite = TypeVar("AnySite", bound="SmallSite")


class SmallSite:
    """`metrics`, `logs`, `health` and `versions` are what it shows; `changes` what it was told to do, with the keys.

    `answers` replaces the answer to a path by (status, body), or by None, a connection that ends; `first` has those
    that come before the usual ones. `fail` makes it refuse so many requests with 503 first.
    """

    def __init__(self) -> None:
        self.metrics = {name: dict(CALM) for name in SERVICES}
        self.logs: dict[str, list[str]] = {name: [] for name in SERVICES}
        self.health = dict.fromkeys(SERVICES, "healthy")
        self.version = dict.fromkeys(SERVICES, "v1.0")
        self.facts: dict[str, dict[str, Any]] = {name: {} for name in SERVICES}
        self.changes: list[tuple[str, dict[str, Any], str]] = []
        self.answers: dict[str, tuple[int, Any] | None] = {}
        self.first: dict[str, list[tuple[int, Any] | None]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.fail = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def breaks(self, service: str, **metrics: float) -> None:
        """This service is unwell, and users notice it at the first."""
        self.health[service] = "unhealthy"
        self.metrics[service] |= metrics
        self.metrics["frontend"] |= {"error_rate_percent": 40.0}

    def heals(self) -> None:
        self.health = dict.fromkeys(SERVICES, "healthy")
        self.metrics = {name: dict(CALM) for name in SERVICES}

    def changed(self, name: str, body: dict[str, Any]) -> None:
        """What a change does: nothing, unless a test says otherwise."""

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, key: str) -> tuple[int | None, Any]:
        self.asked.append(f"{method} {path}")
        if self.fail:
            self.fail -= 1
            return 503, {}
        if self.first.get(path):
            return self.first[path].pop(0) or (None, b"")
        if path in self.answers:
            return self.answers[path] or (None, b"")
        service = query.get("service", "")
        match path:
            case "/ops/health":
                services = [{"name": name, "health": health} for name, health in self.health.items()]
                return 200, {"status": "ok", "services": services, "idempotency_key": True}
            case "/ops/services":
                calls = {"frontend": ["api"], "api": ["postgres"], "postgres": []}
                return 200, {"services": [self._facts(name, calls[name]) for name in SERVICES]}
            case "/ops/metrics":
                return 200, self.metrics[service]
            case "/ops/logs":
                return 200, {"logs": self.logs[service][-int(query["lines"]) :]}
        if method == "POST" and path.startswith("/ops/"):
            self.changes.append((path.removeprefix("/ops/"), body, key))
            self.changed(path.removeprefix("/ops/"), body)
            return 200, {"ok": True, "message": "under way"}
        if method == "OPTIONS" and path.startswith("/ops/"):
            return 200, {}
        return 404, {}

    def _facts(self, name: str, calls: list[str]) -> dict[str, Any]:
        facts = {"name": name, "version": self.version[name], "versions": ["v1.0", "v1.1"], "replicas": 1}
        return facts | {"calls": calls} | self.facts[name]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                length = int(self.headers.get("content-length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                key = self.headers.get("Idempotency-Key", "")
                site.headers.append(dict(self.headers))
                status, answer = site.answer(self.command, url.path, query, body, key)
                if status is None:
                    return  # the connection ends without an answer
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_OPTIONS = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def reachable(site: AnySite, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnySite]:
    """A fixture's work: the site, on a port that may be dialled, until the test is over."""
    monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
    yield site
    site.close()
